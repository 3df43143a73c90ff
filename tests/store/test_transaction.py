"""A transaction that nobody will finish does not hold up others for long."""

import asyncio
import secrets

from app.deps import Deps
from app.store.database import Transaction


async def test_what_a_killed_server_left_locked_is_free_again_within_seconds(deps: Deps) -> None:
    database = deps.stores.database
    words = database.collection(f"words_{secrets.token_hex(4)}")
    await words.create_index("word", unique=True)
    async with await database.client.start_session() as session:
        session.start_transaction()
        await words.insert_one({"word": "taken"}, session=session)  # and neither committed nor aborted

        async def write(transaction: Transaction) -> None:
            await words.insert_one({"word": "taken"}, session=transaction)

        await asyncio.wait_for(database.in_transaction(write), 20)
        assert await words.count_documents({}) == 1
