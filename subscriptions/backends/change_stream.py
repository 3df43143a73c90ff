"""A broadcaster backend in which the database itself publishes: rings come from its change stream."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from broadcaster import BroadcastBackend, Event

from app.store.journal import Entry
from subscriptions.notification import Notification, shard

log = logging.getLogger(__name__)
Commits = Callable[[Callable[[bool], None]], AsyncIterator[tuple[str, str, Entry]]]
RESTART_SECONDS = 1.0


class ChangeStreamBackend(BroadcastBackend):
    """Hears what all processes commit; nobody has to publish."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._stream = commits(self._told)
        self.standing = False

    async def connect(self) -> None:
        """The stream opens when it is first read."""

    async def disconnect(self) -> None:
        self.standing = False

    async def subscribe(self, channel: str) -> None:
        """Every channel is heard: the stream carries them all."""

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
                self.standing = False
                log.exception("the bell's change stream ended; it is opened again")
                await asyncio.sleep(RESTART_SECONDS)
                self._stream = self._commits(self._told)
            else:
                return Event(shard(key), Notification(journal, key, entry.sequence, entry))  # type: ignore[arg-type]

    def _told(self, standing: bool) -> None:
        self.standing = standing
