"""Pages of many lists in one command are those that each list has by itself."""

import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from app.deps import Deps
from app.store.database import Collection, Document
from app.store.paging import PARENTS_MAX, Cursor, Keyset, Page, newest, read_page, read_pages
from tests.rows import rows

START = datetime(2026, 1, 1, tzinfo=UTC)
ENTRIES = 7
LISTS = [f"list {n}" for n in range(PARENTS_MAX + 3)]
RISING, FALLING = Keyset(("place",)), Keyset(("place",), falling=True)
AFTER, BEFORE = Cursor((2,)), Cursor((6,))
TIMED = Cursor((START + timedelta(days=3), "list 1 4"))


@pytest.fixture(scope="module")
async def collection(deps: Deps) -> AsyncIterator[Collection]:
    """Hold lists of unlike lengths, in which two entries have the same time."""
    made = deps.stores.database.collection(f"paged_{secrets.token_hex(4)}")
    await made.insert_many(
        {"_id": f"{key} {place}", "of": key, "place": place, "at": START + timedelta(days=place // 2 + 1)}
        for n, key in enumerate(LISTS)
        for place in range(1, (ENTRIES - n) % ENTRIES + 1)
    )
    yield made
    await made.drop()


def ids(documents: Sequence[Document]) -> list[str]:
    return [document["_id"] for document in documents]


@rows("keyset", [RISING, FALLING, newest("at")])
@rows("backwards", [False, True])
@rows("size", [1, 3, 100])
@rows("bounds", [(None, None), (AFTER, None), (None, BEFORE), (AFTER, BEFORE)])
async def test_many_lists_have_the_pages_that_each_has_alone(
    collection: Collection, keyset: Keyset, backwards: bool, size: int, bounds: tuple[Cursor | None, Cursor | None]
) -> None:
    after, before = bounds if keyset.fields == ("place",) else (bounds[0] and TIMED, bounds[1] and TIMED)
    if keyset.falling and keyset.fields == ("place",):
        after, before = before, after
    page = Page(size, after, before, backwards)
    found = await read_pages(collection, "of", LISTS[:9], {}, keyset, page)
    for key in LISTS[:9]:
        alone = await read_page(collection, {"of": key}, keyset, page)
        assert ids(found[key]) == ids(alone)
        assert len(alone) <= size + 1


async def test_a_page_lies_between_its_cursors_and_has_one_entry_more_than_was_asked_for(
    collection: Collection,
) -> None:
    async def of_one(keyset: Keyset, page: Page) -> list[int]:
        return [document["place"] for document in await read_page(collection, {"of": "list 1"}, keyset, page)]

    assert await of_one(RISING, Page(2)) == [1, 2, 3]
    assert await of_one(RISING, Page(2, AFTER)) == [3, 4, 5]
    assert await of_one(RISING, Page(2, AFTER, BEFORE, backwards=True)) == [3, 4, 5]
    assert await of_one(RISING, Page(1, None, BEFORE, backwards=True)) == [4, 5]
    assert await of_one(FALLING, Page(2)) == [6, 5, 4]
    assert await of_one(FALLING, Page(2, AFTER)) == [1]
    assert await of_one(newest("at"), Page(9, TIMED)) == [3, 2, 1]


async def test_more_lists_than_go_into_one_command_are_read_all_the_same(collection: Collection) -> None:
    found = await read_pages(collection, "of", LISTS, {}, RISING, Page(1))
    assert found.keys() == set(LISTS)
    last = LISTS[-1]
    assert ids(found[last]) == ids(await read_page(collection, {"of": last}, RISING, Page(1))) != []


async def test_a_filter_and_fields_hold_for_every_list(collection: Collection) -> None:
    found = await read_pages(collection, "of", LISTS[:3], {"place": {"$gt": 4}}, RISING, Page(9), {"at": 0})
    assert {key: ids(documents) for key, documents in found.items()} == {
        "list 0": [],
        "list 1": ["list 1 5", "list 1 6"],
        "list 2": ["list 2 5"],
    }
    assert all("at" not in document for documents in found.values() for document in documents)
