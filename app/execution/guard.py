"""How large a document may be, judged before it is validated: linear in its text, however its fragments nest.

What a fragment contributes is measured once and added wherever it is spread, so that a few fragments that spread each
other can't stand for millions of fields without being seen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)


@dataclass(frozen=True)
class Size:
    """What a part of a document amounts to with all fragments spread out."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0

    def beside(self, other: "Size") -> "Size":
        return Size(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.fields + other.fields,
        )


LIMITS = Size(depth=12, aliases=15, directives=10, fields=1_000)
INTROSPECTION = Size(depth=20, aliases=15, directives=10, fields=2_000)
FRAGMENTS_MAX = 20
OPERATIONS_MAX = 1


class Cyclic(Exception):
    """A fragment that spreads itself."""


def problem(document: DocumentNode) -> GraphQLError | None:
    """Name the first limit that a document is over; None where it keeps them all."""
    definitions = document.definitions
    operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
    if len(operations) > OPERATIONS_MAX:
        return _refused("operations", OPERATIONS_MAX)
    if len(fragments) > FRAGMENTS_MAX:
        return _refused("fragments", FRAGMENTS_MAX)
    try:
        for operation in operations:
            size = Measure(fragments).selections(operation.selection_set)
            limits = INTROSPECTION if _introspects(operation) else LIMITS
            for part in fields(Size):
                if getattr(size, part.name) > getattr(limits, part.name):
                    return _refused(part.name, getattr(limits, part.name))
    except Cyclic:
        return GraphQLError("A fragment spreads itself.", extensions={"code": "GRAPHQL_VALIDATION_FAILED"})
    return None


def _refused(name: str, limit: int) -> GraphQLError:
    message = f"A document has at most {limit} {name}." if name != "depth" else f"A document is at most {limit} deep."
    return GraphQLError(message, extensions={"code": "DOCUMENT_TOO_LARGE", "limit": name})


def _introspects(operation: OperationDefinitionNode) -> bool:
    """Tell whether an operation asks for nothing but the schema."""
    selected = operation.selection_set.selections
    return all(isinstance(node, FieldNode) and node.name.value in ("__schema", "__type") for node in selected)


class Measure:
    """Measures selections, each fragment once."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, Size | None] = {}

    def selections(self, found: SelectionSetNode | None) -> Size:
        size = Size()
        for node in found.selections if found else ():
            size = size.beside(MEASURES[type(node)](self, node))
        return size

    def field(self, node: FieldNode) -> Size:
        inner = self.selections(node.selection_set)
        own = Size(inner.depth + 1, 1 if node.alias else 0, len(node.directives or ()), 1)
        return own.beside(inner)

    def inline(self, node: InlineFragmentNode) -> Size:
        return self.selections(node.selection_set).beside(Size(directives=len(node.directives or ())))

    def spread(self, node: FragmentSpreadNode) -> Size:
        """Look up, or measure, what a spread stands for; an unknown fragment is left to validation."""
        name = node.name.value
        if name not in self._known:
            self._known[name] = None  # being measured: met again, it spreads itself
            fragment = self._fragments.get(name)
            self._known[name] = self.selections(fragment.selection_set) if fragment else Size()
        known = self._known[name]
        if known is None:
            raise Cyclic
        return known.beside(Size(directives=len(node.directives or ())))


MEASURES: Mapping[type[SelectionNode], Callable[..., Size]] = {
    FieldNode: Measure.field,
    InlineFragmentNode: Measure.inline,
    FragmentSpreadNode: Measure.spread,
}
