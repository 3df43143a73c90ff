"""Calls that come together are one call, in which each has its own outcome."""

import asyncio
from collections.abc import Sequence

import pytest

from app.store import coalescer as convoy
from app.store.coalescer import Coalescer


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


async def test_what_is_asked_for_meanwhile_goes_together_in_the_order_of_asking() -> None:
    ferry = Ferry()
    together = Coalescer(ferry.cross, 3)
    first = asyncio.create_task(together.do("a"))
    await ferry.begun.wait()
    later = [asyncio.create_task(together.do(name)) for name in ("b", "c", "b", "d")]
    await asyncio.sleep(0)
    ferry.open.set()
    assert await first == "A"
    assert await asyncio.gather(*later) == ["B", "C", "B", "D"]
    assert ferry.trips == [["a"], ["b", "c", "b"], ["d"]]


async def test_an_outcome_that_is_an_error_is_raised_to_whom_it_belongs_alone() -> None:
    ferry = Ferry()
    ferry.open.set()
    together = Coalescer(ferry.cross, 10)
    outcomes = await asyncio.gather(*(together.do(name) for name in ("a", "bad", "b")), return_exceptions=True)
    assert (outcomes[0], outcomes[2]) == ("A", "B")
    assert isinstance(outcomes[1], LookupError)
    assert ferry.trips == [["a", "bad", "b"]]


async def test_a_call_that_fails_fails_for_all_in_it_and_for_no_other() -> None:
    ferry = Ferry()
    ferry.open.set()
    together = Coalescer(ferry.cross, 2)
    outcomes = await asyncio.gather(*(together.do(name) for name in ("a", "storm", "b")), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ConnectionError, ConnectionError, str]


async def test_a_call_that_is_cancelled_leaves_nobody_waiting() -> None:
    ferry = Ferry()
    ferry.open.set()
    together = Coalescer(ferry.cross, 10)
    outcomes = await asyncio.gather(*(together.do(name) for name in ("a", "iceberg")), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, asyncio.CancelledError]
    assert await together.do("b") == "B"


async def test_nothing_is_done_for_who_goes_before_the_call_and_the_others_keep_their_answers() -> None:
    ferry = Ferry()
    together = Coalescer(ferry.cross, 10)
    first = asyncio.create_task(together.do("a"))
    await ferry.begun.wait()
    gone, second = asyncio.create_task(together.do("b")), asyncio.create_task(together.do("c"))
    await asyncio.sleep(0)
    first.cancel()  # its call is under way
    gone.cancel()
    await asyncio.sleep(0)
    ferry.open.set()
    assert await second == "C"
    assert ferry.trips == [["a"], ["c"]]
    assert first.cancelled()
    assert gone.cancelled()


async def test_a_call_that_hangs_does_not_hold_up_newcomers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convoy, "HELD_UP_SECONDS", -1.0)
    ferry = Ferry()
    together = Coalescer(ferry.cross, 10)
    hanging = asyncio.create_task(together.do("a"))
    await ferry.begun.wait()
    ferry.begun.clear()
    newcomer = asyncio.create_task(together.do("b"))
    await ferry.begun.wait()
    assert ferry.trips == [["a"], ["b"]]
    ferry.open.set()
    assert (await hanging, await newcomer) == ("A", "B")
