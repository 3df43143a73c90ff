"""Orders and quotes. An order and its units are written in one transaction or not at all."""

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from app.domain.order import Order, Quote
from app.store.database import Database, Document, Transaction
from app.store.page import Place, newest_first, page_newest
from app.store.record import Records


class OrderExists(Exception):
    """An order with this account and idempotency key is there already."""


class Orders(Records[Order]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "orders", Order)

    def indexes(self) -> list[IndexModel]:
        key = [("account", ASCENDING), ("idempotency_key", ASCENDING)]
        number = IndexModel([("number", ASCENDING)], unique=True)
        return [IndexModel(key, unique=True, name="key"), number, *newest_first("placed_at", "account", "factory")]

    async def insert_within(self, transaction: Transaction, order: Order) -> None:
        try:
            await self.collection.insert_one(self.dump(order), session=transaction)
        except DuplicateKeyError as error:
            raise OrderExists from error

    async def find_by_key(self, account: str, idempotency_key: str) -> Order | None:
        document = await self.collection.find_one({"account": account, "idempotency_key": idempotency_key})
        return self.load(document) if document else None

    async def page(self, visible: Document, after: Place | None, limit: int) -> list[Order]:
        documents = await page_newest(self.collection, visible, "placed_at", after, limit)
        return [self.load(document) for document in documents]


class Quotes(Records[Quote]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "quotes", Quote)

    def indexes(self) -> list[IndexModel]:
        return []

    def load(self, document: Document) -> Quote:
        """Read a quote; lines from before there were deliveries and taxes do not say what kind they are."""
        for line in document["lines"]:
            line.setdefault("kind", "MODEL" if line["option"] is None else "OPTION")
        return super().load(document)

    async def insert(self, quote: Quote) -> None:
        await self.collection.insert_one(self.dump(quote))
