"""Designs: their journal is the truth, the collection `designs` its projection for lists; and invitations to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pymongo import ASCENDING, DESCENDING, IndexModel

from app.domain.catalogue import Category
from app.domain.design import Design, DesignChange, DesignChangeKind, Role
from app.store.database import Database, Document
from app.store.journal import Journal, OnCommit
from app.store.page import Place, newest_first, page_newest
from app.store.record import Records


class GallerySort(StrEnum):
    """By which the gallery is ordered: the value is the field."""

    NEWEST = "published_at"
    MOST_FORKED = "forks"


class DesignChanges(Journal[DesignChange]):
    """Changes by design, each with the whole design after it: immutable. Shard key: {design, sequence}."""

    def __init__(self, database: Database, on_commit: OnCommit) -> None:
        super().__init__(database, "design_changes", "design", DesignChange, on_commit)

    def indexes(self) -> list[IndexModel]:
        by_revision = IndexModel([(self.key, ASCENDING), ("revision", DESCENDING)])
        by_kind = IndexModel([(self.key, ASCENDING), ("kind", ASCENDING), ("sequence", DESCENDING)])
        return [*super().indexes(), by_revision, by_kind]

    async def find_at(self, design: str, sequence: int) -> DesignChange | None:
        document = await self._collection.find_one({"design": design, "sequence": sequence})
        return self.load(document) if document else None

    async def find_revision(self, design: str, revision: int) -> Design | None:
        """Find the design as it was at one revision."""
        document = await self._collection.find_one({"design": design, "revision": revision})
        return self.load(document).state if document else None

    async def page_revisions(self, design: str, before: int | None, limit: int) -> list[Design]:
        """Read revisions, newest first, older than `before`."""
        number: Document = {"$gt": 0} if before is None else {"$gt": 0, "$lt": before}
        cursor = self._collection.find({"design": design, "revision": number}).sort("revision", -1).limit(limit)
        return [self.load(document).state for document in await cursor.to_list(limit)]

    async def page_of_kind(
        self, design: str, kind: DesignChangeKind, before: int | None, limit: int
    ) -> Sequence[DesignChange]:
        """Read changes of one kind, newest first, before a place in the journal."""
        query: Document = {"design": design, "kind": kind.value}
        if before is not None:
            query["sequence"] = {"$lt": before}
        cursor = self._collection.find(query).sort("sequence", -1).limit(limit)
        return [self.load(document) for document in await cursor.to_list(limit)]


@dataclass(frozen=True)
class Listing:
    """What lists look for and the design itself does not know: where it belongs."""

    factory: str
    category: Category


MAY_GO = ("published_at", "members", "proposals", "removed", "engraving")
"""Fields of a design that a change may take away."""


class Designs(Records[Design]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "designs", Design)

    def indexes(self) -> list[IndexModel]:
        gallery = [
            IndexModel([("published", ASCENDING), *scope, (sort.value, DESCENDING), ("_id", DESCENDING)])
            for scope in ([], [("category", ASCENDING)])
            for sort in GallerySort
        ]
        return [*newest_first("started_at", "participants", "opened_to", "opened"), *gallery]

    async def project(self, design: Design, listing: Listing) -> None:
        """Write the projection, only where it is newer than what stands there."""
        document = self.dump(design)
        identity = document.pop("_id")
        document |= {
            "sequence": design.sequence,
            "opened": design.opened,
            "published": design.published_at is not None,
            "participants": [design.account, *design.members],
            "opened_to": listing.factory if design.opened else None,
            "category": listing.category.value,
        }
        first = {**document, "forks": 0}
        await self.collection.update_one({"_id": identity}, {"$setOnInsert": first}, upsert=True)
        older = {"_id": identity, "sequence": {"$lt": design.sequence}}
        gone = {
            name: ""
            for name in ("published_at", "members", "proposals", "removed", "engraving")
            if name not in document
        }
        await self.collection.update_one(older, {"$set": document, **({"$unset": gone} if gone else {})})

    async def count_fork(self, design: str) -> None:
        await self.collection.update_one({"_id": design}, {"$inc": {"forks": 1}})

    async def page(self, visible: Document, after: Place | None, limit: int) -> list[Design]:
        documents = await page_newest(self.collection, visible, "started_at", after, limit)
        return [self.load(document) for document in documents]

    async def page_gallery(
        self, category: Category | None, sort: GallerySort, after: Place | None, limit: int
    ) -> list[tuple[Design, int]]:
        """Read published designs with how often each was forked."""
        shown: Document = {"published": True} | ({"category": category.value} if category else {})
        documents = await page_newest(self.collection, shown, sort.value, after, limit)
        return [(self.load(document), document["forks"]) for document in documents]


@dataclass(frozen=True)
class Invitation:
    """A way into a design, for who has the link or for the account with an address; `id` hashes the link's token.

    `sequence` is the design's when the invitation was made.
    """

    id: str
    design: str
    role: Role
    by: str
    created_at: datetime
    expires_at: datetime
    sequence: int
    email: str | None = None
    revoked_at: datetime | None = None


class Invitations(Records[Invitation]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "invitations", Invitation)

    def indexes(self) -> list[IndexModel]:
        return [*newest_first("created_at", "design", "email")]

    async def insert(self, invitation: Invitation) -> None:
        await self.collection.insert_one(self.dump(invitation))

    async def revoke(self, id: str, wall: datetime) -> None:
        await self.collection.update_one({"_id": id, "revoked_at": None}, {"$set": {"revoked_at": wall}})

    async def page(self, visible: Document, after: Place | None, limit: int) -> list[Invitation]:
        documents = await page_newest(self.collection, visible, "created_at", after, limit)
        return [self.load(document) for document in documents]
