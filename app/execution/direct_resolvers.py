"""Fields, inputs and unions without detours: Strawberry's work for each value is done once for each field.

A field that reads an attribute or calls a method of its own object is given a resolver that does just that.
"""

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
    GraphQLUnionType,
)
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import Info
from strawberry.types.field import StrawberryField

from app.execution.plan import SYNC_RESOLVER, SyncResolver


def install(schema: GraphQLSchema, names: NameConverter) -> None:
    """Let graphql-core call fields' own methods, build inputs itself, and know unions' types by class.

    Raises TypeError for a field with arguments whose resolver is no method: Strawberry would convert them once more.
    """
    _install_resolvers(schema, names)
    _install_union_types(schema)
    _install_inputs(schema)


def _install_resolvers(schema: GraphQLSchema, names: NameConverter) -> None:
    """Give fields a resolver that does just what they are for, where Strawberry's makes ten calls of it.

    Inputs are to be built by graphql-core as well, so that no argument has to be converted.
    """
    for kind in schema.type_map.values():
        for field in kind.fields.values() if isinstance(kind, GraphQLObjectType) else ():
            definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            if getattr(field.resolve, "_is_default", False):
                field.resolve = _reading(definition.python_name)
                field.extensions[SYNC_RESOLVER] = SyncResolver(attribute=definition.python_name)
            elif isinstance(definition, StrawberryField) and _is_method(definition):
                _install(field, _sync_resolver(definition, names), writes=kind is schema.mutation_type)
            elif isinstance(definition, StrawberryField) and definition.arguments:
                raise TypeError(f"The resolver of {kind.name}.{definition.python_name} is not a method of its type.")


def _install(field: GraphQLField, resolver: SyncResolver, writes: bool) -> None:
    """Install a direct resolver and mark it re-callable unless it is async or a mutation."""
    if field.subscribe is not None:
        field.subscribe = _calling(resolver)
        field.extensions[SYNC_RESOLVER] = SyncResolver()
    elif field.resolve is not None:
        field.resolve = _calling(resolver)
        if not writes and not iscoroutinefunction(resolver.method):
            field.extensions[SYNC_RESOLVER] = resolver


def _reading(name: str) -> Callable[..., Any]:
    return lambda source, _info, **_arguments: getattr(source, name)


def _is_method(field: StrawberryField) -> bool:
    """Tell whether a field's resolver is a method that takes no more than its own object, `info` and arguments."""
    resolver = field.base_resolver
    if resolver is None or field.extensions or resolver.self_parameter is None:
        return False
    return resolver.root_parameter is None and resolver.parent_parameter is None


def _sync_resolver(field: StrawberryField, names: NameConverter) -> SyncResolver:
    """Say how to call a field's method once its arguments are coerced."""
    assert field.base_resolver is not None, "it is a method"
    wanted = field.base_resolver.info_parameter
    named = {names.from_argument(argument): argument.python_name for argument in field.arguments}
    work: Any = field.base_resolver.wrapped_func
    return SyncResolver("", work, wanted.name if wanted else "", named, field)


def _calling(resolver: SyncResolver) -> Callable[..., Any]:
    """Call a resolver itself."""
    work: Any = resolver.method

    def call(source: Any, info: GraphQLResolveInfo[Any], **given: Any) -> Any:
        arguments = {resolver.names[name]: value for name, value in given.items()}
        if resolver.info:
            arguments[resolver.info] = Info(info, resolver.definition)  # type: ignore[arg-type]
        return work(source, **arguments)

    return call


def _install_union_types(schema: GraphQLSchema) -> None:
    """Let a union know its types by the classes of their values: Strawberry goes through all types for each value."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLUnionType) and kind.resolve_type is not None:
            definitions = {part.name: part.extensions[GraphQLCoreConverter.DEFINITION_BACKREF] for part in kind.types}
            known = {found.origin: name for name, found in definitions.items() if found.concrete_of is None}
            kind.resolve_type = _choosing(known, kind.resolve_type)


def _choosing(known: Mapping[type, str], unknown: Callable[..., Any]) -> Callable[..., Any]:
    return lambda value, info, kind: known.get(type(value)) or unknown(value, info, kind)


def _install_inputs(schema: GraphQLSchema) -> None:
    """Let graphql-core build inputs of their values, which Strawberry does afterwards, in a second pass."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            definition = kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
            for field in kind.fields.values():
                field.out_name = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].python_name
            kind.out_type = _building(definition.origin, _optional(kind))  # type: ignore[method-assign, assignment]


def _optional(kind: GraphQLInputObjectType) -> Mapping[str, None]:
    """Say what stands for the fields of an input that may be left out and have no default of their own."""
    fields = (field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF] for field in kind.fields.values())
    return {f.python_name: None for f in fields if f.default_value is MISSING and f.default_factory is MISSING}


def _building(build: Callable[..., Any], absent: Mapping[str, None]) -> Callable[[dict[str, Any]], Any]:
    return lambda values: build(**{**absent, **values})
