"""Who is looking at a design just now: marks that fade by themselves. Best effort, and never part of a journal."""

from datetime import datetime, timedelta

from pymongo import ASCENDING, IndexModel

from app.store.database import Database

FADE_SECONDS = 12


class Presences:
    name = "presences"

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(self.name)

    def indexes(self) -> list[IndexModel]:
        fading = IndexModel([("seen_at", ASCENDING)], expireAfterSeconds=60)
        return [fading, IndexModel([("design", ASCENDING), ("seen_at", ASCENDING)])]

    async def mark(self, design: str, account: str, wall: datetime) -> None:
        """Say that somebody is there now."""
        mark = {"design": design, "account": account, "seen_at": wall}
        await self._collection.replace_one({"_id": f"{design}.{account}"}, mark, upsert=True)

    async def unmark(self, design: str, account: str) -> None:
        await self._collection.delete_one({"_id": f"{design}.{account}"})

    async def present(self, design: str, wall: datetime) -> list[str]:
        """Name the accounts that were there within the last seconds, in a fixed order."""
        recently = {"design": design, "seen_at": {"$gt": wall - timedelta(seconds=FADE_SECONDS)}}
        return sorted([mark["account"] async for mark in self._collection.find(recently, {"account": 1})])
