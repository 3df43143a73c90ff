"""Orders and quotes. An order and its units are written in one transaction or not at all."""

from collections.abc import Mapping, Sequence

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from app.domain.order.order import Order, OrderStatus, Quote, followed, order_status
from app.domain.shared.viewer import Viewer
from app.domain.unit.stage import ProductStatus
from app.store.catalogue import Catalogues
from app.store.database import Database, Document, Transaction
from app.store.journal import Overtaken
from app.store.paging import ALWAYS, Page, TimeRange, newest, newest_first, read_page
from app.store.record import CatalogueReferring, Records
from app.store.visibility import visible_orders


class OrderExists(Overtaken):
    """An order with this account and idempotency key, or with this number, is there already."""


class OrderChanged(Overtaken):
    """The order has got another unit since it was read."""


class Orders(Records[Order]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "orders", Order)

    def indexes(self) -> list[IndexModel]:
        key = [("account", ASCENDING), ("idempotency_key", ASCENDING)]
        number = IndexModel([("number", ASCENDING)], unique=True)
        newest = [("placed_at", DESCENDING), ("_id", DESCENDING)]
        by_status = [
            IndexModel([(scope, ASCENDING), ("status", ASCENDING), *newest]) for scope in ("account", "factory")
        ]
        by_reference = IndexModel([("account", ASCENDING), ("customer_reference", ASCENDING), *newest])
        return [
            IndexModel(key, unique=True, name="key"),
            number,
            *newest_first("placed_at", "account", "factory"),
            *by_status,
            IndexModel([("status", ASCENDING), *newest]),
            by_reference,
            IndexModel([("customer_reference", ASCENDING), *newest]),
        ]

    async def insert_within(self, transaction: Transaction, order: Order) -> None:
        document = {**self.dump(order), "statuses": {}, "status": OrderStatus.PLACED.value}
        try:
            await self.collection.insert_one(document, session=transaction)
        except DuplicateKeyError as error:
            raise OrderExists from error

    async def find_by_key(self, account: str, idempotency_key: str) -> Order | None:
        document = await self.collection.find_one({"account": account, "idempotency_key": idempotency_key})
        return self.load(document) if document else None

    async def find_visible(self, viewer: Viewer | None, ids: Sequence[str]) -> dict[str, Order]:
        """Read those of many orders that a viewer may see."""
        return await self.find_all(ids, visible_orders(viewer))

    async def page(
        self,
        visible: Document,
        page: Page,
        statuses: Sequence[OrderStatus] | None = None,
        placed: TimeRange = ALWAYS,
        customer_reference: str | None = None,
    ) -> list[Order]:
        """Read a page of orders, the last placed first."""
        query = {**visible, **placed.of("placed_at")}
        if statuses is not None:
            query["status"] = {"$in": [status.value for status in statuses]}
        if customer_reference is not None:
            query["customer_reference"] = customer_reference
        documents = await read_page(self.collection, query, newest("placed_at"), page)
        return [self.load(document) for document in documents]

    async def set_within(self, transaction: Transaction, order: Order, fields: Sequence[str]) -> None:
        """Write some fields of an order; raises OrderChanged where it has other units than when it was read."""
        dumped = self.dump(order)
        read = {"_id": order.id, "products": list(order.products)}
        result = await self.collection.update_one(
            read, {"$set": {name: dumped.get(name) for name in fields}}, session=transaction
        )
        if result.matched_count == 0:
            raise OrderChanged

    async def add_unit_within(self, transaction: Transaction, order_id: str, code: str) -> None:
        """Add a unit, a replacement, at the end of an order's units."""
        document = await self.collection.find_one({"_id": order_id}, session=transaction)
        assert document is not None, "an order is never deleted"
        products = [*document["products"], code]
        status = _status(products, document["statuses"])
        await self.collection.update_one(
            {"_id": order_id}, {"$set": {"products": products, "status": status}}, session=transaction
        )

    async def follow(self, order_id: str, found: Mapping[str, ProductStatus]) -> None:
        """Let an order's listed status follow its units; what another process noted meanwhile stays."""
        while True:
            document = await self.collection.find_one({"_id": order_id}, {"products": 1, "statuses": 1})
            if document is None:
                return
            read = {key: document[key] for key in ("_id", "products", "statuses")}
            known = {code: ProductStatus(status) for code, status in read["statuses"].items()}
            statuses = {code: status.value for code, status in followed(known, found).items()}
            if statuses == read["statuses"]:
                return
            status = _status(document["products"], statuses)
            result = await self.collection.update_one(read, {"$set": {"statuses": statuses, "status": status}})
            if result.matched_count == 1:
                return


def _status(products: Sequence[str], statuses: Mapping[str, str]) -> str:
    units = [ProductStatus(statuses.get(code, ProductStatus.ORDERED)) for code in products]
    return order_status(units).value


class Quotes(CatalogueReferring[Quote]):
    def __init__(self, database: Database, catalogue: Catalogues) -> None:
        super().__init__(database, "quotes", Quote, catalogue)

    def indexes(self) -> list[IndexModel]:
        return []

    async def insert(self, quote: Quote) -> None:
        await self.collection.insert_one(self.dump(quote))
