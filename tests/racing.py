"""Two who act at the same time, now one and now the other a little earlier, and each of them once wholly first."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")
WHOLE = 1_000
LEADS = (-WHOLE, *range(-4, 7), WHOLE)
"""With all of these each of the two is surely first once: no test needs luck for it."""


async def raced(
    one: Awaitable[A], other: Awaitable[B], lead: int, pause: Callable[[], Awaitable[object]]
) -> tuple[A, B]:
    """Let two act at once.

    `lead` is how many pauses (questions to the database, not times) `other` begins earlier than `one`; below zero, how
    many later; and with WHOLE, it is done before the other begins.
    """
    if lead >= WHOLE:
        done = await other
        return await one, done
    if lead <= -WHOLE:
        return await one, await other
    return await asyncio.gather(_after(lead, one, pause), _after(-lead, other, pause))


async def _after(pauses: int, act: Awaitable[A], pause: Callable[[], Awaitable[object]]) -> A:
    for _ in range(pauses):
        await pause()
    return await act
