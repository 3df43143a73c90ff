"""Mails to be sent: at most one for each cause, kept until it is sent or given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pymongo import ASCENDING, IndexModel, ReturnDocument

from app.store.database import Database
from app.store.record import Records

KEPT = timedelta(days=90)


class MailStatus(StrEnum):
    WAITING = "WAITING"
    SENT = "SENT"
    MOOT = "MOOT"
    UNDELIVERABLE = "UNDELIVERABLE"
    DEAD = "DEAD"


@dataclass(frozen=True)
class Mail:
    """The mail about one step, whose id is CODE.sequence, or about an invitation. Text and address are found when it is
    sent.
    """

    id: str
    account: str = ""
    product: str = ""
    sequence: int = 0
    status: MailStatus = MailStatus.WAITING
    attempts: int = 0
    invitation: str | None = None


class Outbox(Records[Mail]):
    """Mails by cause. Shard key: {_id}. `due_at`: when to try next, on the wall clock; gone once it is done."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "outbox", Mail)

    def indexes(self) -> list[IndexModel]:
        fading = IndexModel([("done_at", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds()), sparse=True)
        return [IndexModel([("due_at", ASCENDING)], sparse=True), fading]

    async def add(self, mail: Mail, wall: datetime) -> None:
        """Add a mail that is not there yet, whoever adds it how often."""
        document = {**self.dump(mail), "status": mail.status.value, "due_at": wall}
        await self.collection.update_one({"_id": document.pop("_id")}, {"$setOnInsert": document}, upsert=True)

    async def claim(self, wall: datetime, seconds: float) -> Mail | None:
        """Take the mail that is due longest; unless it is settled, it is due again after some seconds."""
        document = await self.collection.find_one_and_update(
            {"due_at": {"$lte": wall}},
            {"$set": {"due_at": wall + timedelta(seconds=seconds)}, "$inc": {"attempts": 1}},
            sort=[("due_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return self.load(document) if document else None

    async def retry(self, mail: Mail, due_at: datetime) -> None:
        await self.collection.update_one({"_id": mail.id, "attempts": mail.attempts}, {"$set": {"due_at": due_at}})

    async def settle(self, mail: Mail, status: MailStatus, wall: datetime) -> None:
        """Be done with a mail, one way or the other."""
        done = {"$set": {"status": status.value, "done_at": wall}, "$unset": {"due_at": ""}}
        await self.collection.update_one({"_id": mail.id}, done)
