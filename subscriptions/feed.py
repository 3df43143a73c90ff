"""Feeds: one per watched journal, shared by all its subscribers, each of whom is a cursor.

A feed keeps the position it has reached and a ring of recent entries. A subscriber that falls off the ring reads from
the journal; so memory grows with what is watched, never with how slowly it is read.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from app.domain.refusal import InvalidInput
from app.store.database import UNAVAILABLE
from app.store.journal import Entry, Journal
from subscriptions.batch import Batch
from subscriptions.patience import patiently
from subscriptions.recent import Recent
from subscriptions.ring import Ring

log = logging.getLogger(__name__)
Waker = Callable[[], None]
Pages = Recent[tuple[str, str, int], Sequence[Entry]]
"""Pages of all journals of this process that were just read, by (journal, key, cursor)."""
RECENT_MAX = 32
PAGE = 100
PAGES_MAX, PAGES_SECONDS = 50, 5.0
HEADS_MAX = 1_000


class BeyondHead(InvalidInput):
    """A cursor lies beyond the journal's head, which it names."""

    def __init__(self, head: int) -> None:
        super().__init__(f"after is beyond the head of this journal, which is {head}.", ("after",))
        self.head = head


class Feed:
    """What one journal has brought, as far as this process knows."""

    def __init__(self, journal: Journal[Any], key: str, heads: Batch[int], pages: Pages) -> None:
        self.key = key
        self.position = -1  # not known yet
        self.wakers: set[Waker] = set()
        self.journal = journal
        self._heads = heads
        self._heard = 0
        self._recent: deque[Entry] = deque(maxlen=RECENT_MAX)
        self._pages = pages
        self._reading = asyncio.Lock()
        self._fetching: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Find the head. The feed hears the bell already, so that nothing falls in between."""
        if self.position < 0:
            head = await self._heads.get(self.key) or 0
            if self.position < 0:
                self.position = head
                self.hear(self._heard, None)

    async def head(self) -> int:
        """Read the journal's head anew."""
        head = await self._heads.get(self.key) or 0
        self.hear(head, None)
        return head

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
        for waker in tuple(self.wakers):
            waker()

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
        if found := self._remembered(cursor):
            return found
        async with self._reading:
            if found := self._remembered(cursor):
                return found
            entries: list[Entry] = await self.journal.read(self.key, cursor, PAGE, self.position)
            self._remember(cursor, entries)
            return entries

    def _remembered(self, cursor: int) -> Sequence[Entry]:
        """Return what follows a cursor in the ring, or in the page that somebody else has just read there."""
        if self._reaches(cursor):
            return [entry for entry in self._recent if entry.sequence > cursor]
        return self._pages.get((self.journal.name, self.key, cursor)) or ()

    def _reaches(self, cursor: int) -> bool:
        return bool(self._recent) and self._recent[0].sequence <= cursor + 1

    def _remember(self, cursor: int, entries: Sequence[Entry]) -> None:
        """Keep what was read for others who come back: in the ring what lies right before it, the rest a moment."""
        first = self._recent[0].sequence if self._recent else self.position + 1
        if entries and entries[-1].sequence == first - 1:
            room = RECENT_MAX - len(self._recent)
            self._recent.extendleft(reversed(entries[max(0, len(entries) - room) :]))
        if not self._reaches(cursor):
            self._pages.put((self.journal.name, self.key, cursor), entries)

    def close(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()


class Feeds:
    """All feeds of this process: made by the first subscriber of a journal, gone with the last."""

    def __init__(self, journals: Mapping[str, Journal[Any]], check_seconds: float) -> None:
        self._journals = journals
        self._check_seconds = check_seconds
        self._feeds: dict[tuple[str, str], Feed] = {}
        self._heads = {name: Batch(journal.heads) for name, journal in journals.items()}
        self._pages: Pages = Recent(PAGES_SECONDS, PAGES_MAX)

    def __len__(self) -> int:
        return len(self._feeds)

    def hear(self, ring: Ring) -> None:
        feed = self._feeds.get((ring.journal, ring.key))
        if feed is not None:
            feed.hear(ring.sequence, ring.entry)

    def take(self, journal: str, key: str, moved: Waker) -> Feed:
        """Join a feed, which is still to be opened; `moved` is called whenever it moves on."""
        topic = journal, key
        feed = self._feeds.get(topic)
        if feed is None:
            feed = self._feeds[topic] = Feed(self._journals[journal], key, self._heads[journal], self._pages)
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
            await patiently(feed.open)
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


async def checked_cursor(feed: Feed, after: int | None) -> int:
    """Check a client's cursor, None for the head; another process may have shown it more than this feed has heard of.

    Raises InvalidInput where it is negative or, BeyondHead, lies beyond the journal's head.
    """
    if after is None:
        return feed.position
    if after < 0:
        raise InvalidInput(f"after is a sequence, 0 or greater, not {after}.", ("after",))
    if after > feed.position:
        head = await patiently(feed.head)
        if after > head:
            raise BeyondHead(head)
    return after


async def read_patiently(feed: Feed, cursor: int) -> Sequence[Entry]:
    """Read behind a cursor; a database that does not answer is waited for."""
    return await patiently(lambda: feed.after(cursor))
