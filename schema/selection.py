"""What an operation selects below a field: so that no more is read than is shown."""

from collections.abc import Set

from graphql import FieldNode, FragmentSpreadNode, SelectionSetNode

from app.context import Info


def selects(info: Info, name: str) -> bool:
    """Tell whether a field of this name is selected anywhere below the present field, in fragments too."""
    return name in selected(info)


def selected(info: Info) -> Set[str]:
    """Name the fields that are selected anywhere below the present field, in fragments too.

    Directives are not heeded: what one leaves out is named all the same. Strawberry's `selected_fields` says as much
    and more, in ten times the time.
    """
    operation = info._raw_info
    pending: list[SelectionSetNode | None] = [node.selection_set for node in operation.field_nodes]
    names: set[str] = set()
    spread: set[str] = set()
    while pending:
        below = pending.pop()
        for found in below.selections if below else ():
            if isinstance(found, FragmentSpreadNode):
                if found.name.value not in spread:
                    spread.add(found.name.value)
                    pending.append(operation.fragments[found.name.value].selection_set)
                continue
            if isinstance(found, FieldNode):
                names.add(found.name.value)
            pending.append(found.selection_set)  # type: ignore[attr-defined]
    return names
