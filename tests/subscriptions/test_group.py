"""Execute once, send to all: counted, and right for whoever joins, leaves, lags or sees something else."""

import asyncio
import gc
import json
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from typing import Any, cast

import pytest
from pymongo.errors import AutoReconnect

from app.actions.record_steps import Recorded, record_steps
from app.deps import Deps
from app.domain.shared.refusal import NotFound
from app.domain.shared.viewer import Access, AccountKind, Viewer
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.report import Report
from app.execution.schema import Schema
from app.ops.bootstrap import build_deps
from app.ops.schema import build_schema
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from app.transport.websocket.wire import Stalled, set_within
from schema.node import key_of
from subscriptions.bell import Bell
from subscriptions.context import LiveContext
from subscriptions.feed import Feed
from subscriptions.group import Groups, Pace
from subscriptions.sharing import SharedSource
from subscriptions.streams import Streams
from tests.client import Api, new_customer, new_unit
from tests.lane import rounds
from tests.waiting import WAIT_SECONDS_MAX, until

STEPS = """subscription($code: ProductCode!, $after: Int) { productSteps(code: $code, after: $after) {
    sequence label product { lastSequence order { number shippingAddress { name } } } } }"""
LATER = datetime(2999, 1, 1, tzinfo=UTC)
PLANT = Viewer("foshan-machines", AccountKind.FACTORY, LATER, factory="FOSHAN")


class Tape:
    """A way out that keeps what is sent; it can be stopped up."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.writes = 0
        self._clear = True
        self._moved = asyncio.Event()

    @property
    def clear(self) -> bool:
        return self._clear

    @clear.setter
    def clear(self, clear: bool) -> None:
        self._clear = clear
        self._moved.set()

    async def until(self, true: Callable[[], bool], seconds: float = WAIT_SECONDS_MAX) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                self._moved.clear()
                await self._moved.wait()

    def write(self, *messages: bytes) -> None:
        assert self.clear, "nothing is sent to a peer that does not keep up"
        self.messages += map(json.loads, messages)
        self.writes += 1
        self._moved.set()

    def told(self) -> None:
        self._moved.set()

    async def drained(self, seconds: float) -> None:
        try:
            await self.until(lambda: self.clear, seconds)
        except TimeoutError as error:
            raise Stalled from error

    def close(self, code: int, reason: str) -> None:
        """Nobody is there."""

    def abort(self) -> None:
        """Nobody is there."""


@dataclass(eq=False)
class Listener:
    """A member of a group."""

    wire: Tape = field(default_factory=Tape)
    prefix: bytes = b'{"id":"1","type":"next","payload":'
    cursor: int = 0
    resume: Callable[[], Awaitable[None]] | None = None
    leave: Callable[[], None] | None = None
    errors: list[Exception] = field(default_factory=list)
    task: asyncio.Task[Any] | None = None

    def fell_behind(self) -> None:
        assert self.resume is not None
        self.task = asyncio.ensure_future(self.resume())

    def failed(self, error: Exception) -> None:
        self.errors.append(error)
        self.wire.told()

    @property
    def seen(self) -> list[int]:
        return [message["payload"]["data"]["productSteps"]["sequence"] for message in self.wire.messages]

    async def reached(self, sequence: int) -> None:
        await self.wire.until(lambda: self.seen[-1:] == [sequence])

    async def passed(self, sequence: int) -> None:
        await self.wire.until(lambda: self.seen[-1:] >= [sequence])

    def go(self) -> None:
        if self.task is not None:
            self.task.cancel()
        if self.leave is not None:
            self.leave()


class ReadRights:
    """The store's read of who may see units: it is counted, and fails when the test says so."""

    def __init__(self, read: Callable[[Sequence[str]], Awaitable[Mapping[str, Access]]]) -> None:
        self._read = read
        self.count = 0
        self.fails_once = False

    async def __call__(self, codes: Sequence[str]) -> Mapping[str, Access]:
        self.count += 1
        if self.fails_once:
            self.fails_once = False
            raise AutoReconnect("away")
        return await self._read(codes)


