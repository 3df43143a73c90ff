"""Calls that come together are one call, in which each has its own outcome."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import pytest
from pymongo.errors import AutoReconnect

from app.store.coalescer import Coalescer, coalesced_reads


class Ferry:
    """Something that takes its time; it remembers who went together."""

    def __init__(self) -> None:
        self.trips: list[list[str]] = []
        self.begun, self.open = asyncio.Event(), asyncio.Event()

    async def cross(self, asked: Sequence[str]) -> Sequence[str | Exception]:
        self.trips.append(list(asked))
        self.begun.set()
        await self.open.wait()
        if "storm" in asked:
            raise ConnectionError
        if "iceberg" in asked:
            raise asyncio.CancelledError
        return [LookupError(name) if name.startswith("bad") else name.upper() for name in asked]


class Clock:
    """A clock that moves when the test says so."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[[], None]]] = []

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        self.due.append((seconds, callback))

    def pass_by(self, seconds: float) -> None:
        """Let so many seconds pass from when each call was asked for."""
        due, self.due = self.due, []
        for after, callback in due:
            if after <= seconds:
                callback()
            else:
                self.due.append((after - seconds, callback))


async def settled() -> None:
    """Let everybody go on who can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_submitted_meanwhile_goes_together_in_the_order_of_asking() -> None:
    ferry = Ferry()
    together = Coalescer(ferry.cross, 3)
    first = asyncio.create_task(together.submit("a"))
    await ferry.begun.wait()
    later = [asyncio.create_task(together.submit(name)) for name in ("b", "c", "b", "d")]
    await asyncio.sleep(0)
    ferry.open.set()
    assert await first == "A"
    assert await asyncio.gather(*later) == ["B", "C", "B", "D"]
    assert ferry.trips == [["a"], ["b", "c", "b"], ["d"]]


async def test_an_outcome_that_is_an_error_is_raised_to_whom_it_belongs_alone() -> None:
    ferry = Ferry()
    ferry.open.set()
    together = Coalescer(ferry.cross, 10)
    outcomes = await asyncio.gather(*(together.submit(name) for name in ("a", "bad", "b")), return_exceptions=True)
    assert (outcomes[0], outcomes[2]) == ("A", "B")
    assert isinstance(outcomes[1], LookupError)
    assert ferry.trips == [["a", "bad", "b"]]


async def test_a_batch_that_fails_fails_for_all_in_it_and_for_no_other() -> None:
    ferry = Ferry()
    ferry.open.set()
    together = Coalescer(ferry.cross, 2)
    outcomes = await asyncio.gather(*(together.submit(name) for name in ("a", "storm", "b")), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ConnectionError, ConnectionError, str]


async def test_a_batch_that_is_cancelled_leaves_nobody_waiting() -> None:
    ferry = Ferry()
    ferry.open.set()
    together = Coalescer(ferry.cross, 10)
    outcomes = await asyncio.gather(*(together.submit(name) for name in ("a", "iceberg")), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, asyncio.CancelledError]
    assert await together.submit("b") == "B"


async def test_nothing_is_done_for_who_goes_before_the_batch_and_the_others_keep_their_answers() -> None:
    ferry = Ferry()
    together = Coalescer(ferry.cross, 10)
    first = asyncio.create_task(together.submit("a"))
    await ferry.begun.wait()
    gone, second = asyncio.create_task(together.submit("b")), asyncio.create_task(together.submit("c"))
    await asyncio.sleep(0)
    first.cancel()  # its batch is under way
    gone.cancel()
    await asyncio.sleep(0)
    ferry.open.set()
    assert await second == "C"
    assert ferry.trips == [["a"], ["c"]]
    assert first.cancelled()
    assert gone.cancelled()


async def test_nobody_waits_longer_than_the_limit_for_a_batch_that_hangs() -> None:
    ferry, clock = Ferry(), Clock()
    together = Coalescer(ferry.cross, 1, max_wait_seconds=0.25, later=clock.later)
    hanging = asyncio.create_task(together.submit("a"))
    await settled()
    waiting = [asyncio.create_task(together.submit(name)) for name in ("b", "c")]
    await settled()
    clock.pass_by(0.2)
    await settled()
    assert ferry.trips == [["a"]]
    clock.pass_by(0.05)
    await settled()
    assert ferry.trips == [["a"], ["b"]]
    clock.pass_by(0.25)
    await settled()
    assert ferry.trips == [["a"], ["b"], ["c"]], "one who waits behind a full batch waits no longer, either"
    ferry.open.set()
    assert await asyncio.gather(hanging, *waiting) == ["A", "B", "C"]


class Shelf:
    """Something to read from, slowly; it counts how often."""

    def __init__(self) -> None:
        self.reads: list[list[str]] = []
        self.books = {"a": 1, "b": 2}
        self.begun, self.open = asyncio.Event(), asyncio.Event()

    async def read(self, keys: list[str]) -> Mapping[str, int]:
        self.reads.append(keys)
        self.begun.set()
        found = dict(self.books)
        await self.open.wait()
        if "bad" in keys:
            raise LookupError
        if "away" in keys:
            raise AutoReconnect
        return {key: found[key] for key in keys if key in found}


async def test_reads_that_are_asked_for_meanwhile_are_one_read_which_sees_what_is_new() -> None:
    shelf = Shelf()
    together = coalesced_reads(shelf.read)
    early = asyncio.create_task(together.submit("a"))
    await shelf.begun.wait()
    shelf.books["a"] = 9
    late = [asyncio.create_task(together.submit(key)) for key in ("a", "b", "a", "c")]
    await asyncio.sleep(0)
    shelf.open.set()
    assert await early == 1
    assert await asyncio.gather(*late) == [9, 2, 9, None]
    assert shelf.reads == [["a"], ["a", "b", "c"]]


async def test_what_cannot_be_read_spoils_it_for_no_other() -> None:
    shelf = Shelf()
    shelf.open.set()
    together = coalesced_reads(shelf.read)
    answers = await asyncio.gather(*(together.submit(key) for key in ("a", "b", "bad", "c")), return_exceptions=True)
    assert [answers[0], answers[1], answers[3]] == [1, 2, None]
    assert isinstance(answers[2], LookupError)
    assert await together.submit("b") == 2


async def test_a_database_that_does_not_answer_is_asked_once() -> None:
    shelf = Shelf()
    shelf.open.set()
    together = coalesced_reads(shelf.read)
    answers = await asyncio.gather(*(together.submit(key) for key in ("a", "away", "b")), return_exceptions=True)
    assert [type(answer) for answer in answers] == [AutoReconnect] * 3
    assert len(shelf.reads) == 1


async def test_a_read_is_of_a_bounded_size_and_of_one_key_where_that_is_larger() -> None:
    shelf = Shelf()
    shelf.open.set()
    together = coalesced_reads(shelf.read, 3, len)
    await asyncio.gather(*(together.submit(key) for key in ("a", "b", "c", "d", "a long one", "e")))
    assert shelf.reads == [["a", "b", "c"], ["d"], ["a long one"], ["e"]]


async def test_one_who_gives_up_leaves_the_others_their_answer() -> None:
    shelf = Shelf()
    together = coalesced_reads(shelf.read)
    first, second = asyncio.create_task(together.submit("a")), asyncio.create_task(together.submit("a"))
    await shelf.begun.wait()
    first.cancel()
    shelf.open.set()
    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first
