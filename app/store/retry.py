"""How work is repeated while the database does not answer, and how background work goes on until it is stopped."""

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
Pause = Callable[[float], Awaitable[object]]
"""How some seconds are waited for: `asyncio.sleep`, or what ends earlier."""


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


async def run_forever(name: str, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Do background work again and again, some seconds after it was done last, until this is cancelled.

    A database that does not answer is waited for, and nothing that goes wrong ends the work. A failure that repeats
    itself is logged once; `name` says what failed: "the sweep".
    """
    await run_while(lambda: True, name, seconds, work)


async def run_while(
    going: Callable[[], bool],
    name: str,
    seconds: float,
    work: Callable[[], Awaitable[object]],
    pause: Pause = asyncio.sleep,
) -> None:
    """Do the same for as long as `going` says so; `pause` waits from one time to the next."""
    last: type[Exception] | None = None
    while going():
        try:
            await work()
            last = None
        except Exception as error:
            if type(error) is not last:
                log_failure(name, error)
            last = type(error)
        await pause(seconds)


async def apart(what_fails: str, work: Awaitable[object], **known: object) -> None:
    """Do one of several pieces of work; what goes wrong with it is logged, and must not hold up the others.

    Raises what says that the database does not answer: that holds up all of them.
    """
    try:
        await work
    except UNAVAILABLE:
        raise
    except Exception:
        log.exception(what_fails, extra=known)


def log_failure(name: str, error: Exception) -> None:
    """Log what background work could not do: a database that does not answer in one line, anything else as a bug."""
    if isinstance(error, UNAVAILABLE):
        log.warning("%s waits for the database", name, extra={"error": type(error).__name__})
    else:
        log.error("%s failed; it goes on", name, exc_info=error)
