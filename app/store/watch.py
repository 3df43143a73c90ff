"""The commits of all processes, as the database tells them: one change stream for one process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from pymongo.errors import OperationFailure, PyMongoError

from app.store.database import Database, Document
from app.store.journal import Entry, Journal

log = logging.getLogger(__name__)
BACKOFF_SECONDS_MAX = 5.0


async def watch(
    database: Database, journals: Mapping[str, Journal[Any]], on_state: Callable[[bool], None]
) -> AsyncIterator[tuple[str, str, Entry]]:
    """Yield (journal, key, entry) of each commit, for ever; `on_state` is called with whether the stream is connected.

    A broken stream is resumed by its token after a pause that grows; a token that is too old is dropped, and what was
    missed is found by the position check.
    """
    pipeline: list[Document] = [{"$match": {"operationType": "insert", "ns.coll": {"$in": list(journals)}}}]
    token: Mapping[str, Any] | None = None
    pause = 0.1
    while True:
        try:
            async with database.handle.watch(pipeline, resume_after=token, max_await_time_ms=1_000) as stream:
                on_state(True)
                async for event in stream:
                    pause, token = 0.1, event["_id"]
                    journal = journals[event["ns"]["coll"]]
                    try:
                        entry = journal.load(event["fullDocument"])
                    except ValueError:  # written by a newer process, say: its readers see it, this bell does not
                        log.exception("an entry could not be read", extra={"journal": journal.name})
                        continue
                    yield journal.name, journal.key_of(entry), entry
        except PyMongoError as error:
            on_state(False)
            log.warning("the change stream broke; it is resumed", extra={"error": type(error).__name__})
            if isinstance(error, OperationFailure):
                token = None
        await asyncio.sleep(pause)
        pause = min(pause * 2, BACKOFF_SECONDS_MAX)
