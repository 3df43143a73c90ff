"""Does a variable become what graphql-core makes of it, or is left to graphql-core?"""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, build_schema, get_operation_ast, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from app.execution.variables import plan_variables, take_all
from tests.rows import rows

SCHEMA = build_schema("""
    enum Colour { RED GREEN }
    input Part { name: String!, size: Int = 3, colour: Colour = GREEN, of: Part, parts: [Part!], ratio: Float }
    input Either @oneOf { part: Part, number: Int }
    type Query { ask(part: Part, parts: [Part!]!, numbers: [[Int]], colour: Colour!, either: Either, id: ID): Int }
""")
part = SCHEMA.type_map["Part"]
assert isinstance(part, GraphQLInputObjectType)
part.fields["name"].out_name = "called"
setattr(part, "out_type", lambda values: ("part", sorted(values.items(), key=lambda item: item[0])))  # noqa: B010
colour = SCHEMA.type_map["Colour"]
assert isinstance(colour, GraphQLEnumType)

DEFINED = """query($part: Part, $parts: [Part!]!, $numbers: [[Int]], $colour: Colour!, $either: Either, $id: ID,
    $counted: Int = 7, $named: String! = "n") { ask(parts: $parts, colour: $colour) }"""
OPERATION = get_operation_ast(parse(DEFINED))
assert OPERATION is not None
DEFINITIONS = OPERATION.variable_definitions or ()
VARIABLES = plan_variables(SCHEMA, OPERATION)

ANYTHING: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 7, 2**40, 1.5, float("inf"), "RED", "x", "", "\ud800", [], {}, [None], [[1]]]
)
COLOURS = st.sampled_from(["RED", "GREEN"])


Strategy = st.SearchStrategy[Any]
Mix = Callable[[Strategy], Strategy]


def sometimes(value: Strategy) -> Strategy:
    """Choose, once in a while, anything but what is meant."""
    return st.one_of(*[value] * 7, ANYTHING)


def as_meant(value: Strategy) -> Strategy:
    return value


def given_values(mix: Mix) -> Strategy:
    """Choose values for the variables."""

    def parts(inner: Strategy) -> Strategy:
        optional = {"size": st.integers(-5, 5), "colour": COLOURS, "of": inner, "parts": st.lists(inner, max_size=2)}
        optional |= {"ratio": st.floats(-2, 2) | st.none()}
        mixed = {name: mix(value) for name, value in optional.items()}
        return st.fixed_dictionaries({"name": mix(st.text(max_size=2))}, optional=mixed)

    part: Strategy = st.recursive(st.builds(dict, name=st.just("leaf")), parts, max_leaves=4)
    numbers = st.lists(st.lists(st.integers(0, 3) | st.none(), max_size=2), max_size=2)
    needed = {"parts": mix(st.lists(part, max_size=3)), "colour": mix(COLOURS), "named": mix(st.text(max_size=2))}
    needed |= {"counted": mix(st.integers(0, 3))}
    optional = {"part": mix(part), "numbers": mix(numbers), "id": mix(st.text(max_size=3) | st.integers(0, 9))}
    return st.fixed_dictionaries(needed, optional={**optional, "unknown": ANYTHING})


@given(values=given_values(sometimes))
def test_variables_become_what_graphql_core_makes_of_them(values: dict[str, Any]) -> None:
    expected = get_variable_values(SCHEMA, DEFINITIONS, values)
    found = take_all(VARIABLES, values)
    if isinstance(expected, list):
        assert found is None
    elif found is not None:
        assert found.coerced == expected.coerced
        assert sources_of(found) == sources_of(expected)


def sources_of(found: VariableValues) -> list[tuple[str, str, Any]]:
    return [(name, str(source.signature.type), source.value) for name, source in found.sources.items()]


@given(values=given_values(as_meant))
def test_nothing_that_is_as_it_is_meant_is_left_to_graphql_core(values: dict[str, Any]) -> None:
    assert take_all(VARIABLES, values) is not None


@rows("either", [{"number": 1}, {"part": {"name": "x"}}, {"number": 1, "part": None}, {}])
def test_one_of_several_is_left_to_graphql_core(either: dict[str, Any]) -> None:
    values = {"parts": [], "colour": "RED", "counted": 1, "named": "n", "either": either}
    assert take_all(VARIABLES, values) is None


def test_a_variable_with_a_default_that_is_left_out_is_left_to_graphql_core() -> None:
    assert take_all(VARIABLES, {"parts": [], "colour": "RED", "named": "n"}) is None
    found = take_all(VARIABLES, {"parts": [], "colour": "RED", "named": "n", "counted": 2})
    assert found is not None
    assert found.coerced == {"parts": [], "colour": "RED", "named": "n", "counted": 2}


def test_a_value_that_is_nested_too_deeply_is_left_to_graphql_core() -> None:
    deep: dict[str, Any] = {"name": "x"}
    for _ in range(3000):
        deep = {"name": "x", "of": deep}
    values = {"parts": [deep], "colour": "RED", "counted": 1, "named": "n"}
    assert take_all(VARIABLES, values) is None
    assert isinstance(get_variable_values(SCHEMA, DEFINITIONS, values), list)
