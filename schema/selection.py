"""What an operation selects below a field: so that no more is read than is shown."""

from app.context import Info


def selects(info: Info, name: str) -> bool:
    """Tell whether a field of this name is selected anywhere below the present field, in fragments too."""
    pending = list(info.selected_fields)
    while pending:
        found = pending.pop()
        if getattr(found, "name", None) == name:
            return True
        pending += found.selections
    return False
