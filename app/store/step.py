"""The journal of products: one document per step, the truth about every unit.

A document holds the step and, in its field `state`, the state right after it. The state is most of a document and is
rarely needed: steps are read without it, and only what asks for a journal's entries reads both.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bson import ObjectId
from pydantic import TypeAdapter
from pydantic_core import from_json, to_json
from pymongo import ASCENDING, IndexModel

from app.domain.shared.chain import Head
from app.domain.unit.event import StepKind
from app.domain.unit.journey import JournalEntry, Step
from app.domain.unit.kinds.table import KINDS, kinds_of
from app.domain.unit.payload import Payload
from app.domain.unit.stage import Stage
from app.domain.unit.state import State
from app.store.database import BATCH_MAX, Database, Document
from app.store.journal import Journal, OnCommit
from app.store.paging import BY_SEQUENCE, Page, read_pages
from app.store.upcast import upcast

MARGIN = timedelta(seconds=60)
"""By how much the clocks of processes may differ."""
STEP, STATE = TypeAdapter(Step), TypeAdapter(State)
PAYLOAD: Mapping[type[Payload], TypeAdapter[Payload]] = {
    kind.row.payload: TypeAdapter(kind.row.payload) for kind in KINDS.values() if kind.row.payload
}
WITHOUT_STATE = {"state": 0}
SHOWN: Document = {"signature": 0}
"""What pages of a journal leave out: a step's signature is asked for by itself, and a third of what is left of it."""
UNREAD_SIGNATURE: Document = {"signature": ""}


def load_step(document: Document) -> Step:
    """Read a stored step, without its state; raises ValueError where it is none."""
    found = upcast(document)
    kind = KINDS.get(found.get("kind", ""))
    if kind is None:
        raise ValueError(f"there is no kind of step {found.get('kind')!r}")
    payload = found.get("payload")
    if payload is not None:
        if kind.row.payload is None:
            raise ValueError(f"a step of kind {kind} carries no payload")
        payload = PAYLOAD[kind.row.payload].validate_python(payload)
    return STEP.validate_python({**found, "kind": kind, "payload": payload})


def load_state(document: Document) -> State:
    """Read the state in a document; raises ValueError where there is none."""
    return STATE.validate_python(document.get("state"))


def dump_step(step: Step) -> Document:
    """Write a step, without its state. The reporter is always written: the index on events stands on it."""
    document: Document = STEP.dump_python(step, exclude_defaults=True, exclude={"payload"})
    document |= {"kind": step.kind.value, "reporter": step.reporter}
    if step.payload is not None:
        document["payload"] = PAYLOAD[step.payload.__class__].dump_python(step.payload, exclude_defaults=True)
    return document


def dump_entry(entry: JournalEntry) -> Document:
    """Write a step with the state right after it."""
    return {**dump_step(entry.step), "state": STATE.dump_python(entry.state, exclude_defaults=True)}


