"""How many units a delivery slot has: counted among the units themselves, one chooser at a time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from pymongo import ASCENDING, IndexModel

from app.store.database import Database, Document, Transaction
from app.store.product import Products

FADE_SECONDS = 7 * 24 * 3600


class Slots:
    """`slots` holds one document for each slot that was ever chosen: the lock that its choosers queue at."""

    name = "slots"

    def __init__(self, database: Database, products: Products) -> None:
        self._locks = database.collection(self.name)
        self._products = products.collection

    def indexes(self) -> list[IndexModel]:
        return [IndexModel([("day", ASCENDING)], expireAfterSeconds=FADE_SECONDS)]

    async def taken(self, carrier: str, country: str, slots: Sequence[str]) -> Mapping[str, int]:
        """Count the units that are to be delivered in each of some slots."""
        pipeline: list[Document] = [
            {"$match": {"slot": {"$in": list(slots)}, "carrier": carrier, "country": country}},
            {"$group": {"_id": "$slot", "units": {"$sum": 1}}},
        ]
        return {row["_id"]: row["units"] async for row in self._products.aggregate(pipeline)}

    async def count_locked(self, transaction: Transaction, carrier: str, country: str, slot: str, day: date) -> int:
        """Count a slot's units, and keep everybody else from choosing it until the transaction ends."""
        touched = {"$inc": {"choices": 1}, "$set": {"day": datetime.combine(day, time(), UTC)}}
        place = {"slot": slot, "carrier": carrier, "country": country}
        lock = f"{carrier}.{country}.{slot}"
        await self._locks.update_one({"_id": lock}, touched, upsert=True, session=transaction)
        return await self._products.count_documents(place, session=transaction)
