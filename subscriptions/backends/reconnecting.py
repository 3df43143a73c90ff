"""One connection to a service that may be away: restored for ever, and able to say whether it is connected."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)
PAUSE_SECONDS_MIN = 0.05
PAUSE_SECONDS_MAX = 2.0
CANCEL_SECONDS = 0.1


class ReconnectingTask:
    """Runs `work` again whenever it fails. `work` gets this task, and calls `connected` once all is well."""

    def __init__(
        self,
        name: str,
        work: Callable[["ReconnectingTask"], Awaitable[None]],
        pause_seconds_min: float = PAUSE_SECONDS_MIN,
        pause_seconds_max: float = PAUSE_SECONDS_MAX,
    ) -> None:
        self._name = name
        self._work = work
        self._pause_min, self._pause_max = pause_seconds_min, pause_seconds_max
        self._pause = pause_seconds_min
        self._task: asyncio.Task[None] | None = None
        self.is_connected = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run_forever())

    async def stop(self) -> None:
        """End it, asking until it does: on Python 3.11 `asyncio.wait_for`, in a driver, may swallow a cancellation."""
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=CANCEL_SECONDS)
        self.is_connected = False

    def connected(self) -> None:
        if not self.is_connected:
            self.is_connected, self._pause = True, self._pause_min
            log.info("a connection of the bell is up", extra={"connection": self._name})

    async def _run_forever(self) -> None:
        """Keep it connected until cancelled. Jitter keeps many processes from coming back in one moment."""
        broken = False
        while True:
            try:
                await self._work(self)
            except Exception as error:
                if self.is_connected or not broken:
                    fields = {"connection": self._name, "error": repr(error)}
                    log.warning("a connection of the bell broke; it is restored", extra=fields)
                broken, self.is_connected = True, False
            await asyncio.sleep(self._pause * random.uniform(0.5, 1))
            self._pause = min(self._pause * 2, self._pause_max)
