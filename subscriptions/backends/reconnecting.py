"""One way to or from a service that may be away: restored for ever, and able to say whether it stands."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)
PAUSE_SECONDS_MIN = 0.05
PAUSE_SECONDS_MAX = 2.0
CANCEL_SECONDS = 0.1


class ReconnectingTask:
    """Runs `work` again whenever it fails. `work` gets the wire, and calls `stands` when it sees that all is well."""

    def __init__(self, name: str, work: Callable[["ReconnectingTask"], Awaitable[None]]) -> None:
        self._name = name
        self._work = work
        self._pause = PAUSE_SECONDS_MIN
        self._task: asyncio.Task[None] | None = None
        self.standing = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End it, asking until it does: on Python 3.11 `asyncio.wait_for`, in a driver, may swallow a cancellation."""
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=CANCEL_SECONDS)
        self.standing = False

    def stands(self) -> None:
        if not self.standing:
            self.standing, self._pause = True, PAUSE_SECONDS_MIN
            log.info("a wire of the bell stands", extra={"wire": self._name})

    async def _keep(self) -> None:
        """Keep it standing until cancelled. Jitter keeps many processes from coming back in one moment."""
        broken = False
        while True:
            try:
                await self._work(self)
            except Exception as error:
                if self.standing or not broken:
                    log.warning(
                        "a wire of the bell broke; it is restored", extra={"wire": self._name, "error": repr(error)}
                    )
                broken, self.standing = True, False
            await asyncio.sleep(self._pause * random.uniform(0.5, 1))
            self._pause = min(self._pause * 2, PAUSE_SECONDS_MAX)
