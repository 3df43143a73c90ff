"""What an operation selects below a field: so that no more is read than is shown."""

from collections.abc import Set

from strawberry.types.nodes import SelectedField

from app.context import Info


def selects(info: Info, name: str) -> bool:
    """Tell whether a field of this name is selected anywhere below the present field, in fragments too."""
    return name in selected(info)


def selected(info: Info) -> Set[str]:
    """Name the fields that are selected anywhere below the present field, in fragments too."""
    pending = [selection for field in info.selected_fields for selection in field.selections]
    names = set()
    while pending:
        found = pending.pop()
        if isinstance(found, SelectedField):
            names.add(found.name)
        pending += found.selections
    return names