class Steps(Journal[JournalEntry]):
    """Steps by product. Shard key: {product, sequence}."""

    def __init__(self, database: Database, on_commit: OnCommit) -> None:
        super().__init__(database, "steps", "product", JournalEntry, on_commit)

    def indexes(self) -> list[IndexModel]:
        event = [("product", ASCENDING), ("reporter", ASCENDING), ("event_id", ASCENDING)]
        return [*super().indexes(), IndexModel(event, unique=True, name="event")]

    def load(self, document: Document) -> JournalEntry:
        return JournalEntry(load_step(document), load_state(document))

    def dump(self, entry: JournalEntry) -> Document:
        return dump_entry(entry)

    def encode(self, entry: JournalEntry) -> bytes:
        return to_json(self.dump(entry))

    def decode(self, text: bytes) -> JournalEntry:
        return self.load(from_json(text))

    async def find_event(self, product: str, reporter: str, event_id: str) -> JournalEntry | None:
        """Find the step that an event made, with the state right after it."""
        document = await self.collection.find_one({"product": product, "reporter": reporter, "event_id": event_id})
        return self.load(document) if document else None

    async def find_at(self, product: str, sequence: int) -> Step | None:
        document = await self.collection.find_one({"product": product, "sequence": sequence}, WITHOUT_STATE)
        return load_step(document) if document else None

    async def find_entry(self, product: str, sequence: int) -> JournalEntry | None:
        """Find a step with the state right after it."""
        document = await self.collection.find_one({"product": product, "sequence": sequence})
        return self.load(document) if document else None

    async def read_steps(self, product: str, after: int, limit: int) -> list[Step]:
        """Read up to `limit` steps behind `after`, in order."""
        query = {"product": product, "sequence": {"$gt": after}}
        cursor = self.collection.find(query, WITHOUT_STATE).sort("sequence", ASCENDING).limit(limit)
        return [load_step(document) for document in await cursor.to_list(limit)]

    async def written_since(self, wall: datetime, kinds: Sequence[StepKind]) -> AsyncIterator[Step]:
        """Yield the steps of some kinds written since a wall time, oldest first, by the time in their ids."""
        since = {
            "_id": {"$gte": ObjectId.from_datetime(wall - MARGIN)},
            "kind": {"$in": [kind.value for kind in kinds]},
        }
        async for document in self.collection.find(since, WITHOUT_STATE).sort("_id", ASCENDING):
            yield load_step(document)

    async def signed_heads(self, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], tuple[Head, str]]:
        """Find the hashes and signatures of steps by (product, sequence), of those that have both."""
        wanted = [{"product": product, "sequence": sequence} for product, sequence in places]
        fields = {"product": 1, "sequence": 1, "hash": 1, "signature": 1}
        cursor = self.collection.find({"$or": wanted}, fields, batch_size=len(places) + 1)
        return {
            (found["product"], found["sequence"]): (
                Head(found["product"], found["sequence"], found["hash"]),
                found["signature"],
            )
            for found in await cursor.to_list(None)
            if "hash" in found and "signature" in found
        }

    async def hashes(self, places: Sequence[tuple[str, int]]) -> list[Head]:
        """Find the hashes of many steps, of those that have one."""
        if not places:
            return []
        wanted = [{"product": product, "sequence": sequence} for product, sequence in places]
        cursor = self.collection.find({"$or": wanted}, {"product": 1, "sequence": 1, "hash": 1})
        return [Head(found["product"], found["sequence"], found["hash"]) async for found in cursor if "hash" in found]

    async def pages_of(
        self, stages: Sequence[Stage] | None, page: Page, products: Sequence[str]
    ) -> dict[str, list[Step]]:
        """Read a page of the steps of each of some units, in their order: those of some stages, or all.

        Their signatures are empty.
        """
        found = await self._documents_of(stages, page, products, WITHOUT_STATE | SHOWN)
        return {product: [load_step(document) for document in documents] for product, documents in found.items()}

    async def entry_pages_of(
        self, stages: Sequence[Stage] | None, page: Page, products: Sequence[str]
    ) -> dict[str, list[JournalEntry]]:
        """Read the same, each step with the state right after it."""
        found = await self._documents_of(stages, page, products, SHOWN)
        return {product: [self.load(document) for document in documents] for product, documents in found.items()}

    async def _documents_of(
        self, stages: Sequence[Stage] | None, page: Page, products: Sequence[str], fields: Document
    ) -> dict[str, list[Document]]:
        found = await read_pages(self.collection, self.key, products, _of_stages(stages), BY_SEQUENCE, page, fields)
        return {product: [document | UNREAD_SIGNATURE for document in each] for product, each in found.items()}

    async def counts(self, stages: Sequence[Stage], products: Sequence[str]) -> dict[str, int]:
        """Count the steps of some stages of each of some units."""
        pipeline: list[Document] = [
            {"$match": {"product": {"$in": list(products)}, **_of_stages(stages)}},
            {"$group": {"_id": "$product", "steps": {"$sum": 1}}},
        ]
        rows = await self.collection.aggregate(pipeline, batchSize=len(products) + 1).to_list(None)
        return {row["_id"]: row["steps"] for row in rows}

    async def read_kinds(
        self, kinds: Iterable[StepKind], places: Sequence[tuple[str, int]]
    ) -> dict[tuple[str, int], list[Step]]:
        """Read the steps of some kinds of many units, of each up to a sequence: by (product, that sequence)."""
        if not places:
            return {}
        furthest: dict[str, int] = {}
        for product, until in places:
            furthest[product] = max(until, furthest.get(product, 0))
        reach = [{"product": product, "sequence": {"$lte": until}} for product, until in furthest.items()]
        wanted = {"$or": reach, "kind": {"$in": [kind.value for kind in kinds]}}
        found: dict[str, list[Step]] = {}
        for document in await self.collection.find(wanted, WITHOUT_STATE, batch_size=BATCH_MAX).to_list(None):
            found.setdefault(document["product"], []).append(load_step(document))
        return {
            (product, until): [step for step in found.get(product, ()) if step.sequence <= until]
            for product, until in places
        }


def _of_stages(stages: Sequence[Stage] | None) -> Document:
    return {} if stages is None else {"kind": {"$in": [kind.value for kind in kinds_of(stages)]}}
