"""The journal of products: one document per step, the truth about every unit."""

from collections.abc import Sequence

from pymongo import ASCENDING, IndexModel

from app.domain.event import STAGE_OF, Stage
from app.domain.journey import Step
from app.store.database import Database, Document
from app.store.journal import Journal, OnCommit


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
        document = await self._collection.find_one({"product": product, "reporter": reporter, "event_id": event_id})
        return self.load(document) if document else None

    async def find_at(self, product: str, sequence: int) -> Step | None:
        document = await self._collection.find_one({"product": product, "sequence": sequence})
        return self.load(document) if document else None

    async def page(
        self, product: str, after: int, before: int | None, limit: int, backwards: bool, stages: Sequence[Stage] | None
    ) -> list[Step]:
        """Read up to `limit` steps between two places, from the first on or, backwards, from the last on."""
        query = self._between(product, after, before, stages)
        cursor = self._collection.find(query).sort("sequence", -1 if backwards else 1).limit(limit)
        steps = [self.load(document) for document in await cursor.to_list(limit)]
        return steps[::-1] if backwards else steps

    async def count(self, product: str, stages: Sequence[Stage]) -> int:
        return await self._collection.count_documents(self._between(product, 0, None, stages))

    @staticmethod
    def _between(product: str, after: int, before: int | None, stages: Sequence[Stage] | None) -> Document:
        place: Document = {"$gt": after}
        if before is not None:
            place["$lt"] = before
        query: Document = {"product": product, "sequence": place}
        if stages is not None:
            query["kind"] = {"$in": [kind for kind, stage in STAGE_OF.items() if stage in stages]}
        return query
