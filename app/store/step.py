"""The journal of products: one document per step, the truth about every unit."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo import ASCENDING, IndexModel

from app.domain.shared.chain import Head
from app.domain.unit.event import STAGE_OF, Stage, StepKind
from app.domain.unit.journey import Step
from app.store.database import BATCH_MAX, Database, Document
from app.store.journal import Journal, OnCommit
from app.store.paging import Page

MARGIN = timedelta(seconds=60)
"""By how much the clocks of processes may differ."""


class Steps(Journal[Step]):
    """Steps by product. Shard key: {product, sequence}."""

    def __init__(self, database: Database, on_commit: OnCommit) -> None:
        super().__init__(database, "steps", "product", Step, on_commit)

    def indexes(self) -> list[IndexModel]:
        event = [("product", ASCENDING), ("reporter", ASCENDING), ("event_id", ASCENDING)]
        return [*super().indexes(), IndexModel(event, unique=True, name="event")]

    def dump(self, entry: Step) -> Document:
        """Write the reporter always, our own too: the index on events stands on it."""
        return {**super().dump(entry), "reporter": entry.reporter}

    async def find_event(self, product: str, reporter: str, event_id: str) -> Step | None:
        """Find the step that an event made."""
        document = await self.collection.find_one({"product": product, "reporter": reporter, "event_id": event_id})
        return self.load(document) if document else None

    async def written_since(self, wall: datetime, kinds: Sequence[StepKind]) -> AsyncIterator[Step]:
        """Yield the steps of some kinds written since a wall time, oldest first, by the time in their ids."""
        since = {
            "_id": {"$gte": ObjectId.from_datetime(wall - MARGIN)},
            "kind": {"$in": [kind.value for kind in kinds]},
        }
        async for document in self.collection.find(since).sort("_id", ASCENDING):
            yield self.load(document)

    async def find_at(self, product: str, sequence: int) -> Step | None:
        document = await self.collection.find_one({"product": product, "sequence": sequence})
        return self.load(document) if document else None

    async def signed_heads(self, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], tuple[Head, str]]:
        """Find the hashes and signatures of steps by (product, sequence), of those that are chained."""
        wanted = [{"product": product, "sequence": sequence} for product, sequence in places]
        fields = {"product": 1, "sequence": 1, "hash": 1, "signature": 1}
        cursor = self.collection.find({"$or": wanted}, fields, batch_size=len(places) + 1)
        return {
            (found["product"], found["sequence"]): (
                Head(found["product"], found["sequence"], found["hash"]),
                found["signature"],
            )
            for found in await cursor.to_list(None)
            if found.get("hash") and found.get("signature")
        }

    async def hashes(self, places: Sequence[tuple[str, int]]) -> list[Head]:
        """Find the hashes of many steps, of those that are chained."""
        if not places:
            return []
        wanted = [{"product": product, "sequence": sequence} for product, sequence in places]
        cursor = self.collection.find({"$or": wanted}, {"product": 1, "sequence": 1, "hash": 1})
        return [Head(found["product"], found["sequence"], found["hash"]) async for found in cursor if found.get("hash")]

    async def pages_of(
        self, stages: Sequence[Stage] | None, page: Page, products: Sequence[str]
    ) -> dict[str, list[Step]]:
        """Read a page of the steps of each of some units, in their order: those of some stages, or all."""
        return await self._pages(_of_stages(stages), page, products)

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
        wanted = [{"product": product, "sequence": {"$lte": until}} for product, until in furthest.items()]
        found: dict[str, list[Step]] = {}
        told = {"$or": wanted, "kind": {"$in": list(kinds)}}
        for document in await self.collection.find(told, batch_size=BATCH_MAX).to_list(None):
            found.setdefault(document["product"], []).append(self.load(document))
        return {
            (product, until): [step for step in found.get(product, ()) if step.sequence <= until]
            for product, until in places
        }


def _of_stages(stages: Sequence[Stage] | None) -> Document:
    if stages is None:
        return {}
    return {"kind": {"$in": [kind for kind, stage in STAGE_OF.items() if stage in stages]}}
