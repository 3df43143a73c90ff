"""Units: who they are, and a projection of their journal for lists and filters."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING, IndexModel, UpdateOne

from app.domain.order import Product
from app.domain.status import ProductStatus
from app.domain.viewer import Access
from app.store.database import Database, Document, Transaction
from app.store.page import Place, newest_first, page_newest
from app.store.record import Records


@dataclass(frozen=True)
class Projection:
    """What the list of units knows of one: its state, and what filters and the sweep look for."""

    product: Product
    status: ProductStatus
    due_at: datetime | None


class Products(Records[Product]):
    """Units by ID code. Shard key: {_id}."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "products", Product, "code")

    def indexes(self) -> list[IndexModel]:
        due = IndexModel([("due_at", ASCENDING)])
        working = IndexModel([("factory", ASCENDING), ("status", ASCENDING), ("ordered_at", -1), ("_id", -1)])
        carried = IndexModel([("carrier", ASCENDING), ("status", ASCENDING), ("ordered_at", -1), ("_id", -1)])
        return [*newest_first("ordered_at", "account", "factory", "carrier"), due, working, carried]

    async def insert_within(self, transaction: Transaction, projections: Sequence[Projection]) -> None:
        documents = [{**self.dump(p.product), **self._fields(p)} for p in projections]
        await self.collection.insert_many(documents, session=transaction)

    async def project(self, projections: Sequence[Projection]) -> None:
        """Write projections, each only where it is newer than what stands there."""
        if projections:
            updates = [
                UpdateOne(
                    {"_id": p.product.code, "state.sequence": {"$lt": p.product.state.sequence}},
                    {"$set": {"state": self.dump(p.product)["state"], **self._fields(p)}},
                )
                for p in projections
            ]
            await self.collection.bulk_write(updates, ordered=False)

    @staticmethod
    def _fields(projection: Projection) -> Document:
        return {"status": projection.status.value, "due_at": projection.due_at}

    async def page(
        self, visible: Document, statuses: Sequence[ProductStatus] | None, after: Place | None, limit: int
    ) -> list[Product]:
        query = visible if statuses is None else {**visible, "status": {"$in": [status.value for status in statuses]}}
        return [
            self.load(document) for document in await page_newest(self.collection, query, "ordered_at", after, limit)
        ]

    async def find_access(self, codes: Sequence[str]) -> Mapping[str, Access]:
        """Read the parties of many units: what decides who may see them."""
        cursor = self.collection.find({"_id": {"$in": list(codes)}}, {"account": 1, "factory": 1, "carrier": 1})
        return {row["_id"]: Access(row["account"], row["factory"], row.get("carrier")) async for row in cursor}

    async def due(self, now: datetime, limit: int) -> list[Product]:
        """Find units for which the system has something to conclude."""
        cursor = self.collection.find({"due_at": {"$lte": now}}).sort("due_at", 1).limit(limit)
        return [self.load(document) for document in await cursor.to_list(limit)]

    async def all(self) -> AsyncIterator[Product]:
        async for document in self.collection.find({}):
            yield self.load(document)
