"""The journal of products: one document per step, the truth about every unit."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo import ASCENDING, IndexModel

from app.domain.shared.chain import Head
from app.domain.unit.event import STAGE_OF, Stage, StepKind
from app.domain.unit.journey import Step
from app.store.database import Database, Document
from app.store.journal import Journal, OnCommit

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

    async def hashes(self, places: Sequence[tuple[str, int]]) -> list[Head]:
        """Find the hashes of many steps, of those that are chained."""
        if not places:
            return []
        wanted = [{"product": product, "sequence": sequence} for product, sequence in places]
        cursor = self.collection.find({"$or": wanted}, {"product": 1, "sequence": 1, "hash": 1})
        return [Head(found["product"], found["sequence"], found["hash"]) async for found in cursor if found.get("hash")]

    async def page(
        self, product: str, after: int, before: int | None, limit: int, backwards: bool, stages: Sequence[Stage] | None
    ) -> list[Step]:
        """Read up to `limit` steps between two places, from the first on or, backwards, from the last on."""
        query = self._between(product, after, before, stages)
        cursor = self.collection.find(query).sort("sequence", -1 if backwards else 1).limit(limit)
        steps = [self.load(document) for document in await cursor.to_list(limit)]
        return steps[::-1] if backwards else steps

    async def count(self, product: str, stages: Sequence[Stage]) -> int:
        return await self.collection.count_documents(self._between(product, 0, None, stages))

    async def read_kinds(self, until: Mapping[str, int], kinds: Iterable[StepKind]) -> list[Step]:
        """Read the steps of some kinds of many units, each unit's up to a sequence."""
        if not until:
            return []
        places = [{"product": code, "sequence": {"$lte": sequence}} for code, sequence in until.items()]
        cursor = self.collection.find({"$or": places, "kind": {"$in": list(kinds)}})
        return [self.load(document) async for document in cursor]

    @staticmethod
    def _between(product: str, after: int, before: int | None, stages: Sequence[Stage] | None) -> Document:
        place: Document = {"$gt": after}
        if before is not None:
            place["$lt"] = before
        query: Document = {"product": product, "sequence": place}
        if stages is not None:
            query["kind"] = {"$in": [kind for kind, stage in STAGE_OF.items() if stage in stages]}
        return query
