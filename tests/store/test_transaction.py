"""A transaction that nobody will finish does not hold up others for long."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from app.deps import Deps
from app.ops.embedded.mongod import TRANSACTION_SECONDS_MAX
from app.store.database import Transaction
from tests.waiting import WAIT_SECONDS_MAX


@pytest.fixture
async def brief(deps: Deps) -> AsyncIterator[int]:
    """Let mongod give up transactions after one second; yield after how many it otherwise does."""
    admin = deps.stores.database.client.admin
    was = await admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": 1})
    yield was["was"]
    await admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": was["was"]})


async def test_what_a_killed_server_left_locked_is_free_again_within_seconds(deps: Deps, brief: int) -> None:
    assert brief == TRANSACTION_SECONDS_MAX
    database = deps.stores.database
    words = database.collection(f"words_{secrets.token_hex(4)}")
    await words.create_index("word", unique=True)
    async with await database.client.start_session() as session:
        session.start_transaction()
        await words.insert_one({"word": "taken"}, session=session)  # and neither committed nor aborted

        async def write(transaction: Transaction) -> None:
            await words.insert_one({"word": "taken"}, session=transaction)

        await asyncio.wait_for(database.in_transaction(write), WAIT_SECONDS_MAX)
        assert await words.count_documents({}) == 1
