"""Who goes when, of those who call at the same time in one process: together, or one after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Generic, TypeVar

MAX_WAIT_SECONDS = 0.05
"""Nobody waits longer for those who are in."""
LINGER_SECONDS = 0.002
"""So long the door stays shut after a turn of several."""
LOCK_SECONDS_MAX = 0.25
"""Nobody waits longer in a queue: a write that hangs holds nobody else up."""
H = TypeVar("H")


class AdmissionGate:
    """Lets in at once who finds nobody in; who finds somebody waits until all are out, and goes in with all who wait.

    This is for calls that have several steps each. Those of one turn then ask the database for the same at the same
    time, which convoys make one call of. After a turn of several the door stays shut for a breath: who was in it may
    be back with the next report, and else whoever is first would go alone and all others after.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._entered = 0
        self._door: asyncio.Event | None = None

    async def __aenter__(self) -> None:
        if self._inside or self._door is not None:
            await self._shut().wait()
        self._inside += 1
        self._entered += 1

    async def __aexit__(self, *_: object) -> None:
        self._inside -= 1
        if self._inside:
            return
        several, self._entered = self._entered > 1, 0
        if several:
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._open, self._shut())
        elif self._door is not None:
            self._open(self._door)

    def _shut(self) -> asyncio.Event:
        """Return the door at which to wait; it opens by itself when those who wait have lost patience."""
        if self._door is None:
            self._door = asyncio.Event()
            asyncio.get_running_loop().call_later(MAX_WAIT_SECONDS, self._open, self._door)
        return self._door

    def _open(self, gate: asyncio.Event) -> None:
        """Let those in who wait at this door, if they are not in yet; who comes later finds another."""
        gate.set()
        if self._door is gate:
            self._door = None


class KeyedLock(Generic[H]):
    """Those who write to one key, one after the other; `head` is what the last of them left, None if it is unknown."""

    def __init__(self) -> None:
        self.head: H | None = None
        self.users = 0
        self.free = asyncio.Lock()


class KeyedLocks(Generic[H]):
    """A queue for each key that is just being written to.

    It decides nothing: whoever loses patience, or writes from another process, may be first. It spares those who
    would be second from finding out by a write in vain.
    """

    def __init__(self) -> None:
        self._queues: dict[str, KeyedLock[H]] = {}

    def __len__(self) -> int:
        return len(self._queues)

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[KeyedLock[H]]:
        """Wait for those who came before."""
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = KeyedLock()
        queue.users += 1
        mine = False
        try:
            if queue.users > 1:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOCK_SECONDS_MAX):
                        mine = await queue.free.acquire()
            else:
                mine = await queue.free.acquire()
            yield queue
        finally:
            if mine:
                queue.free.release()
            queue.users -= 1
            if not queue.users:
                del self._queues[key]
