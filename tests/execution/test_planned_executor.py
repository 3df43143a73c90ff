"""Is an operation answered by its plan just as graphql-core answers it, errors and all, the first time and later?"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from inspect import isawaitable
from typing import Annotated, Any

import strawberry
from graphql import ExecutionResult, Executor, execute_subscription_event, parse
from hypothesis import given
from hypothesis import strategies as st

from app.context import Info
from app.execution.direct_resolvers import install
from app.execution.engine import Engine
from app.execution.plan import Plan


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Part(Named):
    size: int | None = None


@strawberry.input
class Wish:
    text: str = "wished"


@strawberry.type
class Thing(Named):
    depth: int
    wrong: int = "no number"  # type: ignore[assignment]
    missing: str = None  # type: ignore[assignment]
    absent: str | None = None
    parts: list[Part] = strawberry.field(default_factory=lambda: [Part(name="a"), Part(name="b", size=2)])

    @strawberry.field
    def echo(self, info: Info, text: str = "said", times: int | None = None) -> str:
        return f"{info.path.key} {info.field_name} {text * (times or 1)}"

    @strawberry.field
    def wished(self, wish: Wish | None = None) -> str | None:
        return wish.text if wish else None

    @strawberry.field
    def fails(self) -> str:
        raise ValueError(self.name)

    @strawberry.field
    def may_fail(self) -> str | None:
        raise ValueError(self.name)

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(0)
        return self.name

    @strawberry.field
    async def slow_failure(self) -> str:
        await asyncio.sleep(0)
        raise ValueError(self.name)

    @strawberry.field
    def child(self) -> "Thing":
        return Thing(name=self.name + "c", depth=self.depth + 1)

    @strawberry.field
    def may_have_child(self) -> "Thing | None":
        return Thing(name=self.name + "m", depth=self.depth + 1)

    @strawberry.field
    def shared_child(self) -> "Thing | None":
        return SHARED

    @strawberry.field
    def twins(self) -> list["Thing"]:
        return [Thing(name=self.name + twin, depth=self.depth + 1) for twin in "xy"]

    @strawberry.field
    def no_child(self) -> "Thing | None":
        return None

    @strawberry.field
    def lost_child(self) -> "Thing":
        return None  # type: ignore[return-value]

    @strawberry.field
    def wrong_child(self) -> "Thing | None":
        return Part(name="wrong")  # type: ignore[return-value]

    @strawberry.field
    def failing_child(self) -> "Thing | None":
        raise ValueError(self.name)

    @strawberry.field
    async def slow_child(self) -> "Thing | None":
        await asyncio.sleep(0)
        return Thing(name=self.name + "s", depth=self.depth + 1)

    @strawberry.field
    def any_named(self) -> Named:
        return Part(name="any") if self.depth % 2 else self

    @strawberry.field
    def either(self) -> list[Annotated["Thing | Part", strawberry.union("Either")]]:
        return [Part(name="either"), Thing(name="or", depth=self.depth + 1)]


SHARED = Thing(name="shared", depth=5)


@strawberry.type
class Query:
    @strawberry.field
    def thing(self) -> Thing:
        return Thing(name="t", depth=0)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def things(self, after: int = 0) -> AsyncGenerator[Thing, None]:
        yield Thing(name="event", depth=after)


BUILT = strawberry.Schema(query=Query, subscription=Subscription)
SCHEMA = BUILT._schema
install(SCHEMA, BUILT.config.name_converter)
ENGINE = Engine(SCHEMA)

LEAVES = ["name", "depth", "absent", "__typename", "echo", 'echo(text: "x", times: 2)', "echo(text: $text)"]
MORE_LEAVES = ["wished", 'wished(wish: {text: "w"})', "wrong", "missing", "fails", "mayFail", "slow", "slowFailure"]
CHILDREN = ["child", "sharedChild", "mayHaveChild", "noChild", "lostChild", "wrongChild", "failingChild", "slowChild"]
CONDITIONS = st.sampled_from(["", "", "", " @include(if: $yes)", " @skip(if: $yes)"])
TWICE = "child { ...Both } child { depth slow }"


def selections(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Choose fields of a Thing, each under a name of its own."""
    leaf = st.builds(str.__add__, st.sampled_from(LEAVES + MORE_LEAVES), CONDITIONS)
    child = st.builds("{} {{ {} }}".format, st.sampled_from(CHILDREN), inner)
    others = st.sampled_from(["parts { name size __typename }", "anyNamed { __typename name ... on Thing { depth } }"])
    twins = st.builds("twins {{ name sharedChild {{ {} }} }}".format, inner)
    spread = st.builds("either {{ ... on Part {{ name size }} ... on Thing {{ {} }} }}".format, inner)
    fields = st.lists(leaf | child | others | twins | spread, min_size=1, max_size=5)
    named = fields.map(lambda chosen: " ".join(f"f{place}: {field}" for place, field in enumerate(chosen)))
    return st.builds("{} {}".format, named, st.sampled_from(["", "", "...Both", TWICE]))


THINGS = st.recursive(st.sampled_from(["name", "fails", "slow absent"]), selections, max_leaves=4)
FRAGMENT = "fragment Both on Thing { name echo mayHaveChild { name } }"


Execute = Callable[[Any], Any]


async def both(head: str, things: str, execute: Execute, turns: Sequence[tuple[object, dict[str, Any]]]) -> None:
    """Execute a selection turn by turn, each with an object and variables, by one plan and without."""
    document = parse(f"{head} {{ {things} }} }} {FRAGMENT if '...Both' in things else ''}")
    plan = Plan(document)
    for root, variables in turns:
        plain = Executor.build(SCHEMA, document, root, raw_variable_values=variables)
        planned = ENGINE.prepare(plan, None, variables, root=root)
        assert await answered(execute, planned) == await answered(execute, plain)


async def answered(execute: Execute, executor: Any) -> str:
    """Say all that an answer says, names in their order; what it did not wait for is waited for."""
    found = execute(executor)
    result: ExecutionResult = await found if isawaitable(found) else found
    while executor.background_futures:
        await asyncio.gather(*executor.background_futures, return_exceptions=True)
    return json.dumps([result.data, sorted(json.dumps(error.formatted) for error in result.errors or ())])


@given(things=THINGS, included=st.lists(st.booleans(), min_size=2, max_size=3))
def test_any_query_is_answered_as_by_graphql_core(things: str, included: list[bool]) -> None:
    head = "query Q($text: String!, $yes: Boolean!) { thing"
    turns = [(None, {"text": f"u{place}", "yes": yes}) for place, yes in enumerate(included)]
    asyncio.run(both(head, things, Executor.execute_operation, turns))


@given(things=THINGS)
def test_any_event_is_answered_as_by_graphql_core(things: str) -> None:
    head = "subscription S($text: String!, $yes: Boolean!, $after: Int!) { things(after: $after)"
    turns = [(Thing(name="e", depth=depth), {"text": "u", "yes": True, "after": depth}) for depth in range(3)]
    asyncio.run(both(head, things, execute_subscription_event, turns))
