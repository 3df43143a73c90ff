"""The bell: tells every process that a journal has grown. It may be late, doubled or lost, and nothing breaks.

Built on broadcaster with a fixed number of shard channels, each entered once at start (two first subscribers of one
channel at once would lose one of them), and with its listeners supervised here.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from broadcaster import Broadcast, BroadcastBackend, Event

from app.store.journal import Entry

log = logging.getLogger(__name__)
SHARDS = 16
RESTART_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ring:
    """ "The journal of `key` has reached `sequence`", with the entry itself where it is at hand."""

    journal: str
    key: str
    sequence: int
    entry: Entry | None


Listener = Callable[[Ring], None]
Commits = Callable[[Callable[[bool], None]], AsyncIterator[tuple[str, str, Entry]]]


def shard(key: str) -> str:
    return f"zero-distance.{crc32(key.encode()) % SHARDS}"


class ChangeStreamBackend(BroadcastBackend):
    """A broadcaster backend in which the database itself publishes: rings come from its change stream."""

    def __init__(self) -> None:
        self.commits: Commits | None = None
        self.standing = False

    async def connect(self) -> None:
        assert self.commits is not None, "given when the bell starts"
        self._stream = self.commits(self._told)

    async def disconnect(self) -> None:
        self.standing = False

    async def subscribe(self, group: str) -> None:
        """Every channel is heard: the stream carries them all."""

    async def unsubscribe(self, group: str) -> None:
        """Nothing to leave."""

    async def publish(self, channel: str, message: Any) -> None:
        """The commit has told the database already."""

    async def next_published(self) -> Event:
        journal, key, entry = await anext(self._stream)
        return Event(shard(key), Ring(journal, key, entry.sequence, entry))  # type: ignore[arg-type]

    def _told(self, standing: bool) -> None:
        self.standing = standing


class Bell:
    """Rings for all listeners of this process. Listeners are plain functions and must not raise."""

    def __init__(self, url: str) -> None:
        self._backend = ChangeStreamBackend() if url == "mongodb://" else None
        self._broadcast = Broadcast(backend=self._backend) if self._backend else Broadcast("memory://")
        self._listeners: list[Listener] = []
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def degraded(self) -> bool:
        """Whether rings may be missing just now: steps then arrive by the position check."""
        broken = self._backend is not None and not self._backend.standing
        return broken or any(task.done() for task in self._tasks)

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def start(self, commits: Commits) -> None:
        """Enter all shards. `commits` tells what all processes commit, for the bell that needs no other ringer."""
        if self._backend is not None:
            self._backend.commits = commits
        await self._broadcast.connect()
        entered = [asyncio.Event() for _ in range(SHARDS)]
        for number, event in enumerate(entered):
            self._tasks.append(asyncio.create_task(self._hear(f"zero-distance.{number}", event)))
        await asyncio.gather(*(event.wait() for event in entered))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._broadcast.disconnect()

    async def ring(self, journal: str, key: str, entry: Entry) -> None:
        """Tell everybody; called after the commit, so nothing that goes wrong here may reach the writer."""
        try:
            await self._broadcast.publish(shard(key), Ring(journal, key, entry.sequence, entry))
        except Exception:
            log.exception("the bell could not ring")

    async def _hear(self, channel: str, entered: asyncio.Event) -> None:
        """Hear one shard for as long as the process lives; a listener that broke is entered again."""
        while True:
            try:
                async with self._broadcast.subscribe(channel) as subscriber:
                    entered.set()
                    while True:
                        self._tell((await subscriber.get()).message)  # type: ignore[arg-type]
            except Exception:
                log.exception("the bell lost a shard; it is entered again", extra={"channel": channel})
                await asyncio.sleep(RESTART_SECONDS)

    def _tell(self, ring: Ring) -> None:
        for listener in self._listeners:
            listener(ring)
