"""Designs: their journal is the truth, the collection `designs` its projection for lists; and invitations to them."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pymongo import ASCENDING, DESCENDING, IndexModel

from app.domain.catalogue.catalogue import Category
from app.domain.design.design import Design, DesignChange, DesignChangeKind, Role
from app.store.catalogue import Catalogues
from app.store.database import Database, Document, Transaction
from app.store.journal import Journal, OnCommit
from app.store.paging import Keyset, Page, newest, newest_first, read_page, read_pages
from app.store.record import CatalogueReferring, Records
from app.store.snapshot import Snapshot


class GallerySort(StrEnum):
    """By which the gallery is ordered: the value is the field."""

    NEWEST = "published_at"
    MOST_FORKED = "forks"


LIGHT: Document = {f"state.{name}": 0 for name in ("members", "proposals", "decided")}
"""What a page of changes does without: the people and the open proposals in each state."""
LAST_FIRST = Keyset(("sequence",), falling=True)
BY_REVISION = Keyset(("revision",), falling=True)
Revisions = dict[tuple[str, int], Design]
"""Designs as they were, by (design, revision)."""


class DesignChanges(Journal[DesignChange]):
    """Changes by design, each with the whole design after it: immutable. Shard key: {design, sequence}."""

    def __init__(self, database: Database, on_commit: OnCommit, catalogue: Catalogues) -> None:
        super().__init__(database, "design_changes", "design", DesignChange, on_commit)
        self._catalogue = catalogue

    async def head(self, key: str) -> DesignChange | None:
        head = await super().head(key)
        if head is not None:
            await self._catalogue.know([(head.state.model, None)])
        return head

    async def last_entries(self, keys: Sequence[str]) -> dict[str, DesignChange]:
        found = await super().last_entries(keys)
        await self._catalogue.know((change.state.model, None) for change in found.values())
        return found

    def indexes(self) -> list[IndexModel]:
        by_revision = IndexModel([(self.key, ASCENDING), ("revision", DESCENDING)])
        by_kind = IndexModel([(self.key, ASCENDING), ("kind", ASCENDING), ("sequence", DESCENDING)])
        request = [(self.key, ASCENDING), ("author", ASCENDING), ("request.key", ASCENDING)]
        once = IndexModel(request, unique=True, partialFilterExpression={"request.key": {"$exists": True}})
        return [*super().indexes(), by_revision, by_kind, once]

    async def find_at(self, design: str, sequence: int) -> DesignChange | None:
        document = await self.collection.find_one({"design": design, "sequence": sequence})
        return self.load(document) if document else None

    async def find_request(self, design: str, author: str, key: str) -> DesignChange | None:
        """Find the change that somebody's request made."""
        document = await self.collection.find_one({"design": design, "author": author, "request.key": key})
        return self.load(document) if document else None

    async def find_proposal(self, design: str, proposal: int) -> DesignChange | None:
        """Find the last change about a proposal: how it ended, or how it stands."""
        about = {"design": design, "sequence": {"$gte": proposal}, "proposal.sequence": proposal}
        document = await self.collection.find_one(about, sort=[("sequence", -1)])
        return self.load(document) if document else None

    async def find_revision(self, design: str, revision: int) -> Design | None:
        """Find the design as it was at one revision."""
        document = await self.collection.find_one({"design": design, "revision": revision})
        return self.load(document).state if document else None

    async def find_revisions(self, places: Sequence[tuple[str, int]]) -> Revisions:
        """Find designs as they were at (design, revision), without their people, many in one command."""
        return await self._find_revisions(places, LIGHT)

    async def find_whole_revisions(self, places: Sequence[tuple[str, int]]) -> Revisions:
        """Find the same with the people and the open proposals that they had."""
        return await self._find_revisions(places, None)

    async def _find_revisions(self, places: Sequence[tuple[str, int]], fields: Document | None) -> Revisions:
        wanted = [{"design": design, "revision": revision} for design, revision in places]
        found = self.collection.find({"$or": wanted}, fields, batch_size=len(places) + 1)
        changes = [self.load(document) for document in await found.to_list(None)]
        return {(change.design, change.state.revision): change.state for change in changes}

    async def find_many(self, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], DesignChange]:
        """Find changes at (design, sequence), without the people in their states, many in one command."""
        wanted = [{"design": design, "sequence": sequence} for design, sequence in places]
        found = self.collection.find({"$or": wanted}, LIGHT, batch_size=len(places) + 1)
        changes = [self.load(document) for document in await found.to_list(None)]
        return {(change.design, change.sequence): change for change in changes}

    async def revision_pages(self, page: Page, designs: Sequence[str]) -> dict[str, list[Design]]:
        """Read a page of the revisions of each of some designs, newest first, without their people."""
        made: Document = {"revision": {"$gt": 0}}
        found = await read_pages(self.collection, "design", designs, made, BY_REVISION, page, LIGHT)
        return {design: [self.load(document).state for document in each] for design, each in found.items()}

    async def pages_of_kind(
        self, kinds: Collection[DesignChangeKind], page: Page, designs: Sequence[str]
    ) -> dict[str, list[DesignChange]]:
        """Read a page of the changes of some kinds of each design, newest first, without people in their states."""
        query: Document = {"kind": {"$in": [kind.value for kind in kinds]}}
        found = await read_pages(self.collection, "design", designs, query, LAST_FIRST, page, LIGHT)
        return {design: [self.load(document) for document in each] for design, each in found.items()}


