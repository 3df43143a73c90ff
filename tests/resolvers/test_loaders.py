"""Child fields read through loaders: a list of twenty costs no more database commands than a list of two.

The schema is walked: a field that is added to it is covered without being named here.
"""

import json
import secrets
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
)
from graphql import build_schema as read_schema
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from app.auth.token import read_authorization
from app.context import Context
from app.deps import Deps
from app.domain.shared.viewer import AccountKind
from app.execution.schema import Schema
from app.ops.bootstrap import build_deps
from app.ops.issue_token import machine_token
from app.ops.schema import build_schema, print_schema
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from tests.client import Api, Json
from tests.conftest import serving
from tests.resolvers.populated import FEW, HALF, MANY, RED, View, populate

DEPTH = 1
"""How far below a field of a list's entries is selected what may read."""
SIZES = (FEW, HALF, MANY)
NESTED = 2
"""How many entries of a list within a list are asked for."""
PLAUSIBLE: Json = {
    "selections": RED,
    "country": "CN",
    "currency": "EUR",
    "locale": "de",
    "stages": ["PRODUCTION", "QUALITY", "LOGISTICS"],
    "last": NESTED,
    "revision": 1,
    "format": "PNG",
    "status": "ACCEPTED",
    "changedAfter": 1,
}
"""What is given for arguments, by their names; one that is missing here is given if it is required: then this fails."""
NEVER_FILLED: dict[tuple[str, str], str] = {}
"""Fields that may read and that have no value in any list of this world, each with the reason why."""
Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


class Commands(CommandListener):
    """The commands that one client sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.sent.append(f"{event.command_name} {event.command.get(event.command_name)}")

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Every command was counted when it started."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Every command was counted when it started."""


class Listed(NamedTuple):
    """A list to look at: the way to so many of its entries, where `%` stands for them, and what these are."""

    owner: str
    name: str
    ways: Mapping[int, str]
    entries: GraphQLObjectType
    paged: bool

    @property
    def key(self) -> tuple[str, str]:
        return self.owner, self.name

    def query(self, size: int, selection: str) -> str:
        entries = f"nodes {{ {selection} }}" if self.paged else selection
        return "query { " + self.ways[size].replace("%", f"{{ {entries} }}") + " }"


