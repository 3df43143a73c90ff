"""Several writes in one command, none the worse for another: what became of each is told apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId, encode
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, WriteError, WTimeoutError

from app.store.database import CODEC, Collection, Document

DUPLICATE_KEY = 11000
Update = tuple[Document, Document]
"""Which document, and what is changed in it."""


async def insert_each(collection: Collection, documents: Sequence[Document]) -> list[Exception | None]:
    """Insert documents, each by itself or not at all; return for each None or why it is not there."""
    if len(documents) == 1:
        try:
            await collection.insert_one(documents[0])
        except DuplicateKeyError as error:
            return [error]
        return [None]
    outcomes: list[Exception | None] = [None] * len(documents)
    sound = []
    for index, document in enumerate(documents):
        try:
            sound.append((index, RawBSONDocument(encode({"_id": ObjectId(), **document}, codec_options=CODEC))))
        except Exception as error:  # what has no form in the database spoils no other's insert
            outcomes[index] = error
    try:
        if sound:
            await collection.insert_many([document for _, document in sound], ordered=False)
    except BulkWriteError as error:
        for number, failed in _failures(error).items():
            outcomes[sound[number][0]] = failed
    return outcomes


async def update_all(collection: Collection, updates: Sequence[Update]) -> None:
    """Make updates in any order, each whatever becomes of the others; raises the first that went wrong."""
    if len(updates) == 1:  # this form of it costs the driver less
        await collection.update_one(*updates[0])
        return
    try:
        await collection.bulk_write([UpdateOne(*update) for update in updates], ordered=False)
    except BulkWriteError as error:
        for failed in _failures(error).values():
            raise failed from error


def _failures(error: BulkWriteError) -> Mapping[int, Exception]:
    """Tell what went wrong by the number of the write; raises WTimeoutError where no write is known to a majority."""
    details: Mapping[str, Any] = error.details or {}
    for concern in details.get("writeConcernErrors", ()):
        raise WTimeoutError(concern.get("errmsg", ""), concern.get("code"), concern) from error
    return {found["index"]: _failure(found) for found in details.get("writeErrors", ())}


def _failure(found: Mapping[str, Any]) -> Exception:
    kind = DuplicateKeyError if found.get("code") == DUPLICATE_KEY else WriteError
    return kind(found.get("errmsg", ""), found.get("code"), found)
