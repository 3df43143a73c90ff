"""Resolvers and inputs made plain: what Strawberry works out anew for each value is worked out once for each field."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from inspect import iscoroutinefunction
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_nullable_type,
    is_leaf_type,
)
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import Info
from strawberry.types.arguments import InputContext
from strawberry.types.field import StrawberryField

from app.context import Context
from app.executor import AT_ONCE, AtOnce


def resolve_plainly(schema: GraphQLSchema, names: NameConverter) -> None:
    """Give fields a resolver that does just what they are for, where Strawberry's makes ten calls of it.

    That is for those that read an attribute, or are given nothing that has to be converted.
    """
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for field in kind.fields.values():
                definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
                if getattr(field.resolve, "_is_default", False):
                    field.resolve = _reading(definition.python_name)
                    field.extensions[AT_ONCE] = AtOnce(attribute=definition.python_name)
                elif isinstance(definition, StrawberryField) and _is_plain(definition):
                    leaves = _leaves(field, definition, names)
                    if field.subscribe is not None:
                        field.subscribe = _calling(definition, leaves, field.subscribe)
                        field.extensions[AT_ONCE] = AtOnce()
                    elif field.resolve is not None:
                        field.resolve = _calling(definition, leaves, field.resolve)
                        at_once = _at_once(definition, leaves)
                        if at_once is not None and kind is not schema.mutation_type:
                            field.extensions[AT_ONCE] = at_once


def _reading(name: str) -> Callable[..., Any]:
    return lambda source, _info, **_arguments: getattr(source, name)


def _is_plain(field: StrawberryField) -> bool:
    """Tell whether a field's resolver is a method that takes no more than its own object, `info` and arguments."""
    resolver = field.base_resolver
    if resolver is None or field.extensions or resolver.self_parameter is None:
        return False
    return resolver.root_parameter is None and resolver.parent_parameter is None


def _leaves(field: GraphQLField, definition: StrawberryField, names: NameConverter) -> Mapping[str, str]:
    """Name the arguments that need no conversion, as Python does, by their names in the schema."""
    named = {names.from_argument(argument): argument.python_name for argument in definition.arguments}
    return {name: named[name] for name, given in field.args.items() if is_leaf_type(get_nullable_type(given.type))}


def _calling(field: StrawberryField, leaves: Mapping[str, str], converting: Callable[..., Any]) -> Callable[..., Any]:
    """Call a resolver itself; with arguments that are no leaves, the way that converts them."""
    assert field.base_resolver is not None, "it is a method"
    work: Any = field.base_resolver.wrapped_func
    wanted = field.base_resolver.info_parameter

    def call(source: Any, info: GraphQLResolveInfo[Context], **given: Any) -> Any:
        if not given.keys() <= leaves.keys():
            return converting(source, info, **given)
        arguments = {leaves[name]: value for name, value in given.items()}
        if wanted is not None:
            arguments[wanted.name] = Info(info, field)
        return work(source, **arguments)

    return call


def _at_once(field: StrawberryField, names: Mapping[str, str]) -> AtOnce | None:
    """Tell how to call a resolver that is no coroutine, for who has its arguments ready."""
    assert field.base_resolver is not None, "it is a method"
    work: Any = field.base_resolver.wrapped_func
    wanted = field.base_resolver.info_parameter
    return None if iscoroutinefunction(work) else AtOnce("", work, wanted.name if wanted else "", names, field)


def take_plainly(schema: GraphQLSchema) -> None:
    """Let inputs be built of what was given: Strawberry looks up each field's name and type anew for each value."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].from_input = _taking(kind)


def _taking(kind: GraphQLInputObjectType) -> Callable[[type, Mapping[str, Any], InputContext], Any]:
    """Make what builds an input: scalars and enums as they are, lists and inputs within it by Strawberry again."""
    known: dict[str, tuple[str, Any]] = {}
    absent: dict[str, Any] = {}
    for name, given in kind.fields.items():
        field = given.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        known[name] = field.python_name, None if is_leaf_type(get_nullable_type(given.type)) else field.type
        if field.default_value is MISSING and field.default_factory is MISSING:
            absent[field.python_name] = None

    def take(kind: type, values: Mapping[str, Any], context: InputContext) -> Any:
        taken = dict(absent)
        for name, value in values.items():
            attribute, inner = known[name]
            taken[attribute] = value if inner is None or value is None else context.convert(value, inner, name)
        return kind(**taken)

    return take
