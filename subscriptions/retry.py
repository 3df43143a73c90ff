"""A stream waits for a database that does not answer: it neither ends because of it, nor leaves anything out."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.store.database import UNAVAILABLE

log = logging.getLogger(__name__)
T = TypeVar("T")
RETRY_SECONDS = 0.5


async def retry_forever(work: Callable[[], Awaitable[T]]) -> T:
    """Do what a stream needs of the database, again while it is unavailable, for as long as it takes."""
    while True:
        try:
            return await work()
        except UNAVAILABLE as error:
            log.warning("a stream waits for the database", extra={"error": type(error).__name__})
        await asyncio.sleep(RETRY_SECONDS)
