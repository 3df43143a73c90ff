"""Feeds: one per watched journal, shared by all its subscribers, each of whom is a cursor.

A feed keeps the position it has reached and a ring of recent entries. A subscriber that falls off the ring reads from
the journal; so memory grows with what is watched, never with how slowly it is read.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from app.store.database import UNAVAILABLE
from app.store.journal import Entry, Journal
from subscriptions.bell import Ring

log = logging.getLogger(__name__)
RECENT_MAX = 256
PAGE = 100
HEADS_MAX = 1_000
RETRY_SECONDS = 0.5


class BeyondHead(Exception):
    """A cursor lies beyond the journal's head, which it names."""

    def __init__(self, head: int) -> None:
        super().__init__(f"The journal ends at {head}.")
        self.head = head


class Feed:
    """What one journal has brought, as far as this process knows."""

    def __init__(self, journal: Journal[Any], key: str) -> None:
        self.journal = journal
        self.key = key
        self.position = -1  # not known yet
        self.wakers: set[asyncio.Event] = set()
        self._heard = 0
        self._recent: deque[Entry] = deque(maxlen=RECENT_MAX)
        self._opening = asyncio.Lock()
        self._fetching: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Find the head, once. The feed hears the bell already, so that nothing falls in between."""
        async with self._opening:
            if self.position < 0:
                self.position = (await self.journal.heads([self.key])).get(self.key, 0)
                self.hear(self._heard, None)

    def hear(self, sequence: int, entry: Entry | None) -> None:
        """Take the entry that the bell carried if it is the next one; fetch the gap if it is further on."""
        self._heard = max(self._heard, sequence)
        if self.position < 0:
            return
        if entry is not None and sequence == self.position + 1:
            self._push([entry])
        if self._heard > self.position and (self._fetching is None or self._fetching.done()):
            self._fetching = asyncio.create_task(self._fetch())

    def _push(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.sequence == self.position + 1:
                self._recent.append(entry)
                self.position = entry.sequence
        for waker in self.wakers:
            waker.set()

    async def _fetch(self) -> None:
        try:
            while self._heard > self.position:
                entries = await self.journal.read(self.key, self.position, PAGE)
                if not entries:
                    self._heard = self.position  # a ring for something that is not there
                self._push(entries)
        except UNAVAILABLE:
            self._heard = self.position  # the next position check tries again

    async def after(self, cursor: int) -> Sequence[Entry]:
        """Return entries behind a cursor that the feed has passed, in order, at least one."""
        if self._recent and self._recent[0].sequence <= cursor + 1:
            return [entry for entry in self._recent if entry.sequence > cursor]
        entries: list[Entry] = await self.journal.read(self.key, cursor, PAGE, self.position)
        return entries

    def close(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()


class Feeds:
    """All feeds of this process: made by the first subscriber of a journal, gone with the last."""

    def __init__(self, journals: Mapping[str, Journal[Any]], check_seconds: float) -> None:
        self._journals = journals
        self._check_seconds = check_seconds
        self._feeds: dict[tuple[str, str], Feed] = {}
        self._users: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._feeds)

    def hear(self, ring: Ring) -> None:
        feed = self._feeds.get((ring.journal, ring.key))
        if feed is not None:
            feed.hear(ring.sequence, ring.entry)

    @asynccontextmanager
    async def join(self, journal: str, key: str, moved: asyncio.Event) -> AsyncIterator[Feed]:
        """Join a feed; `moved` is set whenever it moves on."""
        topic = journal, key
        feed = self._feeds.setdefault(topic, Feed(self._journals[journal], key))
        self._users[topic] = self._users.get(topic, 0) + 1
        feed.wakers.add(moved)
        try:
            await feed.open()
            yield feed
        finally:
            feed.wakers.discard(moved)
            self._users[topic] -= 1
            if not self._users[topic]:
                del self._users[topic], self._feeds[topic]
                feed.close()

    async def follow(self, journal: str, key: str, after: int | None) -> AsyncGenerator[Any, None]:
        """Yield every entry behind a cursor, in order, none skipped or repeated, for ever; None starts at the head.

        Raises BeyondHead where the cursor lies beyond the journal's head.
        """
        moved = asyncio.Event()
        async with self.join(journal, key, moved) as feed:
            cursor = feed.position if after is None else await checked_cursor(feed, after)
            while True:
                moved.clear()
                while cursor < feed.position:
                    for entry in await read_patiently(feed, cursor):
                        yield entry
                        cursor = entry.sequence
                await moved.wait()

    async def check_positions(self) -> None:
        """Compare all feeds with their journals' heads; a head that is further on means a lost ring."""
        for name, journal in self._journals.items():
            keys = [key for journal_name, key in self._feeds if journal_name == name]
            for start in range(0, len(keys), HEADS_MAX):
                heads = await journal.heads(keys[start : start + HEADS_MAX])
                for key, head in heads.items():
                    self.hear(Ring(name, key, head, None))

    async def check_forever(self) -> None:
        while True:
            await asyncio.sleep(self._check_seconds)
            try:
                await self.check_positions()
            except UNAVAILABLE as error:
                log.warning("the position check waits for the database", extra={"error": type(error).__name__})
            except Exception:
                log.exception("the position check failed; it goes on")


async def checked_cursor(feed: Feed, after: int) -> int:
    """Check a client's cursor; another process may have shown it more than this feed has heard of."""
    if after > feed.position:
        head = (await feed.journal.heads([feed.key])).get(feed.key, 0)
        feed.hear(head, None)
        if after > head:
            raise BeyondHead(head)
    return after


async def read_patiently(feed: Feed, cursor: int) -> Sequence[Entry]:
    """Read behind a cursor; a database that does not answer is waited for."""
    while True:
        try:
            return await feed.after(cursor)
        except UNAVAILABLE:
            await asyncio.sleep(RETRY_SECONDS)