@dataclass(frozen=True)
class Listing:
    """What lists look for and the design itself does not know: where it belongs."""

    factory: str
    category: Category


MAY_GO = ("published_at", "publication", "members", "proposals", "decided", "engraving")
"""Fields of a design that a change may take away."""
LISTED = ("published", "participants", "opened_to", "category")
"""Fields that stand beside a design for lists to look for."""


@dataclass(frozen=True)
class Forks:
    """How many forks of a design there are: those that are counted, and those that may be counted any moment."""

    settled: int = 0
    new: int = 0


class Designs(CatalogueReferring[Design]):
    def __init__(self, database: Database, catalogue: Catalogues) -> None:
        super().__init__(database, "designs", Design, catalogue)

    def indexes(self) -> list[IndexModel]:
        gallery = [
            IndexModel([("published", ASCENDING), *scope, (sort.value, DESCENDING), ("_id", DESCENDING)])
            for scope in ([], [("category", ASCENDING)])
            for sort in GallerySort
        ]
        forks = IndexModel([("forked_from", ASCENDING)], sparse=True)
        return [*newest_first("started_at", "participants", "opened_to", "opened"), *gallery, forks]

    async def project(self, design: Design, listing: Listing) -> None:
        """Write the projection, only where it is newer than what stands there."""
        document = self._projection(design, listing)
        identity = document.pop("_id")
        first = {**document, "forks": 0}
        await self.collection.update_one({"_id": identity}, {"$setOnInsert": first}, upsert=True)
        await self._write({"_id": identity, "sequence": {"$lt": design.sequence}}, document)

    async def correct(self, design: Design, listing: Listing, known: int | None) -> None:
        """Write the projection over one that is wrong, only where that still stands at the sequence `known`."""
        document = self._projection(design, listing)
        await self._write({"_id": document.pop("_id"), "sequence": known}, document)

    async def _write(self, present: Document, document: Document) -> None:
        gone = {name: "" for name in MAY_GO if name not in document}
        await self.collection.update_one(present, {"$set": document, **({"$unset": gone} if gone else {})})

    def is_projection(self, document: Document, design: Design, listing: Listing) -> bool:
        """Tell whether a stored document is what `project` writes of a design."""
        expected = self._projection(design, listing)
        return self.load(document) == design and all(document.get(name) == expected[name] for name in LISTED)

    def _projection(self, design: Design, listing: Listing) -> Document:
        return self.dump(design) | {
            "sequence": design.sequence,
            "opened": design.opened,
            "published": design.published_at is not None,
            "participants": [design.account, *design.members],
            "opened_to": listing.factory if design.opened else None,
            "category": listing.category.value,
        }

    async def count_fork(self, design: str) -> None:
        await self.collection.update_one({"_id": design}, {"$inc": {"forks": 1}})

    async def correct_forks(self, design: str, known: int | None, forks: int) -> bool:
        """Write how often a design was forked, only where it still says `known`; tell whether it did."""
        result = await self.collection.update_one({"_id": design, "forks": known}, {"$set": {"forks": forks}})
        return result.modified_count == 1

    async def forks(self, snapshot: Snapshot, designs: Sequence[str], since: datetime) -> Mapping[str, Forks]:
        """Count the forks of designs as they were at one moment, those apart that were started after `since`."""
        new = {"$sum": {"$cond": [{"$gt": ["$started_at", since]}, 1, 0]}}
        pipeline: list[Document] = [
            {"$match": {"forked_from": {"$in": list(designs)}}},
            {"$group": {"_id": "$forked_from", "all": {"$sum": 1}, "new": new}},
        ]
        rows = await snapshot.aggregate(self.collection, pipeline)
        return {row["_id"]: Forks(row["all"] - row["new"], row["new"]) for row in rows}

    async def page(self, visible: Document, page: Page) -> list[Design]:
        """Read a page of designs, the last started first."""
        return await self.load_all(await read_page(self.collection, visible, newest("started_at"), page))

    async def page_gallery(self, category: Category | None, sort: GallerySort, page: Page) -> list[tuple[Design, int]]:
        """Read published designs with how often each was forked."""
        shown: Document = {"published": True} | ({"category": category.value} if category else {})
        documents = await read_page(self.collection, shown, newest(sort.value), page)
        forks = [document["forks"] for document in documents]
        return list(zip(await self.load_all(documents), forks, strict=True))


