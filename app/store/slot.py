"""How many units a delivery slot has: counted among the units themselves, one chooser at a time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from pymongo import ASCENDING, IndexModel

from app.store.database import Database, Document, Transaction
from app.store.product import Products

FADE_SECONDS = 7 * 24 * 3600


class CarrierSlot(NamedTuple):
    """A delivery slot of one carrier in one country, by its id."""

    carrier: str
    country: str
    slot: str


class Slots:
    """`slots` holds one document for each slot that was ever chosen: the lock that its choosers queue at."""

    name = "slots"

    def __init__(self, database: Database, products: Products) -> None:
        self._locks = database.collection(self.name)
        self._products = products.collection

    def indexes(self) -> list[IndexModel]:
        return [IndexModel([("day", ASCENDING)], expireAfterSeconds=FADE_SECONDS)]

    async def taken(self, slots: Sequence[CarrierSlot]) -> Mapping[CarrierSlot, int]:
        """Count the units that are to be delivered in each of some slots; those without any are left out."""
        wanted: dict[tuple[str, str], list[str]] = {}
        for carrier, country, slot in slots:
            wanted.setdefault((carrier, country), []).append(slot)
        each = [
            {"slot": {"$in": ids}, "carrier": carrier, "country": country} for (carrier, country), ids in wanted.items()
        ]
        by: Document = {name: f"${name}" for name in CarrierSlot._fields}
        pipeline: list[Document] = [{"$match": {"$or": each}}, {"$group": {"_id": by, "units": {"$sum": 1}}}]
        rows = await self._products.aggregate(pipeline, batchSize=len(slots) + 1).to_list(None)
        return {CarrierSlot(**row["_id"]): row["units"] for row in rows}

    async def count_locked(self, transaction: Transaction, carrier: str, country: str, slot: str, day: date) -> int:
        """Count a slot's units, and keep everybody else from choosing it until the transaction ends."""
        touched = {"$inc": {"choices": 1}, "$set": {"day": datetime.combine(day, time(), UTC)}}
        place = {"slot": slot, "carrier": carrier, "country": country}
        lock = f"{carrier}.{country}.{slot}"
        await self._locks.update_one({"_id": lock}, touched, upsert=True, session=transaction)
        return await self._products.count_documents(place, session=transaction)
