"""How the program talks to MongoDB: the client, its codec, write concern, indexes and transactions."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, date, time
from decimal import Decimal
from typing import Any, TypeVar

from bson.codec_options import CodecOptions, TypeRegistry
from bson.errors import BSONError
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import IndexModel, WriteConcern
from pymongo.errors import ConnectionFailure, ExecutionTimeout, NotPrimaryError, PyMongoError, WTimeoutError
from pymongo.read_concern import ReadConcern

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]
Transaction = AsyncIOMotorClientSession
Within = Callable[[Transaction], Awaitable[object]]
"""A write as part of a transaction."""
T = TypeVar("T")
BATCH_MAX = 10_000
"""What is read for many at once comes in one answer, of up to 16 MiB: by itself MongoDB begins with 101 documents."""

UNAVAILABLE = (ConnectionFailure, ExecutionTimeout, NotPrimaryError, WTimeoutError)
"""What is raised while the database cannot answer; the same call may go through later."""


DatabaseError = PyMongoError
"""Whatever the driver raises."""
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, AssertionError, OverflowError, BSONError)
"""What reading a damaged document raises, and writing or following what was read."""


def _encode(value: Any) -> str:
    if isinstance(value, Decimal | date | time):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in the database")


CODEC: CodecOptions[Document] = CodecOptions(
    tz_aware=True, tzinfo=UTC, type_registry=TypeRegistry(fallback_encoder=_encode)
)


@dataclass(frozen=True)
class Database:
    """One database of one MongoDB; what is read and acknowledged is known to a majority."""

    client: AsyncIOMotorClient[Document]
    name: str

    @classmethod
    def connect(cls, url: str, name: str) -> "Database":
        client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            appname="zero-distance",
            serverSelectionTimeoutMS=5_000,
            connectTimeoutMS=2_000,
            socketTimeoutMS=20_000,
            retryWrites=True,
        )
        return cls(client, name)

    @property
    def handle(self) -> AsyncIOMotorDatabase[Document]:
        return self.client.get_database(
            self.name,
            codec_options=CODEC,
            write_concern=WriteConcern("majority", j=True),
            read_concern=ReadConcern("majority"),
        )

    def collection(self, name: str) -> Collection:
        return self.handle[name]

    async def ping(self) -> None:
        """Raise one of UNAVAILABLE where the database does not answer."""
        await self.client.admin.command("ping")

    async def build_indexes(self, indexes: Mapping[str, list[IndexModel]]) -> None:
        for name, models in indexes.items():
            if models:
                await self.collection(name).create_indexes(models)

    async def in_transaction(self, work: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        """Run `work` in a transaction, again where another writer was in the way; all of it happens or none."""
        async with await self.client.start_session() as session:
            result: T = await session.with_transaction(work, write_concern=WriteConcern("majority", j=True))
            return result

    async def write_together(self, *writes: Within) -> None:
        """Do several writes in one transaction, in this order: all of them happen or, where one raises, none."""

        async def work(transaction: Transaction) -> None:
            for write in writes:
                await write(transaction)

        await self.in_transaction(work)

    def close(self) -> None:
        self.client.close()
