"""What the processes agree on: the factory clock, and leases."""

from datetime import datetime, timedelta

from pydantic import TypeAdapter
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from app.domain.shared.clock import FactoryClock, to_millisecond
from app.store.database import Database, Document
from app.store.snapshot import Snapshot

CLOCK = TypeAdapter(FactoryClock)


class Plant:
    def __init__(self, database: Database) -> None:
        self._clock = database.collection("clock")
        self._leases = database.collection("leases")

    async def clock(self, wall: datetime, speed: float | None = None) -> FactoryClock:
        """Read the factory clock; with a speed other than its own, change it from now on, without a jump."""
        wall = to_millisecond(wall)
        first: Document = CLOCK.dump_python(FactoryClock(wall, wall, speed or 1.0))
        document = await self._clock.find_one_and_update(
            {"_id": "factory"}, {"$setOnInsert": first}, upsert=True, return_document=ReturnDocument.AFTER
        )
        clock = CLOCK.validate_python({key: value for key, value in document.items() if key != "_id"})
        if speed is None or clock.speed == speed:
            return clock
        changed = clock.continued(wall, speed)
        await self._clock.replace_one({"_id": "factory"}, CLOCK.dump_python(changed))
        return changed

    async def take_lease(self, name: str, holder: str, wall: datetime, seconds: float) -> Document | None:
        """Take or renew a lease; None while somebody else holds it. The document keeps what its holders noted."""
        free = {"_id": name, "$or": [{"expires_at": {"$lte": wall}}, {"holder": holder}]}
        taken = {"$set": {"holder": holder, "expires_at": wall + timedelta(seconds=seconds)}}
        try:
            return await self._leases.find_one_and_update(
                free, taken, upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:
            return None

    async def note_on_lease(self, name: str, holder: str, notes: Document) -> None:
        await self._leases.update_one({"_id": name, "holder": holder}, {"$set": notes})

    async def lease(self, name: str, snapshot: Snapshot) -> Document:
        """Read a lease, whoever holds it, with what its holders noted."""
        return await self._leases.find_one({"_id": name}, session=snapshot.session) or {}
