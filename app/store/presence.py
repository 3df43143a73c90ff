"""Who is looking at a design just now: marks that fade by themselves. Best effort, and never part of a journal."""

from collections.abc import Set
from datetime import datetime, timedelta

from pymongo import ASCENDING, DeleteOne, IndexModel, ReplaceOne

from app.store.database import Database, Document

FADE_SECONDS = 12


class Presences:
    name = "presences"

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(self.name)

    def indexes(self) -> list[IndexModel]:
        fading = IndexModel([("seen_at", ASCENDING)], expireAfterSeconds=60)
        return [fading, IndexModel([("design", ASCENDING), ("seen_at", ASCENDING)])]

    async def mark(self, design: str, process: str, here: Set[str], gone: Set[str], wall: datetime) -> None:
        """Say who is there now by way of one process, and who no longer is."""
        writes: list[ReplaceOne[Document] | DeleteOne] = [
            ReplaceOne(
                {"_id": f"{design}.{account}.{process}"},
                {"design": design, "account": account, "seen_at": wall},
                upsert=True,
            )
            for account in here
        ]
        writes += [DeleteOne({"_id": f"{design}.{account}.{process}"}) for account in gone]
        await self._collection.bulk_write(writes, ordered=False)

    async def present(self, design: str, wall: datetime) -> list[str]:
        """Name the accounts that were there within the last seconds."""
        recently = {"design": design, "seen_at": {"$gt": wall - timedelta(seconds=FADE_SECONDS)}}
        return list({mark["account"] async for mark in self._collection.find(recently, {"account": 1})})
