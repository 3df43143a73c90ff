"""A broadcaster backend in which the database itself publishes: notifications come from its change stream."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from broadcaster import BroadcastBackend, Event

from app.store.journal import Entry
from subscriptions.notification import Notification, shard

log = logging.getLogger(__name__)
Commits = Callable[[Callable[[bool], None]], AsyncIterator[tuple[str, str, Entry]]]


class ChangeStreamBackend(BroadcastBackend):
    """Brings what all processes commit; nobody has to publish. `commits` tells whether it is connected."""

    def __init__(self, commits: Commits, restart_seconds: float) -> None:
        self._commits = commits
        self._restart_seconds = restart_seconds
        self._stream = commits(self._on_connection)
        self.connected = False

    async def connect(self) -> None:
        """The stream opens when it is first read."""

    async def disconnect(self) -> None:
        self.connected = False

    async def subscribe(self, channel: str) -> None:
        """The stream carries all channels."""

    async def unsubscribe(self, channel: str) -> None:
        """Nothing to leave."""

    async def publish(self, channel: str, message: Any) -> None:
        """The commit has told the database already."""

    async def next_published(self) -> Event:
        """Wait for the next commit; a stream that ended is opened again, for broadcaster would never say so."""
        while True:
            try:
                journal, key, entry = await anext(self._stream)
            except Exception:
                self.connected = False
                log.exception("the bell's change stream ended; it is opened again")
                await asyncio.sleep(self._restart_seconds)
                self._stream = self._commits(self._on_connection)
            else:
                return Event(shard(key), Notification(journal, key, entry.sequence, entry))  # type: ignore[arg-type]

    def _on_connection(self, connected: bool) -> None:
        self.connected = connected
