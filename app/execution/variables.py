"""Coerces variables by a plan: what graphql-core finds out about a type for each value is found out once for the type.

A value that does not fit is left to graphql-core, which says what is wrong with it, or makes it fit.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from graphql import (
    GraphQLInputObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.pyutils import Undefined
from graphql.utilities.coerce_input_value import coerce_default_value

Take = Callable[[Any], Any]
TAKE = "zeroDistanceTake"
"""The extension of an input type that holds its Input."""


class Unfit(Exception):
    """A value that is not of the form that its type expects."""


class VariablePlan(NamedTuple):
    """A variable of an operation: what takes a value for it, and whether it may be left out."""

    signature: GraphQLVariableSignature
    take: Take
    optional: bool


def plan_variables(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Sequence[VariablePlan]:
    """Plan the variables of a valid operation."""
    planned = []
    for node in operation.variable_definitions or ():
        signature = get_variable_signature(schema, node)
        assert isinstance(signature, GraphQLVariableSignature), "the operation is valid"
        optional = node.default_value is None and not is_non_null_type(signature.type)
        planned.append(VariablePlan(signature, taking(signature.type), optional))
    return planned


def take_all(variables: Sequence[VariablePlan], given: Mapping[str, Any]) -> VariableValues | None:
    """Coerce the values of variables; None where one does not fit or has a default instead."""
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    try:
        for signature, take, optional in variables:
            name = signature.name
            if name in given:
                sources[name] = VariableValueSource(signature, given[name])
                coerced[name] = take(given[name])
            elif optional:
                sources[name] = VariableValueSource(signature)
            else:
                return None
    except Exception:  # a scalar may raise whatever it likes
        return None
    return VariableValues(sources, coerced)


def taking(kind: Any) -> Take:
    """Make what takes a value of a type; it raises where the value does not fit."""
    required = is_non_null_type(kind)
    inner = kind.of_type if required else kind
    if is_list_type(inner):
        take = _list(taking(inner.of_type))
    elif is_input_object_type(inner):
        take = inner.extensions.setdefault(TAKE, Input(inner))
    else:
        take = _leaf(inner.coerce_input_value)
    return _present(take) if required else _present_or_null(take)


def _present(take: Take) -> Take:
    def present(value: Any) -> Any:
        if value is None:
            raise Unfit
        return take(value)

    return present


def _present_or_null(take: Take) -> Take:
    return lambda value: None if value is None else take(value)


def _leaf(coerce: Take) -> Take:
    def leaf(value: Any) -> Any:
        coerced = coerce(value)
        if coerced is Undefined:
            raise Unfit
        return coerced

    return leaf


def _list(take: Take) -> Take:
    def items(value: Any) -> Any:
        if not isinstance(value, list):
            raise Unfit
        return [take(item) for item in value]

    return items


class Input:
    """Takes an input object; its fields are looked at when the first comes, as one may be of its own type."""

    def __init__(self, kind: GraphQLInputObjectType) -> None:
        self._kind = kind

    @cached_property
    def _fields(self) -> dict[str, tuple[str, Take]]:
        return {name: (field.out_name or name, taking(field.type)) for name, field in self._kind.fields.items()}

    @cached_property
    def _required(self) -> set[str]:
        return {name for name, field in self._kind.fields.items() if is_required_input_field(field)}

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        named = ((field.out_name or name, coerce_default_value(field)) for name, field in self._kind.fields.items())
        return {name: value for name, value in named if value is not Undefined}

    def __call__(self, value: Any) -> Any:
        if self._kind.is_one_of or not isinstance(value, dict) or not self._required <= value.keys():
            raise Unfit
        taken, fields = dict(self._defaults), self._fields
        for name, given in value.items():
            out_name, take = fields[name]
            taken[out_name] = take(given)
        return self._kind.out_type(taken)
