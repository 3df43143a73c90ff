"""Accounts and their sessions: a session is one family of refresh tokens."""

from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from app.domain.shared.viewer import AccountKind
from app.store.database import Database
from app.store.record import Records


@dataclass(frozen=True)
class Account:
    """A person or a machine. `email` is stored lower-cased and unique; machines have none."""

    id: str
    kind: AccountKind
    name: str
    created_at: datetime
    email: str | None = None
    locale: str | None = None
    password_hash: str | None = None
    factory: str | None = None
    carrier: str | None = None


@dataclass(frozen=True)
class Family:
    """One session: the hash of its current refresh token, and of the one before with the time of the change."""

    id: str
    account: str
    current_hash: str
    started_at: datetime
    used_at: datetime
    previous_hash: str | None = None
    revoked_at: datetime | None = None


class EmailTaken(Exception):
    """Another account has this address."""


class Accounts(Records[Account]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "accounts", Account)

    def indexes(self) -> list[IndexModel]:
        return [IndexModel([("email", ASCENDING)], unique=True, sparse=True)]

    async def insert(self, account: Account) -> None:
        try:
            await self.collection.insert_one(self.dump(account))
        except DuplicateKeyError as error:
            raise EmailTaken from error

    async def keep(self, account: Account) -> None:
        """Write a machine's account, once."""
        document = self.dump(account)
        await self.collection.update_one({"_id": document.pop("_id")}, {"$setOnInsert": document}, upsert=True)

    async def find_by_email(self, email: str) -> Account | None:
        document = await self.collection.find_one({"email": email})
        return self.load(document) if document else None


class Sessions(Records[Family]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "sessions", Family)

    def indexes(self) -> list[IndexModel]:
        return [IndexModel([("account", ASCENDING)]), IndexModel([("revoked_at", ASCENDING)], sparse=True)]

    async def insert(self, family: Family) -> None:
        await self.collection.insert_one(self.dump(family))

    async def rotate(self, family: str, current_hash: str, next_hash: str, wall: datetime) -> bool:
        """Replace the current token, if it still is the current one; tell whether it was."""
        result = await self.collection.update_one(
            {"_id": family, "current_hash": current_hash, "revoked_at": None},
            {"$set": {"current_hash": next_hash, "previous_hash": current_hash, "used_at": wall}},
        )
        return result.modified_count == 1

    async def revoke(self, family: str, wall: datetime) -> None:
        await self.collection.update_one({"_id": family, "revoked_at": None}, {"$set": {"revoked_at": wall}})

    async def revoked_since(self, wall: datetime) -> set[str]:
        """Find the families revoked after a wall time."""
        return {row["_id"] async for row in self.collection.find({"revoked_at": {"$gt": wall}}, {"_id": 1})}