@dataclass
class Walk:
    """The walk over a schema; `asked` are the fields that may read and were selected."""

    schema: GraphQLSchema
    served: Schema
    asked: set[tuple[str, str]] = field(default_factory=set)

    @cached_property
    def reading(self) -> frozenset[str]:
        """The types below which something may read: a field whose resolver is a coroutine, however far below."""
        objects = [kind for kind in self.schema.type_map.values() if isinstance(kind, GraphQLObjectType)]
        found: set[str] = set()
        while True:
            faces = {face.name for kind in objects if kind.name in found for face in kind.interfaces} - {"Node"}
            more = faces | {
                kind.name for kind in objects if any(self._reads(kind, name, found) for name in kind.fields)
            }
            if more <= found:
                return frozenset(found)
            found |= more

    def _reads(self, kind: GraphQLObjectType, name: str, reading: Collection[str]) -> bool:
        return (kind.name, name) in self._coroutines or get_named_type(kind.fields[name].type).name in reading

    @cached_property
    def _coroutines(self) -> frozenset[tuple[str, str]]:
        """The fields whose resolvers are coroutines: no other waits for a database."""
        objects = [kind for kind in self.schema.type_map.values() if isinstance(kind, GraphQLObjectType)]
        fields = [(kind.name, name) for kind in objects for name in kind.fields]
        known = {(owner, name): self.served.get_field_for_type(name, owner) for owner, name in fields}
        return frozenset(key for key, of in known.items() if of and of.base_resolver and of.base_resolver.is_async)

    def may_read(self, kind: GraphQLObjectType, name: str) -> bool:
        return self._reads(kind, name, self.reading)

    def lists(self, view: View) -> Iterator[Listed]:
        """Find the lists of different sizes that somebody reaches without passing through another one, each once.

        A list that has no pages is one of these where arguments on the way to it say how long it is; the entries of any
        other are looked at as fields of what lies around them.
        """
        assert self.schema.query_type is not None
        places: list[tuple[GraphQLObjectType, dict[int, str]]] = [(self.schema.query_type, dict.fromkeys(SIZES, "%"))]
        seen = set()
        while places:
            here, ways = places.pop(0)
            for name, found in here.fields.items():
                leaf = get_named_type(found.type)
                if leaf.name not in self.reading or not isinstance(leaf, GraphQLObjectType):
                    continue
                on = dict(further(ways, name, found, view.arguments))
                entries = entries_of(leaf)
                if entries is not None or is_list(found):
                    if len(set(on.values())) > 1:
                        yield Listed(here.name, name, on, entries or leaf, entries is not None)
                elif on and leaf.name not in seen:
                    seen.add(leaf.name)
                    places.append((leaf, {size: way.replace("%", "{ % }") for size, way in on.items()}))

    def below(self, lists: Iterable[GraphQLObjectType]) -> set[tuple[str, str]]:
        """Find all fields that may read, however far below the entries of lists."""
        kinds, found = list(lists), set()
        for kind in kinds:
            for name, each in kind.fields.items():
                leaf = get_named_type(each.type)
                if name == "edges" or not self.may_read(kind, name):
                    continue
                found.add((kind.name, name))
                if isinstance(leaf, GraphQLObjectType) and leaf.name in self.reading and leaf not in kinds:
                    kinds.append(leaf)
        return found

    def children(self, entries: GraphQLObjectType) -> Iterator[str]:
        """Select each field of a list's entries that may read, by itself, with few arguments and with many."""
        plain = " ".join(name for name, found in entries.fields.items() if is_plain(found))
        yield f"__typename {plain}"
        for name, found in entries.fields.items():
            if self.may_read(entries, name):
                yield from dict.fromkeys(
                    f"__typename {self._field(entries, name, found, DEPTH, given)}" for given in (False, True)
                )

    def _field(self, owner: GraphQLObjectType, name: str, found: GraphQLField, depth: int, given: bool) -> str:
        arguments = arguments_of(name, found, PLAUSIBLE if given else required(found), NESTED)
        assert arguments is not None, f"say in PLAUSIBLE what to give for the arguments of {owner.name}.{name}"
        self.asked.add((owner.name, name))
        leaf = get_named_type(found.type)
        if not isinstance(leaf, Composite):
            return f"{name}{arguments}"
        return f"{name}{arguments} {{ {self._selection(leaf, depth, given)} }}"

    def _selection(self, kind: Composite, depth: int, given: bool) -> str:
        """Select of a type what may read; of one that cannot, that it is there."""
        if kind.name not in self.reading:
            return "__typename"
        if not isinstance(kind, GraphQLObjectType):
            members = [each for each in self.schema.get_possible_types(kind) if each.name in self.reading]
            return " ".join(
                ["__typename", *(f"... on {each.name} {{ {self._selection(each, depth, given)} }}" for each in members)]
            )
        below = [
            self._field(kind, name, found, depth - (entries_of(kind) is None), given)
            for name, found in kind.fields.items()
            if self.may_read(kind, name)
            and name != "edges"
            and (depth or get_named_type(found.type).name not in self.reading)
        ]
        return " ".join(["__typename", *below])


def values_of(answer: Any) -> Iterator[tuple[str, str]]:
    """Yield the types and fields that have a value in an answer."""
    if isinstance(answer, list):
        for each in answer:
            yield from values_of(each)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if value not in (None, [], {}):
                yield answer.get("__typename", ""), name
            yield from values_of(value)


def is_plain(found: GraphQLField) -> bool:
    """Tell whether a field is a value that can be asked for without arguments."""
    return not isinstance(get_named_type(found.type), Composite) and not required_names(found)


def is_list(found: GraphQLField) -> bool:
    return "[" in str(found.type)


def entries_of(kind: GraphQLObjectType) -> GraphQLObjectType | None:
    """Return what a connection connects; None for any other type."""
    nodes = kind.fields.get("nodes") if "pageInfo" in kind.fields else None
    entries = get_named_type(nodes.type) if nodes else None
    return entries if isinstance(entries, GraphQLObjectType) else None


def required_names(found: GraphQLField) -> list[str]:
    return [name for name, argument in found.args.items() if is_required_argument(argument)]


def required(found: GraphQLField) -> Json:
    return {name: PLAUSIBLE[name] for name in required_names(found) if name in PLAUSIBLE}


def further(ways: Mapping[int, str], name: str, found: GraphQLField, given: Json) -> Iterator[tuple[int, str]]:
    """Lead ways on through a field, those that its arguments leave open."""
    for size, way in ways.items():
        arguments = arguments_of(name, found, given, size)
        if arguments is not None:
            yield size, way.replace("%", f"{name}{arguments} %")


