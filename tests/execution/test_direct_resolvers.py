"""Does a schema with direct resolvers answer as Strawberry's own?"""

import enum
from typing import Annotated, Any

import pytest
import strawberry
from graphql import graphql
from strawberry.schema.config import StrawberryConfig

from app.context import Info
from app.execution.direct_resolvers import install


@strawberry.enum
class Size(enum.Enum):
    SMALL_ONE = 1
    LARGE = 2


@strawberry.input
class Inner:
    some_size: Size = Size.LARGE
    note: str | None = None


@strawberry.input
class QuoteRequest:
    given_name: str
    inner: Inner | None
    all_inner: list[Inner] = strawberry.field(default_factory=list)
    tags: list[str] | None = None
    how_many: int = 3


@strawberry.type
class Cat:
    name: str


@strawberry.type
class Dog:
    name: str
    told: str

    @strawberry.field
    def says(self, info: Info, how_often: int = 1) -> str:
        return f"{info.field_name} {self.told * how_often}"


Pet = Annotated[Cat | Dog, strawberry.union("Pet")]


@strawberry.type
class Query:
    @strawberry.field
    def told(self, wanted: QuoteRequest) -> str:
        return repr(wanted)

    @strawberry.field
    async def many(self, info: Info, wanted: list[QuoteRequest], sizes: list[Size] | None = None) -> list[Pet]:
        return [Cat(name=repr(sizes)), *(Dog(name=each.given_name, told=repr(each)) for each in wanted)]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(self, info: Info, wanted: QuoteRequest | None = None) -> Pet:
        return Dog(name=info.field_name, told=repr(wanted))


CONFIG = StrawberryConfig(disable_field_suggestions=True)


def made_direct() -> strawberry.Schema:
    schema = strawberry.Schema(Query, Mutation, config=CONFIG)
    install(schema._schema, schema.config.name_converter)
    return schema


DIRECT, STOCK = made_direct(), strawberry.Schema(Query, Mutation, config=CONFIG)
ASKED = "query($w: Wanted!) { told(wanted: $w) }"
LISTED = (
    "query($w: [Wanted!]!) { many(wanted: $w, sizes: SMALL_ONE) { __typename ... on Dog { name says(howOften: 2) } } }"
)
CASES: list[tuple[str, dict[str, Any]]] = [
    ('{ told(wanted: {givenName: "a", inner: null}) }', {}),
    ('{ told(wanted: {givenName: "a", inner: {someSize: SMALL_ONE}, allInner: [{}, {note: "n"}], tags: ["t"]}) }', {}),
    ('{ told(wanted: {givenName: "a", inner: {}, allInner: {note: "one"}, howMany: 4, tags: null}) }', {}),
    ("{ told(wanted: {inner: null}) }", {}),
    (ASKED, {"w": {"givenName": "a"}}),
    (ASKED, {"w": {"givenName": "a", "inner": {"someSize": "SMALL_ONE", "note": None}, "howMany": 5}}),
    (ASKED, {"w": {"givenName": "a", "inner": {"someSize": "HUGE"}}}),
    (ASKED, {"w": {"givenName": 1, "inner": None, "more": 2}}),
    (ASKED, {"w": None}),
    (ASKED, {}),
    ("query($n: String!, $i: Inner) { told(wanted: {givenName: $n, inner: $i}) }", {"n": "x", "i": {"note": "y"}}),
    ("query($n: String!, $i: Inner) { told(wanted: {givenName: $n, inner: $i}) }", {"n": "x"}),
    (LISTED, {"w": [{"givenName": "a", "inner": {}}, {"givenName": "b", "inner": None, "tags": []}]}),
    (LISTED, {"w": {"givenName": "a", "inner": {}}}),
    ("mutation { change { ... on Dog { told } ... on Cat { name } } }", {}),
    ('mutation { change(wanted: {givenName: "m", inner: {}}) { __typename ... on Dog { name told } } }', {}),
]


@pytest.mark.parametrize(("document", "variables"), CASES)
async def test_it_answers_as_strawberry_does(document: str, variables: dict[str, Any]) -> None:
    expected = await graphql(STOCK._schema, document, variable_values=variables)
    found = await graphql(DIRECT._schema, document, variable_values=variables)
    assert found.formatted == expected.formatted


async def test_a_value_that_no_type_of_a_union_has_is_refused_as_by_strawberry() -> None:
    @strawberry.type
    class Broken:
        @strawberry.field
        def pet(self) -> Pet | None:
            return "a fish"  # type: ignore[return-value]

    stock, plain = strawberry.Schema(Broken), strawberry.Schema(Broken)
    install(plain._schema, plain.config.name_converter)
    expected = await graphql(stock._schema, "{ pet { __typename } }")
    assert expected.errors
    assert (await graphql(plain._schema, "{ pet { __typename } }")).formatted == expected.formatted


def test_a_resolver_with_arguments_that_is_no_method_is_told_at_the_start() -> None:
    def doubled(number: int) -> int:
        return 2 * number

    @strawberry.type
    class Odd:
        twice: int = strawberry.field(resolver=doubled)

    schema = strawberry.Schema(Odd)
    with pytest.raises(TypeError, match=r"Odd\.twice"):
        install(schema._schema, schema.config.name_converter)
