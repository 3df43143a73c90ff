"""The bell: notifies every process that a journal has grown. It may be late, doubled or lost, and nothing breaks.

Built on broadcaster with a fixed number of shard channels, each entered once at start (two first subscribers of one
channel at once would lose one of them), and with its listener supervised here.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from broadcaster import Broadcast

from app.store.journal import Entry, Journal
from subscriptions.backends.change_stream import ChangeStreamBackend, Commits
from subscriptions.backends.redis import RedisBackend
from subscriptions.notification import CHANNELS, Notification, shard

log = logging.getLogger(__name__)
RESTART_SECONDS = 1.0
Listener = Callable[[Notification], None]


class Bell:
    """Notifies all listeners of this process. Listeners are plain functions and must not raise.

    `name` is the installation's, whose bells are one. `restart_seconds`: the pause before what broke is restarted.
    """

    def __init__(self, url: str, name: str, restart_seconds: float = RESTART_SECONDS) -> None:
        self._url = url
        self._name = name
        self._restart_seconds = restart_seconds
        self._backend: ChangeStreamBackend | RedisBackend | None = None
        self._broadcast: Broadcast | None = None
        self._listeners: list[Listener] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._listener_is_down = False

    @property
    def degraded(self) -> bool:
        """Whether notifications may be missing just now: steps then arrive by the position check."""
        broken = self._backend is not None and not self._backend.connected
        return broken or self._listener_is_down or any(task.done() for task in self._tasks)

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def start(self, commits: Commits, journals: Mapping[str, Journal[Any]]) -> None:
        """Subscribe to all shards. `commits` yields what all processes commit, for a bell that nobody has to ring."""
        if self._url == "mongodb://":
            self._backend = ChangeStreamBackend(commits, self._restart_seconds)
        elif self._url.startswith("redis"):
            self._backend = RedisBackend(self._url, self._name, journals)
        self._broadcast = Broadcast(backend=self._backend) if self._backend else Broadcast("memory://")
        await self._broadcast.connect()
        entered = [asyncio.Event() for _ in CHANNELS]
        for channel, event in zip(CHANNELS, entered, strict=True):
            self._tasks.append(asyncio.create_task(self._follow(self._broadcast, channel, event)))
        await asyncio.gather(*(event.wait() for event in entered))
        self._tasks.append(asyncio.create_task(self._supervise(self._broadcast)))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._broadcast is not None:
            await self._broadcast.disconnect()

    async def ring(self, journal: str, key: str, entry: Entry) -> None:
        """Notify everybody; called after the commit, so nothing that goes wrong here may reach the writer."""
        try:
            assert self._broadcast is not None, "commits come after the start"
            await self._broadcast.publish(shard(key), Notification(journal, key, entry.sequence, entry))
        except Exception:
            log.exception("the bell could not ring")

    async def _follow(self, broadcast: Broadcast, channel: str, entered: asyncio.Event) -> None:
        """Follow one shard for as long as the process lives; a subscription that broke is made again."""
        while True:
            try:
                async with broadcast.subscribe(channel) as subscriber:
                    entered.set()
                    while True:
                        self._notify((await subscriber.get()).message)  # type: ignore[arg-type]
            except Exception:
                log.exception("the bell lost a shard; it is subscribed to again", extra={"channel": channel})
                await asyncio.sleep(self._restart_seconds)

    async def _supervise(self, broadcast: Broadcast) -> None:
        """Start broadcaster's own listener again when it has died: it dies without a sign."""
        while True:
            listening = broadcast._listener_task
            await asyncio.wait([listening])
            self._listener_is_down = True
            error = None if listening.cancelled() else listening.exception()
            log.error("the bell's listener has died; it is started again", exc_info=error)
            await asyncio.sleep(self._restart_seconds)
            broadcast._listener_task = asyncio.create_task(broadcast._listener())
            self._listener_is_down = False

    def _notify(self, notification: Notification) -> None:
        for listener in self._listeners:
            listener(notification)
