"""Whole collections, read some keys at a time, each as it was at one moment."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import DESCENDING

from app.store.database import Collection, Database, Document, Transaction

BATCH = 2_000
BY_ID = "_id_"
FAST: CodecOptions[Document] = CodecOptions(tz_aware=True)
"""Reads what the store's own codec reads, a third faster: times are UTC without a conversion to UTC."""


@dataclass(frozen=True)
class KeyRange:
    """Keys from `low` on and below `high`; None is without bound."""

    low: str | None = None
    high: str | None = None

    def of(self, field: str) -> Document:
        bounds = {"$gte": self.low, "$lt": self.high}
        given = {operator: bound for operator, bound in bounds.items() if bound is not None}
        return {field: given} if given else {}


@dataclass(frozen=True)
class KeyList:
    """Keys, each by name."""

    keys: Sequence[Any]

    def of(self, field: str) -> Document:
        return {field: {"$in": list(self.keys)}}


@dataclass(frozen=True)
class Snapshot:
    """The database as it is at the first read; later reads see the same."""

    session: Transaction

    async def find(
        self,
        collection: Collection,
        query: Document,
        *sort: str,
        fields: Sequence[str] | None = None,
    ) -> list[Document]:
        """Read documents, undecoded into objects: whole, or these fields of them; `sort` names those of an index."""
        found = collection.with_options(codec_options=FAST)
        cursor = found.find(query, fields, session=self.session, batch_size=BATCH)
        if sort:
            cursor = cursor.sort([(field, 1) for field in sort])
        return await cursor.to_list(None)

    async def distinct(self, collection: Collection, field: str, span: KeyRange) -> list[Any]:
        """Read which values of a field there are in a span: fast where an index begins with the field."""
        return await collection.distinct(field, span.of(field), session=self.session)

    async def aggregate(self, collection: Collection, pipeline: Sequence[Document]) -> list[Document]:
        return await collection.aggregate(list(pipeline), session=self.session).to_list(None)


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Snapshot]:
    async with await database.client.start_session(snapshot=True) as session:
        yield Snapshot(session)


async def split(collection: Collection, count: int) -> Sequence[KeyRange]:
    """Divide the ids of a collection into at most `count` spans of like size, without bounds at both ends."""
    if count <= 1:
        return [KeyRange()]
    buckets: Document = {"$bucketAuto": {"groupBy": "$_id", "buckets": count}}
    rows = await collection.aggregate([buckets], hint=BY_ID).to_list(None)
    bounds = [None, *(row["_id"]["min"] for row in rows[1:]), None]
    return [KeyRange(low, high) for low, high in pairwise(bounds)]


async def in_order(collection: Collection, field: str, size: int) -> Sequence[KeyList]:
    """Divide the ids of a collection into lots of `size`, newest first by a field that is indexed so.

    What was written at one time lies together on the disk: it is read once, where random keys would read each page of
    it many times. All ids are held meanwhile, about 100 bytes each.
    """
    newest = [(field, DESCENDING), ("_id", DESCENDING)]
    rows = await collection.find({}, {"_id": 1}, batch_size=BATCH).sort(newest).to_list(None)
    return [KeyList([row["_id"] for row in rows[start : start + size]]) for start in range(0, len(rows), size)]