class Intercepted(SharedSource):
    """A source that lets a test do something before an event is made."""

    def __init__(self, source: Any, live: "Live") -> None:
        assert isinstance(source, SharedSource)
        self.journal, self.key = source.journal, source.key
        self._source = source
        self._live = live

    @property
    def view(self) -> Hashable:
        return self._source.view

    async def start(self, feed: Feed) -> int:
        return await self._source.start(feed)

    async def check(self) -> None:
        await self._source.check()

    async def event(self, entry: Any) -> Any | None:
        await self._live.before_event(entry)
        return await self._source.event(entry)

    def __aiter__(self) -> AsyncIterator[Any]:
        return aiter(self._source)


async def nothing_happens(entry: Any) -> None:
    """Leave the event as it is."""


class Payloads:
    """The schema, as far as a group uses it: it counts how many results were encoded."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.count = 0

    def payload(self, result: Any) -> bytes:
        self.count += 1
        return self._schema.payload(result)


class Clock:
    """Seconds that pass when the test says so, and groups that rest until it lets them go on."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.rests, self.goes_on = asyncio.Event(), asyncio.Event()

    def now(self) -> float:
        return self.seconds

    async def pause(self, seconds: float) -> None:
        self.rests.set()
        await self.goes_on.wait()


@dataclass
class Live:
    """The live side of one process, and its schema, without a server."""

    deps: Deps
    streams: Streams
    schema: Schema
    groups: Groups
    rights: ReadRights
    payloads: Payloads
    clock: Clock
    before_event: Callable[[Any], Awaitable[None]] = nothing_happens
    """Called before the event of an entry is made."""

    async def subscribe(
        self,
        viewer: Viewer,
        code: str,
        after: int | None = 0,
        query: str = STEPS,
        locale: str | None = None,
        **more: Any,
    ) -> Listener:
        listener = Listener()
        context = LiveContext(self.deps, self.streams, viewer, locale)
        selection = self.schema.select(query, {"code": code, "after": after}, None, context)
        assert selection is not None
        source = Intercepted(await selection.source(), self)
        listener.task = asyncio.ensure_future(self.groups.follow(source, selection, context, listener))
        return listener

    async def write(self, code: str, count: int, together: int = 1) -> None:
        for _ in range(count):
            reports = [
                Report(code.replace("-", ""), ProductionKind.COMPONENT_FITTED, secrets.token_hex(8), self.deps.now())
                for _ in range(together)
            ]
            for answer in await record_steps(self.deps, PLANT, reports):
                assert isinstance(answer, Recorded), answer


@pytest.fixture
async def live(settings: Settings, api: Api) -> AsyncIterator[Live]:
    async with living(settings) as found:
        yield found


@asynccontextmanager
async def living(settings: Settings, rights_seconds: float = 60.0, unpaced: float = inf) -> AsyncIterator[Live]:
    """Know rights for a minute, and let groups write without a rest, unless the test says otherwise."""
    clock, database = Clock(), Database.connect(settings.mongodb_url, settings.database)
    bell = Bell("memory://", "test")
    stores = Stores(database, bell.ring, clock.now)
    deps, products = await build_deps(settings, stores), cast(Any, stores.products)
    rights = products.find_access = ReadRights(products.find_access)
    streams, schema = Streams(stores, bell, 0.3, rights_seconds, pages_seconds=0.5), build_schema(settings)
    await streams.start()
    payloads, pace = Payloads(schema), Pace(unpaced=unpaced, pause=clock.pause)
    groups = Groups(streams.feeds, cast(Any, payloads), WAIT_SECONDS_MAX, pace)
    yield Live(deps, streams, schema, groups, rights, payloads, clock)
    await streams.stop()
    database.close()


async def bought(api: Api) -> tuple[Viewer, str]:
    """Return a customer with a unit that has two steps."""
    customer = await new_customer(api)
    id = key_of("Account", (await customer.ask("{ viewer { id } }"))["viewer"]["id"])
    return Viewer(id, AccountKind.CUSTOMER, LATER), (await new_unit(customer)).replace("-", "")


