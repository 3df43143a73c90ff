"""What all executions of one document share: its operation, its selections, how plain fields are read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    Node,
    OperationDefinitionNode,
    Visitor,
    visit,
)
from strawberry.types.field import StrawberryField

from app.execution.variables import VariablePlan

SYNC_RESOLVER = "zeroDistanceSyncResolver"
"""The extension of a field whose resolver returns its value, never something to await: it holds a SyncResolver.

If the value fails coercion, graphql-core calls the resolver again to report the error, and an object that a field has
in many places is completed once: so it must be free of side effects, and must not depend on its place in the answer.
"""


class SyncResolver(NamedTuple):
    """How to get a field's value: read an attribute, else call a method, which may want an `info` under some name.

    `names` are the method's names of arguments, by theirs in the schema; a field with others is left to graphql-core.
    Where there is neither attribute nor method, the value is the object itself: that of an event.
    """

    attribute: str = ""
    method: Callable[..., Any] | None = None
    info: str = ""
    names: Mapping[str, str] = {}
    definition: StrawberryField | None = None


class FieldPlan(NamedTuple):
    """A selected field whose value comes at once. Either `coerce` makes a leaf of it, or it is an object of `kind`."""

    name: str
    field: GraphQLField
    nodes: list[FieldNode]
    nullable: bool
    how: SyncResolver
    arguments: dict[str, Any]
    coerce: Callable[[Any], Any] | None
    kind: GraphQLObjectType | None


class SelectionPlan(NamedTuple):
    """What is selected of one type: the leaves that come at once, and the other fields as they were collected."""

    leaves: list[FieldPlan]
    others: dict[str, Any]


class OperationPlan(NamedTuple):
    """What an executor is built of."""

    fragment_definitions: dict[str, FragmentDefinitionNode]
    fragments: dict[str, Any]
    operation: OperationDefinitionNode
    variables: Sequence[VariablePlan]


class Plan:
    """What all executions of one document share, for as long as the document is kept."""

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        """Kept, as its nodes are known by their identity."""
        self.has_no_directives = not any(isinstance(node, DirectiveNode) for node in nodes_of(document))
        """Then which fields are selected never depends on variables."""
        self.collected: dict[tuple[str, int], Any] = {}
        """What is selected of a type, by the identity of the node that selects it."""
        self.selections: dict[int, SelectionPlan] = {}
        """The same, by the identity of the collected fields."""
        self.objects: dict[int, FieldPlan] = {}
        """The fields that yield objects at once, by the identity of the list of their nodes."""
        self.operations: dict[str | None, OperationPlan] = {}
        """The operation that is executed, by the name that is asked for."""


def nodes_of(node: Node) -> list[Node]:
    """List a node and all that are in it."""
    collector = _Collector()
    visit(node, collector)
    return collector.nodes


class _Collector(Visitor):
    """Keeps every node that it enters."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[Node] = []

    def enter(self, node: Node, *_: object) -> None:
        self.nodes.append(node)
