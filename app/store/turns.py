"""Turns of calls that have several steps each: those who came while others were in go in together."""

import asyncio

PATIENCE_SECONDS = 0.05
"""Nobody waits longer for those who are in."""


class Turns:
    """Lets in at once who finds nobody in; who finds somebody waits until all are out, and goes in with all who wait.

    Those of one turn then ask the database for the same at the same time, which convoys make one call of.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._door: asyncio.Event | None = None

    async def __aenter__(self) -> None:
        if self._inside:
            if self._door is None:
                self._door = asyncio.Event()
                asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._open, self._door)
            await self._door.wait()
        self._inside += 1

    async def __aexit__(self, *_: object) -> None:
        self._inside -= 1
        if not self._inside and self._door is not None:
            self._open(self._door)

    def _open(self, door: asyncio.Event) -> None:
        """Let those in who wait at this door, if they are not in yet; who comes later finds another."""
        door.set()
        if self._door is door:
            self._door = None
