"""How work on the database is repeated while the database does not answer."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.store.database import UNAVAILABLE

log = logging.getLogger(__name__)
T = TypeVar("T")
PAUSE_SECONDS = 0.5
START_SECONDS_MAX = 30.0


async def retry_forever(work: Callable[[], Awaitable[T]]) -> T:
    """Do what a stream needs of the database, again while it is unavailable, however long that takes.

    A stream that waits neither ends because of it nor leaves anything out.
    """
    return await _retry(work, "a stream waits for the database", float("inf"))


async def retry_until(work: Callable[[], Awaitable[T]], seconds_max: float = START_SECONDS_MAX) -> T:
    """Do what a start needs of the database, again while it is unavailable; after `seconds_max` that is raised."""
    return await _retry(work, "the start waits for the database", time.monotonic() + seconds_max)


async def _retry(work: Callable[[], Awaitable[T]], what_waits: str, give_up_at: float) -> T:
    while True:
        try:
            return await work()
        except UNAVAILABLE as error:
            if time.monotonic() >= give_up_at:
                raise
            log.warning(what_waits, extra={"error": type(error).__name__})
        await asyncio.sleep(PAUSE_SECONDS)
