"""All collections of one database, together."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from pymongo import IndexModel

from app.store.account import Accounts, Sessions
from app.store.anchor import Anchors
from app.store.catalogue import Catalogues
from app.store.database import Database
from app.store.design import DesignChanges, Designs, Invitations
from app.store.journal import Entry, Journal, OnCommit
from app.store.line_plan import LineStates, PlanChanges
from app.store.order import Orders, Quotes
from app.store.outbox import Outbox
from app.store.performance import PerformanceReports
from app.store.place import Places
from app.store.plant import Plant
from app.store.presence import Presences
from app.store.product import Products
from app.store.quality import Quality
from app.store.slot import Slots
from app.store.step import Steps
from app.store.usage import Usage


async def _silent(journal: str, key: str, entry: Entry) -> None:
    """Ring no bell: for commands without subscribers."""


class Stores:
    """All stores of one process.

    `on_commit` hears of each journal entry once it is committed: this is where the bell is wired. `now` is the clock on
    which what a store keeps in memory grows old, in seconds.
    """

    def __init__(
        self, database: Database, on_commit: OnCommit = _silent, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.database = database
        self.accounts = Accounts(database)
        self.sessions = Sessions(database)
        self.catalogue = Catalogues(database)
        self.designs = Designs(database, self.catalogue)
        self.invitations = Invitations(database)
        self.presences = Presences(database)
        self.design_changes = DesignChanges(database, on_commit, self.catalogue)
        self.quotes = Quotes(database, self.catalogue)
        self.orders = Orders(database)
        self.products = Products(database, self.catalogue, now)
        self.places = Places(self.products)
        self.lines = LineStates(database)
        self.plan_changes = PlanChanges(database, on_commit)
        self.quality = Quality(self.products)
        self.steps = Steps(database, on_commit)
        self.anchors = Anchors(database, _silent)
        self.performance_reports = PerformanceReports(database)
        self.outbox = Outbox(database)
        self.slots = Slots(database, self.products)
        self.plant = Plant(database)
        self.usage = Usage(self.designs, self.quotes, self.products)

    @property
    def journals(self) -> Mapping[str, Journal[Any]]:
        """All journals, by the name of their collection."""
        return {store.name: store for store in vars(self).values() if isinstance(store, Journal)}

    async def build_indexes(self) -> None:
        indexes: dict[str, list[IndexModel]] = {
            collection.name: collection.indexes()
            for collection in (
                self.accounts,
                self.catalogue,
                self.sessions,
                self.designs,
                self.invitations,
                self.presences,
                self.design_changes,
                self.quotes,
                self.orders,
                self.products,
                self.plan_changes,
                self.steps,
                self.anchors,
                self.performance_reports,
                self.outbox,
                self.slots,
            )
        }
        await self.database.build_indexes(indexes)
