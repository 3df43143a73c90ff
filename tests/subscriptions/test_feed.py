"""The feed by itself, on a real journal: no gap, no repeat, whatever the bell does."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from dataclasses import dataclass
from itertools import count

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from app.deps import Deps
from app.settings import Settings
from app.store.database import Database
from app.store.journal import Entry, Journal, SequenceTaken
from subscriptions.feed import BeyondHead, Feeds
from subscriptions.notification import Notification
from tests.waiting import WAIT_SECONDS_MAX, until

keys = count()


@dataclass(frozen=True)
class Line:
    poem: str
    sequence: int


class Queries(CommandListener):
    """Notes each query on a collection, as the driver sends it."""

    def __init__(self, collection: str, reads: list[str]) -> None:
        self._collection, self._reads = collection, reads

    def started(self, event: CommandStartedEvent) -> None:
        name = event.command_name
        if name in ("find", "aggregate") and f"{event.database_name}.{event.command[name]}" == self._collection:
            self._reads.append(name)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """It was counted when it started."""

    def failed(self, event: CommandFailedEvent) -> None:
        """The same."""


async def silent(journal: str, key: str, entry: Entry) -> None:
    """No bell."""


@pytest.fixture(scope="module")
async def poems(settings: Settings) -> AsyncIterator[Journal[Line]]:
    database = Database.connect(settings.mongodb_url, settings.database)
    journal = Journal(database, "poems", "poem", Line, silent)
    await database.build_indexes({"poems": journal.indexes()})
    yield journal
    database.close()


@pytest.fixture
def poem() -> str:
    return f"poem-{next(keys)}"


def feeds_of(poems: Journal[Line]) -> Feeds:
    return Feeds({"poems": poems}, 0.05)


async def write(poems: Journal[Line], poem: str, first: int, last: int) -> list[Notification]:
    for sequence in range(first, last + 1):
        await poems.append(Line(poem, sequence))
    return [Notification("poems", poem, n, Line(poem, n)) for n in range(first, last + 1)]


async def take(feeds: Feeds, poem: str, after: int | None, last: int) -> list[int]:
    seen: list[int] = []
    async with aclosing(feeds.follow("poems", poem, after)) as entries:
        async for entry in entries:
            seen.append(entry.sequence)
            if entry.sequence >= last:
                return seen
    return seen


@pytest.mark.parametrize("after", [0, 1, 119, 299])
async def test_a_cursor_anywhere_is_replayed_in_pages(poems: Journal[Line], poem: str, after: int) -> None:
    await write(poems, poem, 1, 300)
    assert await take(feeds_of(poems), poem, after, 300) == list(range(after + 1, 301))


async def test_a_lost_bell_costs_time_and_no_entry(poems: Journal[Line], poem: str) -> None:
    feeds = feeds_of(poems)
    checking = asyncio.create_task(feeds.check_forever())
    following = asyncio.create_task(take(feeds, poem, 0, 20))
    await write(poems, poem, 1, 20)
    assert await asyncio.wait_for(following, WAIT_SECONDS_MAX) == list(range(1, 21))
    checking.cancel()


@pytest.mark.parametrize("seed", range(5))
async def test_bells_lost_doubled_and_shuffled_change_nothing(poems: Journal[Line], poem: str, seed: int) -> None:
    chance, feeds = random.Random(seed), feeds_of(poems)
    checking = asyncio.create_task(feeds.check_forever())
    followers = [asyncio.create_task(take(feeds, poem, 0, 200)) for _ in range(10)]
    for start in range(1, 200, 10):
        rings = await write(poems, poem, start, start + 9)
        on_message = [notification for notification in rings + rings if chance.random() > 0.3]
        chance.shuffle(on_message)
        for notification in on_message:
            feeds.on_notification(
                notification if chance.random() > 0.2 else Notification("poems", poem, notification.sequence, None)
            )
        await asyncio.sleep(0)
    for seen in await asyncio.wait_for(asyncio.gather(*followers), WAIT_SECONDS_MAX):
        assert seen == list(range(1, 201))
    checking.cancel()


async def test_a_slow_reader_falls_off_the_ring_and_misses_nothing(poems: Journal[Line], poem: str) -> None:
    feeds = feeds_of(poems)
    async with aclosing(feeds.follow("poems", poem, 0)) as entries:
        reading = asyncio.ensure_future(anext(entries))
        for notification in await write(poems, poem, 1, 600):
            feeds.on_notification(notification)
        seen = [(await reading).sequence]
        seen += [(await anext(entries)).sequence for _ in range(599)]
    assert seen == list(range(1, 601))


@pytest.fixture
def counted(settings: Settings) -> Iterator[tuple[Journal[Line], list[str]]]:
    """The journal again, with all its queries."""
    reads: list[str] = []
    listener = Queries(f"{settings.database}.poems", reads)
    database = Database(AsyncIOMotorClient(settings.mongodb_url, event_listeners=[listener]), settings.database)
    with closing(database):
        yield Journal(database, "poems", "poem", Line, silent), reads


async def test_what_the_bell_brings_while_the_head_is_asked_for_is_not_read_again(
    counted: tuple[Journal[Line], list[str]], poem: str
) -> None:
    poems, reads = counted
    await write(poems, poem, 1, 3)
    feed = feeds_of(poems).take("poems", poem, lambda: None)
    opening = asyncio.create_task(feed.open())
    for sequence in (5, 4, 6):
        feed.on_notification(sequence, Line(poem, sequence))
    await opening
    assert feed.position == 6
    assert [entry.sequence for entry in await feed.after(3)] == [4, 5, 6]
    assert reads == ["aggregate"]


@pytest.mark.parametrize("missed", [1, 20, 90])
async def test_all_who_come_back_at_once_are_served_by_one_read_of_the_head_and_one_of_a_page(
    counted: tuple[Journal[Line], list[str]], poem: str, missed: int
) -> None:
    poems, reads = counted
    await write(poems, poem, 1, 30 + missed)
    reads.clear()
    feeds, behind = feeds_of(poems), [30, 29, 28, 30, 29, 28, 26, 30]
    seen = await asyncio.gather(*(take(feeds, poem, cursor, 30 + missed) for cursor in behind))
    assert seen == [list(range(cursor + 1, 31 + missed)) for cursor in behind]
    assert reads == ["aggregate", "find"]


async def test_those_who_come_back_to_journals_of_their_own_share_their_reads(
    counted: tuple[Journal[Line], list[str]],
) -> None:
    poems, reads = counted
    mine = [f"poem-{next(keys)}" for _ in range(12)]
    for poem in mine:
        await write(poems, poem, 1, 5)
    reads.clear()
    feeds = feeds_of(poems)
    seen = await asyncio.gather(*(take(feeds, poem, 5 - place % 3 - 1, 5) for place, poem in enumerate(mine)))
    assert seen == [list(range(5 - place % 3, 6)) for place in range(12)]
    assert len(reads) <= 4, "at most two reads of heads and two of entries"


async def test_a_journal_that_cannot_be_read_ends_no_other(poems: Journal[Line], poem: str) -> None:
    other, feeds = f"poem-{next(keys)}", feeds_of(poems)
    for name in (poem, other):
        await write(poems, name, 1, 2)
    await poems.collection.insert_one({"poem": poem, "sequence": 1.5})
    seen = await asyncio.gather(take(feeds, poem, 0, 2), take(feeds, other, 0, 2), return_exceptions=True)
    assert isinstance(seen[0], ValueError)
    assert seen[1] == [1, 2]


class Watched(Journal[Line]):
    """The journal again; it is known when it was read."""

    was_read = asyncio.Event()

    async def read(self, key: str, after: int, limit: int, until: int | None = None) -> list[Line]:
        found = await super().read(key, after, limit, until)
        self.was_read.set()
        return found


async def test_a_ring_for_something_that_is_not_there_does_no_harm(deps: Deps, poems: Journal[Line], poem: str) -> None:
    await write(poems, poem, 1, 2)
    journal = Watched(deps.stores.database, "poems", "poem", Line, silent)
    feeds = feeds_of(journal)
    following = asyncio.create_task(take(feeds, poem, 0, 3))
    await until(lambda: len(feeds) == 1)
    journal.was_read.clear()
    feeds.on_notification(Notification("poems", poem, 9, Line(poem, 9)))
    await asyncio.wait_for(journal.was_read.wait(), WAIT_SECONDS_MAX)
    (notification,) = await write(poems, poem, 3, 3)
    feeds.on_notification(notification)
    assert await asyncio.wait_for(following, WAIT_SECONDS_MAX) == [1, 2, 3]


async def test_feeds_are_shared_and_gone_with_the_last_subscriber(poems: Journal[Line], poem: str) -> None:
    feeds = feeds_of(poems)
    await write(poems, poem, 1, 1)
    first, second = feeds.follow("poems", poem, 0), feeds.follow("poems", poem, 0)
    await anext(first)
    await anext(second)
    assert len(feeds) == 1
    await first.aclose()
    assert len(feeds) == 1
    await second.aclose()
    assert len(feeds) == 0


async def test_a_cursor_beyond_the_head_is_refused_naming_the_head(poems: Journal[Line], poem: str) -> None:
    await write(poems, poem, 1, 2)
    with pytest.raises(BeyondHead) as refused:
        await take(feeds_of(poems), poem, 3, 9)
    assert refused.value.head == 2


async def test_a_feed_behind_the_journal_accepts_a_cursor_that_another_process_gave(
    poems: Journal[Line], poem: str
) -> None:
    feeds = feeds_of(poems)
    await write(poems, poem, 1, 1)
    first = feeds.follow("poems", poem, 0)
    await anext(first)
    await write(poems, poem, 2, 4)
    assert await asyncio.wait_for(take(feeds, poem, 3, 4), WAIT_SECONDS_MAX) == [4]
    await first.aclose()


async def test_of_many_writers_of_one_place_one_wins(poems: Journal[Line], poem: str) -> None:
    results = await asyncio.gather(*(poems.append(Line(poem, 1)) for _ in range(10)), return_exceptions=True)
    assert [type(result) for result in results].count(SequenceTaken) == 9
    assert results.count(None) == 1


async def test_a_herd_that_comes_back_to_the_first_step_reads_each_page_once(
    counted: tuple[Journal[Line], list[str]], poem: str
) -> None:
    poems, reads = counted
    await write(poems, poem, 1, 250)
    reads.clear()
    feeds = feeds_of(poems)
    seen = await asyncio.gather(*(take(feeds, poem, 0, 250) for _ in range(60)))
    assert seen == [list(range(1, 251))] * 60
    assert reads == ["aggregate", "find", "find", "find"]
