"""All collections of one database, together."""

from pymongo import IndexModel

from app.store.account import Accounts, Sessions
from app.store.catalogue import CatalogueRecords
from app.store.database import Database
from app.store.design import DesignChanges, Designs, Invitations
from app.store.journal import Entry, OnCommit
from app.store.order import Orders, Quotes
from app.store.plant import Plant
from app.store.presence import Presences
from app.store.product import Products
from app.store.step import Steps


async def _silent(journal: str, key: str, entry: Entry) -> None:
    """Ring no bell: for commands without subscribers."""


class Stores:
    """`on_commit` hears of each journal entry once it is committed: this is where the bell is wired."""

    def __init__(self, database: Database, on_commit: OnCommit = _silent) -> None:
        self.database = database
        self.accounts = Accounts(database)
        self.sessions = Sessions(database)
        self.catalogue = CatalogueRecords(database)
        self.designs = Designs(database)
        self.invitations = Invitations(database)
        self.presences = Presences(database)
        self.design_changes = DesignChanges(database, on_commit)
        self.quotes = Quotes(database)
        self.orders = Orders(database)
        self.products = Products(database)
        self.steps = Steps(database, on_commit)
        self.plant = Plant(database)

    async def build_indexes(self) -> None:
        indexes: dict[str, list[IndexModel]] = {
            collection.name: collection.indexes()
            for collection in (
                self.accounts,
                self.sessions,
                self.designs,
                self.invitations,
                self.presences,
                self.design_changes,
                self.quotes,
                self.orders,
                self.products,
                self.steps,
            )
        }
        await self.database.build_indexes(indexes)
