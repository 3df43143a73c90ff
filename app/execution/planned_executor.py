"""Executes by a plan: what is the same each time a document is executed is worked out once for the document.

graphql-core collects the fields of each selection anew, and looks up for each field its definition, its arguments and
what kind of value it has. A plan keeps the collected fields and, of those whose resolvers return at once, how to call
them. Whatever else there is to a field, and whatever goes wrong with one, is left to graphql-core, which executes that
field by itself, from the beginning.
"""

from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

from graphql import (
    Executor,
    FieldNode,
    GraphQLObjectType,
    TypeNameMetaFieldDef,
    VariableNode,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, Undefined
from strawberry.types import Info

from app.execution.plan import SYNC_RESOLVER, FieldPlan, Plan, SelectionPlan, SyncResolver, nodes_of


class PlannedExecutor(Executor[Any]):
    """graphql-core's executor, by a plan."""

    def __init__(self, *arguments: Any, plan: Plan, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.plan = plan
        self._completed: dict[tuple[int, int], tuple[Any, Any]] = {}
        """What was made of an object in a field, by the identity of both; with the object, so that it keeps its own."""

    def execute_root_grouped_field_set(
        self, root_type: GraphQLObjectType, root_value: Any, grouped_field_set: Any, serially: bool, context: Any
    ) -> Any:
        """Execute the root's fields as they were collected the first time, where they are always the same."""
        if self.plan.has_no_directives:
            key = root_type.name, id(self.operation)
            if key not in self.plan.collected:
                self._keep(key, root_type, grouped_field_set, grouped_field_set)
            grouped_field_set = self.plan.collected[key]
        return super().execute_root_grouped_field_set(root_type, root_value, grouped_field_set, serially, context)

    def collect_subfields(self, return_type: GraphQLObjectType, field_details_list: Any) -> Any:
        """Collect the fields selected of a value once for all executions, where they are always the same."""
        if not self.plan.has_no_directives or len(field_details_list) > 1:
            return super().collect_subfields(return_type, field_details_list)
        key = return_type.name, id(field_details_list[0].node)
        if key not in self.plan.collected:
            found = super().collect_subfields(return_type, field_details_list)
            self._keep(key, return_type, found, found.grouped_field_set)
        return self.plan.collected[key]

    def _keep(
        self, key: tuple[str, int], parent: GraphQLObjectType, collected: Any, grouped: Mapping[str, Any]
    ) -> None:
        leaves: list[FieldPlan] = []
        others: dict[str, Any] = {}
        for name, details in grouped.items():
            planned = self._plan_field(name, parent, [detail.node for detail in details])
            if planned is not None and planned.coerce is not None:
                leaves.append(planned)
                continue
            others[name] = details
            if planned is not None:
                self.plan.objects[id(details)] = planned
        self.plan.collected[key] = collected
        self.plan.selections[id(grouped)] = SelectionPlan(leaves, others)

    def _plan_field(self, name: str, parent: GraphQLObjectType, nodes: list[FieldNode]) -> FieldPlan | None:
        """Plan a field, if its value comes at once and its arguments are no variables."""
        field = self.schema.get_field(parent, nodes[0].name.value)
        how: SyncResolver | None = field.extensions.get(SYNC_RESOLVER) if field else None
        if field is TypeNameMetaFieldDef:
            how = SyncResolver(method=lambda _: parent.name)
        if field is None or how is None:
            return None
        kind: Any = get_nullable_type(field.type)
        is_leaf, is_object = is_leaf_type(kind), is_object_type(kind)
        arguments: dict[str, Any] = {}
        if how.method is not None:
            if any(isinstance(part, VariableNode) for given in nodes[0].arguments or () for part in nodes_of(given)):
                return None
            arguments = get_argument_values(field, nodes[0])
        if not (is_leaf or is_object) or not arguments.keys() <= how.names.keys():
            return None
        arguments = {how.names[given]: value for given, value in arguments.items()}
        coerce = kind.coerce_output_value if is_leaf else None
        nullable = not is_non_null_type(field.type)
        return FieldPlan(name, field, nodes, nullable, how, arguments, coerce, None if is_leaf else kind)

    def execute_fields(
        self, parent_type: GraphQLObjectType, source_value: Any, path: Path | None, grouped: Any, context: Any
    ) -> Any:
        """Read the leaves that come at once, and execute the other fields."""
        selection = self.plan.selections.get(id(grouped))
        if selection is None:
            return super().execute_fields(parent_type, source_value, path, grouped, context)
        found: dict[str, Any] = {}
        for leaf in selection.leaves:
            value = self._leaf(leaf, parent_type, source_value, path)
            if value is not Undefined:
                found[leaf.name] = value
        others = selection.others
        if len(found) < len(selection.leaves):
            others = {name: details for name, details in grouped.items() if name not in found}
        if not others:
            return found
        rest: Any = super().execute_fields(parent_type, source_value, path, others, context)
        if not found:
            return rest
        return _later(grouped, found, rest) if self.is_awaitable(rest) else _in_order(grouped, found, rest)

    def _leaf(self, leaf: FieldPlan, parent: GraphQLObjectType, source: Any, path: Path | None) -> Any:
        """Get a leaf; Undefined where anything is wrong with it."""
        try:
            value = self._value(leaf, parent, source, path)
            if value is None:
                return None if leaf.nullable else Undefined
            coerced = leaf.coerce(value)  # type: ignore[misc]
        except Exception:
            return Undefined
        return Undefined if coerced is None else coerced

    def execute_field(
        self, parent_type: GraphQLObjectType, source: Any, field_details_list: Any, path: Path, context: Any
    ) -> Any:
        """Execute a field that yields an object at once by its plan."""
        planned = self.plan.objects.get(id(field_details_list))
        value = Undefined if planned is None else self._object(planned, parent_type, source, path)
        if planned is None or planned.kind is None or value is Undefined:
            return super().execute_field(parent_type, source, field_details_list, path, context)
        if value is None:
            return None
        key = id(field_details_list), id(value)
        if key in self._completed:  # the same model for many units, say
            return self._completed[key][1]
        if not self._fits(planned.kind, value, planned, parent_type, path):
            return super().execute_field(parent_type, source, field_details_list, path, context)
        grouped = self.collect_subfields(planned.kind, field_details_list).grouped_field_set
        errors = len(self.collected_errors.errors)
        try:
            completed = self.execute_fields(planned.kind, value, path, grouped, context)
        except Exception as error:
            self.handle_field_error(error, planned.field.type, field_details_list, path)
            return None
        if self.is_awaitable(completed):
            return self._complete_later(completed, planned, field_details_list, path)
        if len(self.collected_errors.errors) == errors:  # an error names the path at which it came up
            self._completed[key] = value, completed
        return completed

    async def _complete_later(
        self, completed: Awaitable[Any], planned: FieldPlan, field_details_list: Any, path: Path
    ) -> Any:
        try:
            return await completed
        except Exception as error:
            self.handle_field_error(error, planned.field.type, field_details_list, path)
            return None

    def _object(self, planned: FieldPlan, parent: GraphQLObjectType, source: Any, path: Path) -> Any:
        """Get an object; Undefined where anything is wrong with it."""
        try:
            value = self._value(planned, parent, source, path.prev)
            if value is None:
                return None if planned.nullable else Undefined
        except Exception:
            return Undefined
        return Undefined if isinstance(value, Exception) or self.is_awaitable(value) else value

    def _fits(
        self, kind: GraphQLObjectType, value: Any, planned: FieldPlan, parent: GraphQLObjectType, path: Path
    ) -> bool:
        """Tell whether an object is of the type of its field."""
        if not kind.is_type_of:
            return True
        try:
            return kind.is_type_of(value, self._info(planned, parent, path.prev)) is True
        except Exception:
            return False

    def _value(self, planned: FieldPlan, parent: GraphQLObjectType, source: Any, path: Path | None) -> Any:
        how = planned.how
        if how.attribute:
            return getattr(source, how.attribute)
        if how.method is None:
            return source
        if how.info:
            info: Any = Info(self._info(planned, parent, path), how.definition)  # type: ignore[arg-type]
            return how.method(source, **planned.arguments, **{how.info: info})
        return how.method(source, **planned.arguments)

    def _info(self, planned: FieldPlan, parent: GraphQLObjectType, path: Path | None) -> Any:
        return self.build_resolve_info(planned.field, planned.nodes, parent, Path(path, planned.name, parent.name))


def _in_order(names: Iterable[str], found: Mapping[str, Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] if name in found else rest[name] for name in names if name in found or name in rest}


async def _later(names: Iterable[str], found: Mapping[str, Any], rest: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return _in_order(names, found, await rest)
