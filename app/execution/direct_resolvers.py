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
    GraphQLUnionType,
)
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import Info
from strawberry.types.field import StrawberryField

from app.context import Context
from app.execution.executor import SYNC_RESOLVER, SyncResolver


def resolve_plainly(schema: GraphQLSchema, names: NameConverter) -> None:
    """Give fields a resolver that does just what they are for, where Strawberry's makes ten calls of it.

    Inputs are to be taken plainly as well, so that no argument has to be converted. Raises TypeError for a field with
    arguments whose resolver is not plain: Strawberry would convert them once more.
    """
    for kind in schema.type_map.values():
        for field in kind.fields.values() if isinstance(kind, GraphQLObjectType) else ():
            definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            if getattr(field.resolve, "_is_default", False):
                field.resolve = _reading(definition.python_name)
                field.extensions[SYNC_RESOLVER] = SyncResolver(attribute=definition.python_name)
            elif isinstance(definition, StrawberryField) and _is_plain(definition):
                _resolve(field, _getter(definition, names), writes=kind is schema.mutation_type)
            elif isinstance(definition, StrawberryField) and definition.arguments:
                raise TypeError(f"The resolver of {kind.name}.{definition.python_name} is not a plain method.")


def _resolve(field: GraphQLField, getter: SyncResolver, writes: bool) -> None:
    """Have a field's own method called, and say so of one that may be called once more."""
    if field.subscribe is not None:
        field.subscribe = _calling(getter)
        field.extensions[SYNC_RESOLVER] = SyncResolver()
    elif field.resolve is not None:
        field.resolve = _calling(getter)
        if not writes and not iscoroutinefunction(getter.method):
            field.extensions[SYNC_RESOLVER] = getter


def _reading(name: str) -> Callable[..., Any]:
    return lambda source, _info, **_arguments: getattr(source, name)


def _is_plain(field: StrawberryField) -> bool:
    """Tell whether a field's resolver is a method that takes no more than its own object, `info` and arguments."""
    resolver = field.base_resolver
    if resolver is None or field.extensions or resolver.self_parameter is None:
        return False
    return resolver.root_parameter is None and resolver.parent_parameter is None


def _getter(field: StrawberryField, names: NameConverter) -> SyncResolver:
    """Tell how to call a field's resolver, for who has its arguments ready."""
    assert field.base_resolver is not None, "it is a method"
    wanted = field.base_resolver.info_parameter
    named = {names.from_argument(argument): argument.python_name for argument in field.arguments}
    work: Any = field.base_resolver.wrapped_func
    return SyncResolver("", work, wanted.name if wanted else "", named, field)


def _calling(getter: SyncResolver) -> Callable[..., Any]:
    """Call a resolver itself."""
    work: Any = getter.method

    def call(source: Any, info: GraphQLResolveInfo[Context], **given: Any) -> Any:
        arguments = {getter.names[name]: value for name, value in given.items()}
        if getter.info:
            arguments[getter.info] = Info(info, getter.definition)  # type: ignore[arg-type]
        return work(source, **arguments)

    return call


def choose_plainly(schema: GraphQLSchema) -> None:
    """Let a union know its types by the classes of their values: Strawberry goes through all types for each value."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLUnionType) and kind.resolve_type is not None:
            definitions = {part.name: part.extensions[GraphQLCoreConverter.DEFINITION_BACKREF] for part in kind.types}
            known = {found.origin: name for name, found in definitions.items() if found.concrete_of is None}
            kind.resolve_type = _choosing(known, kind.resolve_type)


def _choosing(known: Mapping[type, str], unknown: Callable[..., Any]) -> Callable[..., Any]:
    return lambda value, info, kind: known.get(type(value)) or unknown(value, info, kind)


def take_plainly(schema: GraphQLSchema) -> None:
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
