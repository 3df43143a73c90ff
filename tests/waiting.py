"""How long a test waits, and how it waits for what nobody tells it of."""

import asyncio
from collections.abc import Callable
from typing import Any

WAIT_SECONDS_MAX = 120.0
"""For so long a test waits for what must come: it comes at once, unless the machine is busy with something else."""
PATIENT: dict[str, Any] = {"open_timeout": WAIT_SECONDS_MAX, "close_timeout": WAIT_SECONDS_MAX, "ping_interval": None}
"""So patient a client of `websockets` is."""
ASKED_EVERY_SECONDS = 0.01


async def until(holds: Callable[[], bool], seconds: float = WAIT_SECONDS_MAX) -> None:
    """Wait until something holds that has no event, such as the end of another process; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 — that is what this is for
            await asyncio.sleep(ASKED_EVERY_SECONDS)
