"""Feeds: one per watched journal, shared by all its subscribers, each of whom is a cursor.

A feed keeps the position it has reached and a buffer of recent entries. A subscriber that falls behind the buffer reads
pages of the journal, a few of which are kept for a while for others who come back with about the same cursor: when
everybody was cut, one read of the head and one of a page serve all. So memory grows with what is watched, never with
how slowly it is read.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from app.domain.shared.refusal import InvalidInput
from app.store.coalescer import Coalescer, coalesced_reads
from app.store.database import UNAVAILABLE
from app.store.journal import Entry, Journal, SequenceRange
from app.store.retry import retry_forever, run_forever
from subscriptions.notification import Notification

Waker = Callable[[], None]
RECENT_MAX = 32
PAGE = 100
PAGES_MAX = 4
PAGES_SECONDS = 10.0
"""How long a feed keeps pages after one of them was last of use."""
BACK = 4
"""How many entries before a cursor a page begins, for others whom the same cut caught a little earlier."""
HEADS_MAX = 1_000


class BeyondHead(InvalidInput):
    """A cursor lies beyond the journal's head, which it names."""

    def __init__(self, head: int) -> None:
        super().__init__(f"after is beyond the head of this journal, which is {head}.", ("after",))
        self.head = head


class Feed:
    """What one journal has brought, as far as this process knows."""

    def __init__(
        self,
        journal: Journal[Any],
        key: str,
        heads: Coalescer[str, int | None],
        ranges: Coalescer[SequenceRange, Sequence[Any] | None],
    ) -> None:
        self.key = key
        self.position = -1  # not known yet
        self.wakers: set[Waker] = set()
        self.journal = journal
        self._heads = heads
        self._ranges = ranges
        self._announced = 0
        self._early: deque[Entry] = deque(maxlen=RECENT_MAX)  # what the bell brought before the head was found
        self._recent: deque[Entry] = deque(maxlen=RECENT_MAX)
        self._pages: deque[Sequence[Entry]] = deque(maxlen=PAGES_MAX)
        self._pages_used_at = 0.0
        self._reading = asyncio.Lock()
        self._opening: asyncio.Task[None] | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Find the head, once for all who join. The bell notifies the feed already, so nothing falls in between."""
        if self.position < 0:
            if self._opening is None or self._opening.done():
                self._opening = asyncio.create_task(self._open())
            await asyncio.shield(self._opening)

    async def _open(self) -> None:
        self.position = await self._heads.submit(self.key) or 0
        self._push(sorted(self._early, key=lambda entry: entry.sequence))
        self._early.clear()
        self.on_notification(self._announced, None)

    async def head(self) -> int:
        """Read the journal's head anew."""
        head = await self._heads.submit(self.key) or 0
        self.on_notification(head, None)
        return head

    def on_notification(self, sequence: int, entry: Entry | None) -> None:
        """Take the entry that the bell carried if it is the next one; fetch the gap if it is further on."""
        self._announced = max(self._announced, sequence)
        if self.position < 0:
            if entry is not None:
                self._early.append(entry)
            return
        if entry is not None and sequence == self.position + 1:
            self._push([entry])
        if self._announced > self.position and (self._fetching is None or self._fetching.done()):
            self._fetching = asyncio.create_task(self._fetch())

    def _push(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.sequence == self.position + 1:
                self._recent.append(entry)
                self.position = entry.sequence
        for waker in tuple(self.wakers):
            waker()

    async def _fetch(self) -> None:
        try:
            while self._announced > self.position:
                entries = await self.journal.read(self.key, self.position, PAGE)
                if not entries:
                    self._announced = self.position  # a notification of something that is not there
                self._push(entries)
        except UNAVAILABLE:
            self._announced = self.position  # the next position check tries again

    async def after(self, cursor: int) -> Sequence[Entry]:
        """Return entries behind a cursor that the feed has passed, in order, at least one."""
        if not (known := self._known(cursor)):
            async with self._reading:
                if not (known := self._known(cursor)):
                    self._pages.append(await self._read(cursor))
                    known = self._known(cursor)
        return known

    async def _read(self, cursor: int) -> Sequence[Entry]:
        """Read a page: one that holds all up to the position together with others' who ask for little."""
        sequence_range = SequenceRange(self.key, max(0, cursor - BACK), self.position)
        if sequence_range.size <= PAGE:
            return await self._ranges.submit(sequence_range) or ()
        return await self.journal.read(self.key, sequence_range.after, PAGE, sequence_range.until)

    def _known(self, cursor: int) -> Sequence[Entry]:
        """Return what is at hand behind a cursor, from the buffer or a page; nothing where the next one is missing."""
        if self._recent and self._recent[0].sequence <= cursor + 1:
            return [entry for entry in self._recent if entry.sequence > cursor]
        for page in self._pages:
            if page and page[0].sequence <= cursor + 1 <= page[-1].sequence:
                self._pages_used_at = time.monotonic()
                return [entry for entry in page if entry.sequence > cursor]
        return ()

    def forget_pages(self, seconds: float) -> None:
        """Drop pages that have been of no use for so long."""
        if self._pages and self._pages_used_at < time.monotonic() - seconds:
            self._pages.clear()

    def close(self) -> None:
        for task in (self._opening, self._fetching):
            if task is not None:
                task.cancel()


class Feeds:
    """All feeds of this process: made by the first subscriber of a journal, gone with the last."""

    def __init__(
        self, journals: Mapping[str, Journal[Any]], check_seconds: float, pages_seconds: float = PAGES_SECONDS
    ) -> None:
        self._journals = journals
        self._check_seconds = check_seconds
        self._pages_seconds = pages_seconds
        self._feeds: dict[tuple[str, str], Feed] = {}
        self._heads = {name: coalesced_reads(journal.heads, HEADS_MAX) for name, journal in journals.items()}
        self._ranges: Mapping[str, Coalescer[SequenceRange, Sequence[Any] | None]] = {
            name: coalesced_reads(journal.read_ranges, PAGE, lambda sequence_range: sequence_range.size)
            for name, journal in journals.items()
        }

    def __len__(self) -> int:
        return len(self._feeds)

    def on_notification(self, notification: Notification) -> None:
        feed = self._feeds.get((notification.journal, notification.key))
        if feed is not None:
            feed.on_notification(notification.sequence, notification.entry)

    def take(self, journal: str, key: str, moved: Waker) -> Feed:
        """Join a feed, which is still to be opened; `moved` is called whenever it moves on."""
        topic = journal, key
        feed = self._feeds.get(topic)
        if feed is None:
            feed = self._feeds[topic] = Feed(self._journals[journal], key, self._heads[journal], self._ranges[journal])
        feed.wakers.add(moved)
        return feed

    def release(self, feed: Feed, moved: Waker) -> None:
        feed.wakers.discard(moved)
        if not feed.wakers:
            del self._feeds[feed.journal.name, feed.key]
            feed.close()

    @asynccontextmanager
    async def join(self, journal: str, key: str, moved: asyncio.Event) -> AsyncIterator[Feed]:
        """Join a feed; `moved` is set whenever it moves on."""
        feed = self.take(journal, key, moved.set)
        try:
            await retry_forever(feed.open)
            yield feed
        finally:
            self.release(feed, moved.set)

    async def follow(self, journal: str, key: str, after: int | None) -> AsyncGenerator[Any, None]:
        """Yield every entry behind a cursor, in order, none skipped or repeated, for ever; None starts at the head.

        Raises InvalidInput where the cursor is negative or, BeyondHead, lies beyond the journal's head.
        """
        moved = asyncio.Event()
        async with self.join(journal, key, moved) as feed:
            cursor = await checked_cursor(feed, after)
            while True:
                moved.clear()
                while cursor < feed.position:
                    for entry in await read_after(feed, cursor):
                        yield entry
                        cursor = entry.sequence
                await moved.wait()

    async def check_positions(self) -> None:
        """Compare all feeds with their journals' heads; a head that is further on means a lost notification."""
        for name, journal in self._journals.items():
            keys = [key for journal_name, key in self._feeds if journal_name == name]
            for start in range(0, len(keys), HEADS_MAX):
                heads = await journal.heads(keys[start : start + HEADS_MAX])
                for key, head in heads.items():
                    self.on_notification(Notification(name, key, head, None))

    async def check_forever(self) -> None:
        """Check the positions again and again, and forget pages that are of no more use."""
        await run_forever("the position check", self._check_seconds, self._check)

    async def _check(self) -> None:
        for feed in self._feeds.values():
            feed.forget_pages(self._pages_seconds)
        await self.check_positions()


async def checked_cursor(feed: Feed, after: int | None) -> int:
    """Check a client's cursor, None for the head; another process may have shown it more than this feed knows of.

    Raises InvalidInput where it is negative or, BeyondHead, lies beyond the journal's head.
    """
    if after is None:
        return feed.position
    if after < 0:
        raise InvalidInput(f"after is a sequence, 0 or greater, not {after}.", ("after",))
    if after > feed.position:
        head = await retry_forever(feed.head)
        if after > head:
            raise BeyondHead(head)
    return after


async def read_after(feed: Feed, cursor: int) -> Sequence[Entry]:
    """Read behind a cursor; a database that does not answer is waited for."""
    return await retry_forever(lambda: feed.after(cursor))
