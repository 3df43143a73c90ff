"""Reads asked for together are one read, and none is answered with what was read before it was asked."""

import asyncio
from collections.abc import Mapping

import pytest
from subscriptions.batch import Batch


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
        return {key: found[key] for key in keys if key in found}


async def test_what_is_asked_for_meanwhile_is_one_read_and_sees_what_is_new() -> None:
    shelf = Shelf()
    batch = Batch(shelf.read)
    early = asyncio.create_task(batch.get("a"))
    await shelf.begun.wait()
    shelf.books["a"] = 9
    late = [asyncio.create_task(batch.get(key)) for key in ("a", "b", "a", "c")]
    await asyncio.sleep(0)
    shelf.open.set()
    assert await early == 1
    assert await asyncio.gather(*late) == [9, 2, 9, None]
    assert shelf.reads == [["a"], ["a", "b", "c"]]


async def test_a_read_that_fails_fails_for_those_who_asked_and_for_no_other() -> None:
    shelf = Shelf()
    shelf.open.set()
    batch = Batch(shelf.read)
    with pytest.raises(LookupError):
        await batch.get("bad")
    assert await batch.get("b") == 2


async def test_one_that_cannot_be_read_spoils_it_for_no_other() -> None:
    shelf = Shelf()
    shelf.open.set()
    batch = Batch(shelf.read)
    answers = await asyncio.gather(*(batch.get(key) for key in ("a", "b", "bad", "c")), return_exceptions=True)
    assert [answers[0], answers[1], answers[3]] == [1, 2, None]
    assert isinstance(answers[2], LookupError)


async def test_a_read_is_of_a_bounded_size_and_of_one_key_where_that_is_larger() -> None:
    shelf = Shelf()
    shelf.open.set()
    batch = Batch(shelf.read, 3, len)
    await asyncio.gather(*(batch.get(key) for key in ("a", "b", "c", "d", "a long one", "e")))
    assert shelf.reads == [["a", "b", "c"], ["d"], ["a long one"], ["e"]]


async def test_one_who_gives_up_leaves_the_others_their_answer() -> None:
    shelf = Shelf()
    batch = Batch(shelf.read)
    first, second = asyncio.create_task(batch.get("a")), asyncio.create_task(batch.get("a"))
    await shelf.begun.wait()
    first.cancel()
    shelf.open.set()
    assert await second == 1
