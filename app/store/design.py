"""Designs: their journal is the truth, the collection `designs` its projection for lists."""

from pymongo import IndexModel

from app.domain.design import Design, DesignChange
from app.store.database import Database, Document
from app.store.journal import Journal, OnCommit
from app.store.page import Place, newest_first, page_newest
from app.store.record import Records


class DesignChanges(Journal[DesignChange]):
    """Changes by design, each with the whole design after it: immutable revisions. Shard key: {design, sequence}."""

    def __init__(self, database: Database, on_commit: OnCommit) -> None:
        super().__init__(database, "design_changes", "design", DesignChange, on_commit)

    async def find_revision(self, design: str, revision: int) -> Design | None:
        """Find the design as it was at one revision; every change up to now is one revision, so it is its sequence."""
        document = await self._collection.find_one({"design": design, "sequence": revision})
        return self.load(document).state if document else None

    async def page_revisions(self, design: str, before: int | None, limit: int) -> list[Design]:
        """Read revisions, newest first, older than `before`."""
        query: Document = {"design": design}
        if before is not None:
            query["sequence"] = {"$lt": before}
        cursor = self._collection.find(query).sort("sequence", -1).limit(limit)
        return [self.load(document).state for document in await cursor.to_list(limit)]


class Designs(Records[Design]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "designs", Design)

    def indexes(self) -> list[IndexModel]:
        return newest_first("started_at", "account")

    async def project(self, design: Design) -> None:
        """Write the projection, only where it is newer than what stands there."""
        document = self.dump(design)
        identity = document.pop("_id")
        await self.collection.update_one({"_id": identity}, {"$setOnInsert": document}, upsert=True)
        await self.collection.update_one({"_id": identity, "revision": {"$lt": design.revision}}, {"$set": document})

    async def page(self, visible: Document, after: Place | None, limit: int) -> list[Design]:
        documents = await page_newest(self.collection, visible, "started_at", after, limit)
        return [self.load(document) for document in documents]
