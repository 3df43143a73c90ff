"""Writes of several callers in one command: none is the worse for another's."""

import secrets

import pytest
from pymongo.errors import BulkWriteError, DuplicateKeyError, WriteError, WTimeoutError

from app.deps import Deps
from app.store.bulk import _failures, insert_each, update_all
from app.store.database import Collection


@pytest.fixture
async def words(deps: Deps) -> Collection:
    """A collection in which each word stands once."""
    collection = deps.stores.database.collection(f"words_{secrets.token_hex(4)}")
    await collection.create_index("word", unique=True)
    return collection


async def test_each_document_is_inserted_by_itself(words: Collection) -> None:
    assert await insert_each(words, [{"word": "taken"}]) == [None]
    outcomes = await insert_each(
        words, [{"word": "a"}, {"word": "taken"}, {"word": 2**70}, {"word": "b"}, {"word": "a"}, {"word": object()}]
    )
    nothing = type(None)
    expected = [nothing, DuplicateKeyError, TypeError, nothing, DuplicateKeyError, TypeError]
    assert [type(outcome) for outcome in outcomes] == expected
    assert isinstance(outcomes[1], DuplicateKeyError)
    assert (outcomes[1].details or {})["keyPattern"] == {"word": 1}
    assert sorted([found["word"] async for found in words.find({})]) == ["a", "b", "taken"]


async def test_nothing_that_has_a_form_is_nothing_to_insert(words: Collection) -> None:
    outcomes = await insert_each(words, [{"word": object()}, {"word": object()}])
    assert [type(outcome) for outcome in outcomes] == [TypeError, TypeError]
    assert await words.count_documents({}) == 0


async def test_updates_are_made_each_whatever_becomes_of_the_others(words: Collection) -> None:
    await words.insert_many([{"_id": number, "word": str(number)} for number in range(4)])
    with pytest.raises(DuplicateKeyError):
        await update_all(
            words,
            [
                ({"_id": 0}, {"$set": {"word": "zero"}}),
                ({"_id": 1}, {"$set": {"word": "3"}}),
                ({"_id": 2}, {"$inc": {"word": 1}}),
                ({"_id": 3}, {"$set": {"seen": True}}),
            ],
        )
    found = {document["_id"]: document async for document in words.find({})}
    assert [found[number]["word"] for number in range(4)] == ["zero", "1", "2", "3"]
    assert found[3]["seen"]
    with pytest.raises(WriteError):
        await update_all(words, [({"_id": 2}, {"$inc": {"word": 1}})])


def test_writes_that_no_majority_is_known_to_have_are_unavailable_to_all() -> None:
    error = BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64, "errmsg": "waiting timed out"}]})
    with pytest.raises(WTimeoutError, match="waiting"):
        _failures(error)