def arguments_of(name: str, found: GraphQLField, given: Json, size: int) -> str | None:
    """Write a field's arguments: what is given, and how many of a page; None where a required one is not given."""
    told: Json = {}
    for argument in found.args:
        value = given.get(f"{name}.{argument}", given.get(argument))
        if isinstance(value, dict):
            value = value.get(size)
        if value is not None:
            told[argument] = value
    if "first" in found.args and "last" not in told:
        told["first"] = size
    if not set(required_names(found)) <= set(told):
        return None
    written = ", ".join(f"{argument}: {literal(argument, value)}" for argument, value in told.items())
    return f"({written})" if written else ""


ENUMS = {"stages", "format", "status"}


def literal(name: str, value: Any) -> str:
    """Write a value as GraphQL does: names of fields and of enums' values without quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {literal(key, each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(name, each) for each in value) + "]"
    return str(value) if name in ENUMS else json.dumps(value)


class Answer(NamedTuple):
    """What a query answered, and the commands that it took."""

    data: Any
    commands: list[str]
    failed: Any


class World(NamedTuple):
    schema: Schema
    deps: Deps
    commands: Commands
    views: Sequence[View]

    async def answer(self, view: View, query: str) -> Answer:
        """Execute a query for somebody."""
        header = view.caller.headers.get("Authorization")
        context = Context(self.deps, read_authorization(self.deps.keys, self.deps.settings, header))
        self.commands.sent.clear()
        result = await self.schema.execute(query, context_value=context)
        return Answer(result.data, list(self.commands.sent), result.errors)


@pytest.fixture(scope="module")
async def world(settings: Settings) -> AsyncIterator[World]:
    """A full world of its own, and a way in of which every command is counted."""
    own, commands = settings.model_copy(update={"database": f"full_{secrets.token_hex(4)}"}), Commands()
    client: AsyncIOMotorClient[Json] = AsyncIOMotorClient(own.mongodb_url, event_listeners=[commands])
    database = Database(client, own.database)
    async with serving(own) as url:
        deps, api = await build_deps(own, Stores(database)), Api(url)

        async def machine(kind: str, **bound: str) -> Api:
            return api.signed_in(await machine_token(deps, AccountKind(kind.upper()), **bound))

        yield World(build_schema(own), deps, commands, await populate(api, machine))
        await api.http.aclose()
    await client.drop_database(own.database)
    database.close()


def length_of(data: Any, listed: Listed) -> int:
    """Count the entries of the one list in an answer."""
    while isinstance(data, Mapping):
        data = data["nodes"] if listed.paged and "nodes" in data else next(iter(data.values()), None)
    return len(data or ())


async def exceeding(world: World, view: View, listed: Listed, selection: str) -> str | None:
    """Say which commands many entries of a list took beyond those of few, where they took more each time.

    Where the first two entries do not show what others do, half of them do.
    """
    seen: list[str] = []
    for size in (FEW, HALF, FEW, HALF):
        if size in listed.ways:
            few = (await world.answer(view, listed.query(size, selection))).commands
            many = (await world.answer(view, listed.query(MANY, selection))).commands
            if len(many) <= len(few):
                return None
            seen += [f"{len(few)} commands for {size} entries, {len(many)} for {MANY}: {many}"]
    return f"{listed.owner}.{listed.name} {{ {selection} }}: {seen}"


async def test_a_list_of_twenty_costs_no_more_commands_than_a_list_of_two(world: World) -> None:
    """Everybody looks at the lists of which they have twenty, and at each field that shows something new there."""
    walk, found = Walk(read_schema(print_schema()), world.schema), []
    filled: dict[tuple[str, str], set[tuple[str, str]]] = {}
    lists: dict[tuple[str, str], GraphQLObjectType] = {}
    for view in world.views:
        for listed in walk.lists(view):
            if view.only not in ("", ".".join(listed.key)):
                continue
            lists[listed.key] = listed.entries
            answer = await world.answer(view, listed.query(MANY, "__typename"))
            if answer.failed or length_of(answer.data, listed) < MANY:
                continue
            known = filled.setdefault(listed.key, set())
            for selection in walk.children(listed.entries):
                answer = await world.answer(view, listed.query(MANY, selection))
                assert not answer.failed, (selection, answer)
                if not (new := set(values_of(answer.data)) - known):
                    continue
                known |= new
                found.append(await exceeding(world, view, listed, selection))
    assert not any(found), "\n".join(each for each in found if each)
    assert lists.keys() - filled.keys() == set(), "lists of which this world has not enough"
    assert walk.below(lists.values()) - walk.asked == set(), "fields that were not selected"
    assert walk.asked - set().union(*filled.values()) == set(NEVER_FILLED), "fields that this world does not fill"
