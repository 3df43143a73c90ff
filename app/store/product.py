"""Units: who they are, and a projection of their journal for lists and filters."""

import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

from pydantic import TypeAdapter
from pymongo import ASCENDING, IndexModel, UpdateOne

from app.domain.order.order import Product
from app.domain.shared.viewer import Access, Viewer
from app.domain.unit.listing import Listing
from app.domain.unit.stage import DELIVERED, ENDED, ProductStatus
from app.domain.unit.state import State
from app.store.bulk import Update, update_all
from app.store.catalogue import Catalogues
from app.store.database import Database, Document, Transaction
from app.store.extent import FIELDS, Extent, load_brief
from app.store.paging import ALWAYS, Page, TimeRange, newest, newest_first, read_page
from app.store.record import CatalogueReferring
from app.store.visibility import visible_products

STATE = TypeAdapter(State)
LISTING = TypeAdapter(Listing)
LASTING = {field.name: 1 for field in fields(Product) if field.name not in ("code", "state", "listed_as")}
BLANK: Document = {}
HEAD_OF_JOURNAL: Document = {
    "$lookup": {
        "from": "steps",
        "localField": "_id",
        "foreignField": "product",
        "pipeline": [{"$sort": {"sequence": -1}}, {"$limit": 1}, {"$project": {"_id": 0, "sequence": 1}}],
        "as": "head",
    }
}
EVER = datetime(1, 1, 1, tzinfo=UTC)
PARTIES_MAX = 100_000


def _where_known(scope: str, field: str, *more: str) -> IndexModel:
    """Index a scope by a time, for units that have it; so no query for anything else is tempted to use it."""
    keys = [(key, ASCENDING) for key in (scope, field, *more)]
    return IndexModel(keys, partialFilterExpression={field: {"$gt": EVER}})


PACKAGES = "packages"
QUALITY = [
    _where_known("account", "asked_since", "_id"),
    _where_known("line", "nonconforming_since", "_id"),
    _where_known("line", "first_passes.at"),
    _where_known("line", "defects.at"),
    IndexModel([("fitted.lot", ASCENDING), ("_id", ASCENDING)]),
    IndexModel([("fitted.serial", ASCENDING), ("_id", ASCENDING)]),
    IndexModel([("state.packages.$**", ASCENDING)], name=PACKAGES),
]
"""What `app.store.quality` looks for."""


@dataclass(frozen=True)
class Projection:
    """What the list of units knows of one: its state, and what filters and the sweep look for."""

    product: Product
    status: ProductStatus
    due_at: datetime | None
    listing: Listing