@dataclass(frozen=True)
class Invitation:
    """A way into a design, for who has the link or for the account with an address; `id` hashes the link's token.

    `sequence` is the design's when the invitation was made; `accepted` says who came with it, and when.
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
    accepted: Mapping[str, datetime] = field(default_factory=dict)

    def is_open(self, wall: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > wall


MARGIN = timedelta(seconds=60)


class Invitations(Records[Invitation]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "invitations", Invitation)

    def indexes(self) -> list[IndexModel]:
        return [*newest_first("created_at", "design", "email")]

    async def insert(self, invitation: Invitation) -> None:
        await self.collection.insert_one(self.dump(invitation))

    async def accept(self, id: str, account: str, wall: datetime, transaction: Transaction | None = None) -> bool:
        """Note that somebody follows an invitation, if it is still open; tell whether it is."""
        still_open = {"_id": id, "revoked_at": None, "expires_at": {"$gt": wall}}
        result = await self.collection.update_one(
            still_open, {"$min": {f"accepted.{account}": wall}}, session=transaction
        )
        return result.matched_count == 1

    async def revoke(self, id: str, by: str, wall: datetime) -> None:
        await self.collection.update_one({"_id": id, "by": by, "revoked_at": None}, {"$set": {"revoked_at": wall}})

    async def addressed_since(self, wall: datetime) -> AsyncIterator[Invitation]:
        """Yield the invitations to an address made since a wall time, with a margin for clocks that differ."""
        async for document in self.collection.find({"created_at": {"$gte": wall - MARGIN}}):
            if document.get("email") is not None:
                yield self.load(document)

    async def page(self, visible: Document, page: Page) -> list[Invitation]:
        """Read a page of invitations, the last made first."""
        documents = await read_page(self.collection, visible, newest("created_at"), page)
        return [self.load(document) for document in documents]

    async def pages(self, page: Page, designs: Sequence[str]) -> dict[str, list[Invitation]]:
        """Read a page of the invitations to each of some designs, open or over, the last made first."""
        found = await read_pages(self.collection, "design", designs, {}, newest("created_at"), page)
        return {design: [self.load(document) for document in each] for design, each in found.items()}
