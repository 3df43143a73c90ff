"""What every subscription needs: the bell, the feeds, and who may still see what, step by step."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace

from app.domain.order.order import Product
from app.domain.shared.refusal import no_such
from app.domain.shared.viewer import Viewer, may_see_product
from app.domain.unit.journey import JournalEntry
from app.domain.unit.stage import BEFORE_PRODUCTION, ProductStatus
from app.store.coalescer import coalesced_reads
from app.store.retry import retry_forever
from app.store.stores import Stores
from app.store.watch import watch
from subscriptions.bell import Bell
from subscriptions.feed import PAGES_SECONDS, Feeds
from subscriptions.notification import Notification
from subscriptions.presence_channel import BEAT_SECONDS, PresenceChannels

LINE_QUEUE_MAX = 100
PLANNED = BEFORE_PRODUCTION | {ProductStatus.CANCELLED, None}
"""What a unit is listed as whose plan may still move."""


class Streams:
    """The live side of one process.

    `check_seconds`: between two comparisons of all feeds with their journals' heads. `rights_seconds`: how long the
    parties of a unit are taken as known.
    """

    def __init__(
        self,
        stores: Stores,
        bell: Bell,
        check_seconds: float,
        rights_seconds: float,
        pages_seconds: float = PAGES_SECONDS,
        presence_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._stores = stores
        self._rights_seconds = rights_seconds
        self.bell = bell
        self.feeds = Feeds(stores.journals, check_seconds, pages_seconds)
        self.presence = PresenceChannels(presence_seconds)
        self._check_task: asyncio.Task[None] | None = None
        self._products = coalesced_reads(stores.products.find_lasting)
        self._parties = coalesced_reads(stores.products.find_access)
        self._lines: dict[str, set[asyncio.Queue[JournalEntry]]] = {}

    async def start(self) -> None:
        self.bell.listen(self.feeds.on_notification)
        self.bell.listen(self._on_step)
        journals = self._stores.journals
        await self.bell.start(lambda connected: watch(self._stores.database, journals, connected), journals)
        self._check_task = asyncio.create_task(self.feeds.check_forever())

    async def stop(self) -> None:
        if self._check_task is not None:
            self._check_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._check_task
        await self.presence.stop()
        await self.bell.stop()

    async def get_product(self, viewer: Viewer, code: str) -> Product:
        """Read a unit, its state blank, together with others asked for just now; raises NotFound where it is unseen."""
        unit = await retry_forever(lambda: self._products.submit(code))
        if unit is None or not may_see_product(viewer, unit.access):
            raise no_such("unit", "code")
        return unit

    async def check_product(self, viewer: Viewer, code: str) -> None:
        """Raise NotFound where a viewer may not, or no longer, see a unit; its parties are known for a while."""
        known = self._stores.products.known_access(code, self._rights_seconds)
        access = known or await retry_forever(lambda: self._parties.submit(code))
        if access is None or not may_see_product(viewer, access):
            raise no_such("unit", "code")

    def _on_step(self, notification: Notification) -> None:
        if isinstance(notification.entry, JournalEntry):
            for queue in self._lines.get(notification.entry.step.line, ()):
                if queue.full():
                    queue.get_nowait()  # best effort: the oldest moment goes
                queue.put_nowait(notification.entry)

    async def line_steps(self, line: str) -> AsyncGenerator[JournalEntry, None]:
        """Yield the steps of one line as they happen: none from before, and not all for a slow reader."""
        queue: asyncio.Queue[JournalEntry] = asyncio.Queue(LINE_QUEUE_MAX)
        listeners = self._lines.setdefault(line, set())
        listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            listeners.discard(queue)
            if not listeners:
                self._lines.pop(line, None)


class Units:
    """The units of one stream as they are now: their plan moves, so they are read for each step until work begins.

    Their state is that of the step.
    """

    def __init__(self, streams: Streams, viewer: Viewer) -> None:
        self._streams = streams
        self._viewer = viewer
        self._begun: dict[str, Product] = {}

    async def of(self, entry: JournalEntry) -> Product:
        """Return the unit of a step; raises NotFound where it may not be seen."""
        unit = self._begun.get(entry.product)
        if unit is None:
            unit = await self._streams.get_product(self._viewer, entry.product)
            if unit.listed_as not in PLANNED:
                self._begun[entry.product] = unit
        return replace(unit, state=entry.state)
