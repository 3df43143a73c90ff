"""Loaders: what is asked for at the same time is read together, nothing twice, by one context."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from app.context import Context, Loaders
from app.deps import Deps


class Shelf:
    """Something to read from that notes how it was read."""

    def __init__(self) -> None:
        self.reads: list[tuple[int, list[str]]] = []

    async def times(self, factor: int, keys: Sequence[str]) -> Mapping[str, str]:
        self.reads.append((factor, list(keys)))
        if "broken" in keys:
            raise OSError("the shelf broke")
        return {key: key * factor for key in keys if key != "absent"}


async def test_what_is_asked_for_at_the_same_time_is_read_together_and_once() -> None:
    shelf, loaders = Shelf(), Loaders()
    found = await asyncio.gather(*(loaders.load(shelf.times, key, 2) for key in ("a", "b", "a", "absent")))
    assert found == ["aa", "bb", "aa", None]
    assert await loaders.load(shelf.times, "b", 2) == "bb"
    assert shelf.reads == [(2, ["a", "b", "absent"])]


async def test_what_keys_do_not_share_is_not_read_together() -> None:
    shelf, other, loaders = Shelf(), Shelf(), Loaders()
    found = await asyncio.gather(
        loaders.load(shelf.times, "a", 2), loaders.load(shelf.times, "a", 3), loaders.load(other.times, "a", 2)
    )
    assert list(found) == ["aa", "aaa", "aa"]
    assert (shelf.reads, other.reads) == ([(2, ["a"]), (3, ["a"])], [(2, ["a"])])


async def test_a_read_that_fails_is_raised_to_all_who_asked() -> None:
    loaders, shelf = Loaders(), Shelf()
    found = await asyncio.gather(
        *(loaders.load(shelf.times, key, 2) for key in ("a", "broken")), return_exceptions=True
    )
    assert [type(each) for each in found] == [OSError, OSError]


@pytest.fixture
def context(deps: Deps) -> Context:
    return Context(deps)


async def test_of_several_things_those_that_are_there_come_in_order(context: Context) -> None:
    shelf = Shelf()
    assert await context.load_many(shelf.times, ["b", "absent", "a"], 2) == ["bb", "aa"]
    assert shelf.reads == [(2, ["b", "absent", "a"])]


async def test_a_context_afresh_reads_anew(context: Context) -> None:
    shelf = Shelf()
    for each in (context, context.afresh(), context.lasting()):
        assert await each.load(shelf.times, "a", 2) == "aa"
    assert len(shelf.reads) == 3
