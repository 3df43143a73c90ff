"""An append-only timeline per key, numbered without holes: the form of every journal.

An append is one insert; the unique index on (key, sequence) is the lock. Products' steps and designs' changes are two
journals of this one kind, so that one feed can deliver both.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from bson import ObjectId, decode, encode
from bson.errors import BSONError
from pydantic import TypeAdapter
from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError, DuplicateKeyError

from app.store.bulk import DUPLICATE_KEY, insert_each
from app.store.coalescer import Coalescer
from app.store.database import CODEC, Collection, Database, Document, Transaction
from app.store.paging import BY_SEQUENCE, Page, read_pages


class Entry(Protocol):
    """What a journal holds: anything that is numbered in it."""

    @property
    def sequence(self) -> int: ...


INSERTS_MAX = 100
LAST_DOCUMENT: Document = {"$first": "$$ROOT"}

E = TypeVar("E", bound=Entry)
OnCommit = Callable[[str, str, Entry], Awaitable[None]]
"""Called with (journal, key, entry) once an entry is committed; must not raise."""


class SequenceRange(NamedTuple):
    """The entries of one key behind `after`, up to `until`."""

    key: str
    after: int
    until: int

    @property
    def size(self) -> int:
        return self.until - self.after


class Overtaken(Exception):
    """Another writer was first, and nothing was written: read again what was decided on, and decide anew."""


class SequenceTaken(Overtaken):
    """Another entry has this sequence."""


class Repeated(Overtaken):
    """The journal already holds an event of this key."""


def read_back(document: Document) -> Document:
    """Give a document the form that it has once it was stored and is read."""
    return decode(encode(document, codec_options=CODEC), CODEC)


def is_stored_as(written: Document, document: Document) -> bool:
    """Tell whether a document that was read is what a written one becomes, whatever the order of its fields."""
    try:
        same = encode(written, codec_options=CODEC) == encode(document, codec_options=CODEC)
    except (BSONError, OverflowError):  # what was altered may be read, and not be written again
        same = False
    return same or read_back(written) == document


class Journal(Generic[E]):
    """The entries of all keys of one kind, in the collection `name`, keyed by the field `key`."""

    def __init__(self, database: Database, name: str, key: str, entry: type[E], on_commit: OnCommit) -> None:
        self.name = name
        self.key = key
        self.collection: Collection = database.collection(name)
        self._adapter: TypeAdapter[E] = TypeAdapter(entry)
        self._on_commit = on_commit
        self._inserts: Coalescer[Document, None] = Coalescer(self._insert, INSERTS_MAX)

    def indexes(self) -> list[IndexModel]:
        return [IndexModel([(self.key, ASCENDING), ("sequence", ASCENDING)], unique=True, name="sequence")]

    def load(self, document: Document) -> E:
        return self._adapter.validate_python(document)

    def dump(self, entry: E) -> Document:
        document: Document = self._adapter.dump_python(entry, exclude_defaults=True)
        return document

    def encode(self, entry: E) -> bytes:
        """Write an entry as JSON, for another process."""
        return self._adapter.dump_json(entry, exclude_defaults=True)

    def decode(self, text: bytes) -> E:
        """Read what `encode` wrote; raises ValueError where it is something else."""
        return self._adapter.validate_json(text)

    def key_of(self, entry: E) -> str:
        key: str = getattr(entry, self.key)
        return key

    async def append(self, entry: E) -> None:
        """Commit one entry and announce it; raises SequenceTaken or Repeated and then has written nothing.

        Entries that are appended at about the same time are sent together, each still an insert of its own.
        """
        await self._inserts.submit(self.dump(entry))
        await self.announce(entry)

    async def _insert(self, documents: Sequence[Document]) -> list[Exception | None]:
        outcomes = await insert_each(self.collection, documents)
        return [
            self._which(found.details or {}) if isinstance(found, DuplicateKeyError) else found for found in outcomes
        ]

    async def append_within(self, transaction: Transaction, entries: Sequence[E]) -> None:
        """Write entries as part of a transaction; whoever commits it announces them."""
        try:
            await self.collection.insert_many([self.dump(entry) for entry in entries], session=transaction)
        except BulkWriteError as error:
            first = (error.details or {}).get("writeErrors", [{}])[0]
            if first.get("code") != DUPLICATE_KEY:
                raise
            raise self._which(first) from error

    async def announce(self, entry: E) -> None:
        await self._on_commit(self.name, self.key_of(entry), entry)

    @staticmethod
    def _which(details: Mapping[str, Any]) -> Exception:
        """Tell by the violated index which of the two it was."""
        return SequenceTaken() if "sequence" in details.get("keyPattern", {}) else Repeated()

    async def touched_since(self, wall: datetime, margin: timedelta = timedelta(seconds=60)) -> list[str]:
        """Find the keys with entries written since a wall time.

        Uses the time inside each document's own id, so that it needs no index of its own.
        """
        since = ObjectId.from_datetime(wall - margin)
        pipeline: list[Document] = [{"$match": {"_id": {"$gte": since}}}, {"$group": {"_id": f"${self.key}"}}]
        return [row["_id"] for row in await self.collection.aggregate(pipeline).to_list(None)]

    async def count_all(self) -> int:
        """Tell how many entries there are, as the database counts along: another number says that something came."""
        return await self.collection.estimated_document_count()

    async def head(self, key: str) -> E | None:
        document = await self.collection.find_one({self.key: key}, sort=[("sequence", -1)])
        return self.load(document) if document else None

    async def last_entries(self, keys: Sequence[str]) -> dict[str, E]:
        """Find the last entry of many keys in one command, which reads one document of each key."""
        pipeline: list[Document] = [*self._last_of(keys), {"$group": {"_id": f"${self.key}", "last": LAST_DOCUMENT}}]
        rows = await self.collection.aggregate(pipeline, batchSize=len(keys) + 1).to_list(None)
        return {row["_id"]: self.load(row["last"]) for row in rows}

    async def pages(self, page: Page, keys: Sequence[str]) -> dict[str, list[E]]:
        """Read a page of the entries of each of some keys, in their order."""
        return await self._pages({}, page, keys)

    async def _pages(self, query: Document, page: Page, keys: Sequence[str]) -> dict[str, list[E]]:
        found = await read_pages(self.collection, self.key, keys, query, BY_SEQUENCE, page)
        return {key: [self.load(document) for document in documents] for key, documents in found.items()}

    async def read(self, key: str, after: int, limit: int, until: int | None = None) -> list[E]:
        """Read up to `limit` entries behind `after`, in order, none beyond `until`."""
        behind: Document = {"$gt": after}
        if until is not None:
            behind["$lte"] = until
        cursor = self.collection.find({self.key: key, "sequence": behind}).sort("sequence", 1).limit(limit)
        return [self.load(document) for document in await cursor.to_list(limit)]

    async def read_ranges(self, ranges: Sequence[SequenceRange]) -> dict[SequenceRange, list[E]]:
        """Read ranges of many keys, each in order, in one query."""
        wanted = [{self.key: key, "sequence": {"$gt": after, "$lte": until}} for key, after, until in ranges]
        at_once = sum(sequence_range.size for sequence_range in ranges) + 1
        found: dict[str, list[E]] = {}
        for document in await self.collection.find({"$or": wanted}).batch_size(at_once).to_list(None):
            found.setdefault(document[self.key], []).append(self.load(document))
        for entries in found.values():
            entries.sort(key=lambda entry: entry.sequence)
        return {
            sequence_range: [
                entry
                for entry in found.get(sequence_range.key, ())
                if sequence_range.after < entry.sequence <= sequence_range.until
            ]
            for sequence_range in ranges
        }

    async def documents(self, key: str, after: int | None = None, limit: int = 0) -> list[Document]:
        """Read a journal as it stands in the database, in order, whether it can be loaded or not."""
        behind: Document = {} if after is None else {"sequence": {"$gt": after}}
        return await self.collection.find({self.key: key, **behind}).sort("sequence", 1).limit(limit).to_list(None)

    def intact(self, document: Document) -> E | None:
        """Load a document, if writing its entry would make the same document; else None."""
        try:
            entry = self.load(document)
        except ValueError:
            return None
        return entry if is_stored_as({"_id": document["_id"], **self.dump(entry)}, document) else None

    async def heads(self, keys: Sequence[str]) -> dict[str, int]:
        """Find the last sequence of many keys in one query, which looks at one index entry of each key."""
        group = {"$group": {"_id": f"${self.key}", "sequence": {"$first": "$sequence"}}}
        rows = await self.collection.aggregate([*self._last_of(keys), group]).to_list(None)
        return {row["_id"]: row["sequence"] for row in rows}

    def _last_of(self, keys: Sequence[str]) -> list[Document]:
        """Match keys, each with its last entry first.

        MongoDB looks at no other entry for the first of a descending order; for the last of an ascending one it does.
        """
        return [{"$match": {self.key: {"$in": list(keys)}}}, {"$sort": {self.key: -1, "sequence": -1}}]