class Products(CatalogueReferring[Product]):
    """Units by ID code. Shard key: {_id}. `now`: the clock, in seconds, on which what was read grows old."""

    def __init__(self, database: Database, catalogue: Catalogues, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(database, "products", Product, catalogue, "code")
        self._now = now
        self._parties: dict[str, tuple[float, Access]] = {}  # of units that streams ask about; read when, whose

    def indexes(self) -> list[IndexModel]:
        due = IndexModel([("due_at", ASCENDING)])
        by_status = [
            IndexModel([(scope, ASCENDING), ("status", ASCENDING), ("ordered_at", -1), ("_id", -1)])
            for scope in ("account", "factory", "carrier")
        ]
        places = IndexModel([("line", ASCENDING), ("status", ASCENDING), ("plan.position", ASCENDING)])
        chosen = [("slot", ASCENDING), ("carrier", ASCENDING), ("country", ASCENDING)]
        slots = IndexModel(chosen, partialFilterExpression={"slot": {"$exists": True}})
        lists = newest_first("ordered_at", "account", "factory", "carrier")
        return [*lists, due, *by_status, places, slots, *QUALITY]

    def load(self, document: Document, extent: Extent = Extent.WHOLE) -> Product:
        if extent is not Extent.WHOLE:
            return load_brief(document, extent)
        return super().load({**document, "listed_as": document.get("status")})

    def dump(self, record: Product) -> Document:
        return super().dump(replace(record, listed_as=None))

    async def insert_within(self, transaction: Transaction, projections: Sequence[Projection]) -> None:
        documents = [{**self.dump(p.product), **self.fields(p)["$set"]} for p in projections]
        await self.collection.insert_many(documents, session=transaction)

    async def project(self, projections: Sequence[Projection]) -> None:
        """Write projections, each only where it is newer than what stands there."""
        if projections:
            await update_all(self.collection, [self._newer(projection) for projection in projections])

    async def project_within(self, transaction: Transaction, projections: Sequence[Projection]) -> None:
        """Write projections as part of a transaction, each only where it is newer than what stands there."""
        updates = [UpdateOne(*self._newer(projection)) for projection in projections]
        await self.collection.bulk_write(updates, ordered=False, session=transaction)

    async def find_visible(self, viewer: Viewer | None, codes: Sequence[str]) -> dict[str, Product]:
        """Read those of many units that a viewer may see, with the state of the projection."""
        return await self.find_all(codes, visible_products(viewer))

    def _newer(self, projection: Projection) -> Update:
        state = projection.product.state
        where = {"_id": projection.product.code, "state.sequence": {"$lt": state.sequence}}
        return where, self.fields(projection)

    async def find_reported(self, codes: Collection[str]) -> Mapping[str, Product]:
        """Read units that are reported of; who may see them is still to be judged, by their parties.

        The parties of those that streams ask about are known anew by it.
        """
        began = self._now()
        found = await self.find_all(list(codes))
        for code in found.keys() & self._parties.keys():
            self._parties[code] = began, found[code].access
        return found

    async def sequences(self, codes: Sequence[str]) -> dict[str, int]:
        """Read up to which step the projections of units go."""
        cursor = self.collection.find({"_id": {"$in": list(codes)}}, {"state.sequence": 1})
        return {row["_id"]: row.get("state", {}).get("sequence", 0) for row in await cursor.to_list(None)}

    async def correct(self, projection: Projection, known: int | None) -> None:
        """Write a projection over one that is wrong, only where that still stands at the sequence `known`."""
        where = {"_id": projection.product.code, "state.sequence": known}
        await self.collection.update_one(where, self.fields(projection))

    def fields(self, projection: Projection) -> Document:
        """Write the state and what is filtered by."""
        state = STATE.dump_python(projection.product.state, exclude_defaults=True)
        fields = {"state": state, **self.listed(projection)}
        if fields["slot"] is not None:
            return {"$set": fields}
        del fields["slot"]
        return {"$set": fields, "$unset": {"slot": ""}}

    def listed(self, projection: Projection) -> Document:
        """Write what is filtered by; a slot only while the unit is still to be delivered in it."""
        slot, status = projection.product.state.slot, projection.status
        return {
            "status": status.value,
            "due_at": projection.due_at,
            **LISTING.dump_python(projection.listing),
            "slot": None if slot is None or status in ENDED | DELIVERED else slot.id,
        }

    async def page(
        self,
        visible: Document,
        page: Page,
        statuses: Sequence[ProductStatus] | None = None,
        ordered: TimeRange = ALWAYS,
        extent: Extent = Extent.WHOLE,
    ) -> list[Product]:
        """Read a page of units, the last ordered first."""
        query = {**visible, **ordered.of("ordered_at")}
        if statuses is not None:
            query["status"] = {"$in": [status.value for status in statuses]}
        documents = await read_page(self.collection, query, newest("ordered_at"), page, FIELDS[extent])
        await self.know(documents)
        return [self.load(document, extent) for document in documents]

    async def find_with_head(self, code: str, visible: Document, extent: Extent) -> tuple[Product, int] | None:
        """Find a unit, and in the same command the number of its journal's last step, which is read off an index."""
        stages: list[Document] = [{"$match": {"$and": [{"_id": code}, visible]}}]
        if (shown := FIELDS[extent]) is not None:
            stages.append({"$project": shown})
        found = await self.collection.aggregate([*stages, HEAD_OF_JOURNAL]).to_list(1)
        if not found:
            return None
        await self.know(found)
        (document,) = found
        head = max((step["sequence"] for step in document.pop("head")), default=0)
        return self.load(document, extent), head

    async def find_lasting(self, codes: Sequence[str]) -> dict[str, Product]:
        """Read what many units are for ever, their plan and their status in lists; their states stay blank."""
        cursor = self.collection.find({"_id": {"$in": list(codes)}}, {**LASTING, "status": 1})
        found = await self.load_all([{**row, "state": BLANK} for row in await cursor.to_list(None)])
        return {unit.code: unit for unit in found}

    async def find_access(self, codes: Sequence[str]) -> Mapping[str, Access]:
        """Read the parties of many units: what decides who may see them."""
        began = self._now()
        cursor = self.collection.find({"_id": {"$in": list(codes)}}, {"account": 1, "factory": 1, "carrier": 1})
        found = {row["_id"]: Access(row["account"], row["factory"], row.get("carrier")) async for row in cursor}
        if len(self._parties) + len(found) > PARTIES_MAX:
            self._parties.clear()
        self._parties.update((code, (began, access)) for code, access in found.items())
        return found

    def known_access(self, code: str, seconds: float) -> Access | None:
        """Return the parties of a unit where anybody here has read them within so many seconds."""
        known = self._parties.get(code)
        return known[1] if known and known[0] > self._now() - seconds else None

    async def due(self, now: datetime, limit: int) -> list[Product]:
        """Find units for which the system has something to conclude."""
        cursor = self.collection.find({"due_at": {"$lte": now}}).sort("due_at", 1).limit(limit)
        return await self.load_all(await cursor.to_list(limit))

    async def all(self) -> AsyncIterator[Product]:
        async for document in self.collection.find({}):
            yield (await self.load_all([document]))[0]