async def test_each_step_is_executed_once_for_a_group(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    listeners = [await live.subscribe(owner, code, after) for after in (None, 2) * 25]
    await asyncio.gather(*(listener.task for listener in listeners if listener.task))
    assert len(live.groups) == 1, "the cursor is no part of what one sees"
    await live.write(code, 10)
    for listener in listeners:
        await listener.reached(12)
        assert listener.seen == list(range(3, 13))
    assert live.payloads.count == 10
    for listener in listeners:
        listener.go()
    assert len(live.groups) == 0
    assert len(live.streams.feeds) == 0


async def test_steps_that_come_together_are_written_together(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    listener, first, written = await live.subscribe(owner, code, 2), asyncio.Event(), asyncio.Event()
    assert listener.task is not None
    await listener.task

    async def late(entry: Any) -> None:
        first.set()
        await written.wait()

    live.before_event = late
    await live.write(code, 1)
    await first.wait()
    await live.write(code, 1, together=20)
    written.set()
    await listener.reached(23)
    assert listener.seen == list(range(3, 24))
    assert listener.wire.writes == 3  # one that came alone, 16, and the other 4
    listener.go()


async def test_what_comes_while_a_group_rests_from_writing_goes_in_one_write(api: Api, settings: Settings) -> None:
    async with living(settings, unpaced=0.0) as live:  # it rests after each
        owner, code = await bought(api)
        listeners = [await live.subscribe(owner, code, 2) for _ in range(2)]
        await asyncio.gather(*(listener.task for listener in listeners if listener.task))
        await live.write(code, 1)
        await live.clock.rests.wait()
        await live.write(code, 15)
        assert [listener.seen for listener in listeners] == [[3], [3]]
        live.clock.goes_on.set()
        for listener in listeners:
            await listener.reached(18)
            assert listener.seen == list(range(3, 19))
            assert listener.wire.writes == 2
            listener.go()


def fail_at(sequence: int, live: Live) -> None:
    """Let a step be none that may be seen."""

    async def fail(entry: Any) -> None:
        if entry.sequence == sequence:
            raise NotFound("no such unit")

    live.before_event = fail


async def test_what_was_ready_before_a_right_was_lost_is_still_sent(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    listener = await live.subscribe(owner, code, 2)
    assert listener.task is not None
    await listener.task
    fail_at(5, live)
    await live.write(code, 1, together=5)
    await listener.wire.until(lambda: listener.errors != [])
    assert listener.seen == [3, 4]
    listener.go()


async def test_what_comes_before_a_step_that_fails_is_sent_to_who_catches_up(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    await live.write(code, 1, together=30)
    listener = await live.subscribe(owner, code, 32)
    assert listener.task is not None
    await listener.task
    fail_at(21, live)
    late = await live.subscribe(owner, code, 0)
    assert late.task is not None
    with pytest.raises(NotFound):
        await late.task
    assert late.seen == list(range(1, 21))
    assert late.cursor == 20
    assert late.wire.writes == 2
    for one in (listener, late):
        one.go()


async def test_those_who_come_back_together_share_what_is_replayed_to_them(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    await live.write(code, 8)
    listeners = [await live.subscribe(owner, code, 5) for _ in range(100)]
    for listener in listeners:
        await listener.reached(10)
        assert listener.seen == [6, 7, 8, 9, 10]
    assert live.payloads.count == 5
    for listener in listeners:
        listener.go()


async def test_every_step_is_executed_as_often_as_there_are_groups(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    other = STEPS.replace("label", "label kind")
    views = [
        await live.subscribe(owner, code, 2),
        await live.subscribe(owner, code, 2, locale="de"),
        await live.subscribe(owner, code, 2, query=other),
        await live.subscribe(PLANT, code, 2),
        await live.subscribe(Viewer("ops", AccountKind.STAFF, LATER), code, 2),
        await live.subscribe(Viewer("engineer", AccountKind.STAFF, LATER, factory="FOSHAN"), code, 2),
        await live.subscribe(replace(owner, expires_at=datetime(2998, 1, 1, tzinfo=UTC)), code, 2),
    ]
    await live.write(code, 3)
    for listener in views:
        await listener.reached(5)
    assert len(live.groups) == 6, "the last one sees what the first one sees"
    assert live.payloads.count == 3 * 6
    for listener in views:
        listener.go()


async def test_nobody_sees_in_a_group_what_is_for_another(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    mine = await live.subscribe(owner, code, 2)
    german = await live.subscribe(owner, code, 2, locale="de")
    plant = await live.subscribe(PLANT, code, 2)
    engineer = await live.subscribe(Viewer("engineer", AccountKind.STAFF, LATER, factory="FOSHAN"), code, 2)
    await live.write(code, 1)
    shown = []
    for listener in (mine, german, plant, engineer):
        await listener.reached(3)
        shown.append(listener.wire.messages[0]["payload"]["data"]["productSteps"])
        listener.go()
    assert shown[0]["product"]["order"]["shippingAddress"] == {"name": "Li Na"}
    assert shown[1]["label"] != shown[0]["label"]
    assert shown[2]["product"]["order"] is None
    assert shown[3]["product"]["order"]["shippingAddress"] is None
    with pytest.raises(Exception, match="no such unit"):
        await live.subscribe(Viewer("somebody", AccountKind.CUSTOMER, LATER), code, 2)


async def test_a_variable_that_more_than_the_cursor_reads_keeps_groups_apart(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    query = """subscription($code: ProductCode!, $after: Int) { productSteps(code: $code, after: $after) {
        sequence product { steps(first: $after) { nodes { sequence } } } } }"""
    one, two = await live.subscribe(owner, code, 1, query), await live.subscribe(owner, code, 2, query)
    await live.write(code, 1)
    for listener, count in ((one, 1), (two, 2)):
        await listener.reached(3)
        assert len(listener.wire.messages[-1]["payload"]["data"]["productSteps"]["product"]["steps"]["nodes"]) == count
        listener.go()


@pytest.mark.parametrize("seed", range(rounds(push=1, prove=9)))
async def test_who_joins_and_leaves_at_random_misses_nothing_and_gets_nothing_twice(
    api: Api, live: Live, seed: int
) -> None:
    owner, code = await bought(api)
    chance, last = random.Random(seed), 80
    stays: list[tuple[int, list[int]]] = []

    async def wander(chance: random.Random) -> None:
        """Come and go with a cursor, as a phone does, until everything has been seen."""
        cursor = 0
        while cursor < last:
            listener = await live.subscribe(owner, code, cursor)
            until = chance.randint(cursor, last)
            while not listener.seen or listener.seen[-1] < until:
                listener.wire.clear = chance.random() > 0.2
                for _ in range(chance.randint(1, 9)):
                    await live.deps.stores.database.ping()
                listener.wire.clear = True
            listener.go()
            stays.append((cursor, listener.seen))
            cursor = listener.seen[-1]

    wandering = [asyncio.create_task(wander(random.Random(chance.random()))) for _ in range(50)]
    await live.write(code, last - 2)
    await asyncio.wait_for(asyncio.gather(*wandering), WAIT_SECONDS_MAX)
    assert len(stays) > 60
    for cursor, seen in stays:
        assert seen == list(range(cursor + 1, seen[-1] + 1))
    assert len(live.groups) == 0


async def test_a_slow_reader_leaves_the_group_and_catches_up_from_the_journal(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    slow, quick = await live.subscribe(owner, code, 2), await live.subscribe(owner, code, 2)
    await live.write(code, 1)
    for listener in (slow, quick):
        await listener.reached(3)
    slow.wire.clear = False
    await live.write(code, 60)  # more than a feed remembers
    await quick.reached(63)
    assert slow.seen == [3]
    slow.wire.clear = True
    await slow.reached(63)
    await live.write(code, 1)
    await slow.reached(64)
    assert slow.seen == quick.seen == list(range(3, 65))
    assert slow.errors == quick.errors == []
    for listener in (slow, quick):
        listener.go()


async def test_a_right_that_is_lost_ends_all_of_a_group(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    listeners = [await live.subscribe(owner, code, 2) for _ in range(3)]
    await asyncio.gather(*(listener.task for listener in listeners if listener.task))
    await live.deps.stores.products.collection.update_one({"_id": code}, {"$set": {"account": "somebody else"}})
    await live.write(code, 1)
    for listener in listeners:
        await listener.wire.until(lambda errors=listener.errors: errors)  # type: ignore[misc]
        assert isinstance(listener.errors[0], NotFound)
    assert [listener.seen for listener in listeners] == [[], [], []]
    for listener in listeners:
        listener.go()


def failing_once(work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return the same, for which the database is away the first time."""
    calls = 0

    async def work_or_not(*arguments: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise AutoReconnect("away")
        return await work(*arguments, **more)

    return work_or_not


async def test_who_may_see_a_unit_is_known_from_the_read_that_a_report_begins_with(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    listener = await live.subscribe(owner, code, 2)
    read = live.rights.count
    live.clock.seconds += 3600  # what was known is too old by now
    await live.write(code, 3)
    await listener.reached(5)
    assert live.rights.count == read
    listener.go()


async def test_a_database_that_is_away_while_rights_are_read_ends_nothing(api: Api, settings: Settings) -> None:
    async with living(settings, rights_seconds=0) as live:  # rights are read for each step
        owner, code = await bought(api)
        listeners = [await live.subscribe(owner, code, 2) for _ in range(3)]
        await asyncio.gather(*(listener.task for listener in listeners if listener.task))
        live.rights.fails_once = True
        await live.write(code, 2)
        for listener in listeners:
            await listener.reached(4)
            assert (listener.seen, listener.errors) == ([3, 4], [])
            listener.go()
        assert not live.rights.fails_once, "it has failed"


async def test_a_database_that_is_away_while_a_step_is_executed_leaves_nothing_out(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    listener = await live.subscribe(owner, code, 2)
    orders: Any = live.deps.stores.orders
    orders.find_all = failing_once(orders.find_all)
    await live.write(code, 2)
    await listener.reached(4)
    assert (listener.seen, listener.errors) == ([3, 4], [])
    assert all(message["payload"]["data"]["productSteps"]["product"]["order"] for message in listener.wire.messages)
    listener.go()


async def test_the_plan_shown_is_the_one_with_which_production_began(api: Api, live: Live) -> None:
    owner, code = await bought(api)
    query = """subscription($code: ProductCode!, $after: Int) { productSteps(code: $code, after: $after) {
        sequence product { plan { position } } } }"""
    listener = await live.subscribe(owner, code, 2, query)
    assert listener.task is not None
    await listener.task
    units = live.deps.stores.products
    await units.collection.update_one({"_id": code}, {"$set": {"plan.position": 7_777}})
    await live.write(code, 2)
    await listener.reached(4)
    unit = await units.find(code)  # the planner of the server beside may have moved it once more
    assert unit is not None
    assert unit.plan is not None
    shown = listener.wire.messages[-1]["payload"]["data"]["productSteps"]["product"]["plan"]
    assert shown == {"position": unit.plan.position}
    listener.go()


@pytest.mark.parametrize("turns", range(5))
async def test_who_stops_in_the_moment_in_which_the_peer_reads_again_is_told_nothing_more(
    api: Api, live: Live, turns: int
) -> None:
    owner, code = await bought(api)
    stays, goes = await live.subscribe(owner, code, 2), await live.subscribe(owner, code, 2)
    await live.write(code, 1)
    for listener in (stays, goes):
        await listener.reached(3)
    wire = FullWire()
    goes.wire = wire  # type: ignore[assignment]
    await live.write(code, 1)
    await stays.reached(4)
    wire.readable.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    goes.go()
    told = len(wire.written)
    await live.write(code, 3)
    await stays.reached(7)
    assert len(wire.written) == told
    stays.go()


class FullWire:
    """A way out that waits as a real one does, for a peer that does not read."""

    def __init__(self) -> None:
        self.clear = False
        self.readable = asyncio.Event()
        self.written: list[bytes] = []

    async def drained(self, seconds: float) -> None:
        await set_within(self.readable, seconds)

    def write(self, *messages: bytes) -> None:
        self.written += messages


@pytest.mark.prove
async def test_memory_does_not_grow_with_what_was_delivered(api: Api, live: Live) -> None:
    """Where all events run through one executor, about 40 objects stay for each; here nothing does."""
    owner, code = await bought(api)
    listeners = [await live.subscribe(owner, code, 2) for _ in range(100)]

    def objects() -> int:
        gc.collect()
        return len(gc.get_objects())

    async def deliver(count: int) -> None:
        await live.write(code, count)
        head = await live.deps.stores.steps.head(code)
        assert head is not None
        for listener in listeners:
            await listener.passed(head.sequence)
            listener.wire.messages.clear()

    await deliver(50)
    before = objects()
    for _ in range(4):
        await deliver(50)
    await until(lambda: objects() < before + 400)  # once nothing is kept any more for others who come in a moment
    for listener in listeners:
        listener.go()
