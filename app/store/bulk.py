"""Writes of several callers in one command, none the worse for another's: what became of each is told apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId, encode
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, WriteError, WTimeoutError

from app.store.database import CODEC, Collection, Document

DUPLICATE_KEY = 11000
Update = tuple[Document, Document]
"""Of which document, and what is to be changed."""


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
        for place, failed in _failures(error).items():
            outcomes[sound[place][0]] = failed
    return outcomes


async def update_each(collection: Collection, asked: Sequence[Sequence[Update]]) -> list[Exception | None]:
    """Make each caller's updates, in any order; return for each caller None or what went wrong with one of theirs."""
    updates = [update for theirs in asked for update in theirs]
    owners = [caller for caller, theirs in enumerate(asked) for _ in theirs]
    outcomes: list[Exception | None] = [None] * len(asked)
    try:
        if len(updates) == 1:
            await collection.update_one(*updates[0])
        else:
            await collection.bulk_write([UpdateOne(*update) for update in updates], ordered=False)
    except BulkWriteError as error:
        for place, failed in _failures(error).items():
            outcomes[owners[place]] = failed
    return outcomes


def _failures(error: BulkWriteError) -> Mapping[int, Exception]:
    """Tell apart what went wrong, by place; raises WTimeoutError where no write is known to a majority."""
    details: Mapping[str, Any] = error.details or {}
    for concern in details.get("writeConcernErrors", ()):
        raise WTimeoutError(concern.get("errmsg", ""), concern.get("code"), concern) from error
    return {found["index"]: _failure(found) for found in details.get("writeErrors", ())}


def _failure(found: Mapping[str, Any]) -> Exception:
    kind = DuplicateKeyError if found.get("code") == DUPLICATE_KEY else WriteError
    return kind(found.get("errmsg", ""), found.get("code"), found)
