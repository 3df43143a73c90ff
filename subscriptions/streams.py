"""What every subscription stands on: the bell, the feeds, and who may still see what, step by step."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, TypeVar

from app.context import Context
from app.domain.order.order import Product
from app.domain.shared.refusal import no_such
from app.domain.shared.viewer import Viewer, may_see_product
from app.domain.unit.journey import JournalEntry
from app.domain.unit.stage import BEFORE_PRODUCTION, ProductStatus
from app.store.coalescer import coalesced_reads
from app.store.journal import Journal
from app.store.retry import retry_forever
from app.store.stores import Stores
from app.store.watch import watch
from subscriptions.bell import Bell
from subscriptions.feed import Feeds
from subscriptions.notification import Notification
from subscriptions.presence_channel import PresenceChannels
from subscriptions.resume import leave_cursor

T = TypeVar("T")
LINE_QUEUE_MAX = 100
PLANNED = BEFORE_PRODUCTION | {ProductStatus.CANCELLED, None}
"""What a unit is listed as whose plan may still move."""


class Streams:
    """The live side of one process."""

    def __init__(self, stores: Stores, bell: Bell, check_seconds: float, rights_seconds: float) -> None:
        self._stores = stores
        self._rights_seconds = rights_seconds
        self._journals: dict[str, Journal[Any]] = {
            journal.name: journal for journal in (stores.steps, stores.design_changes, stores.plan_changes)
        }
        self.bell = bell
        self.feeds = Feeds(self._journals, check_seconds)
        self._check_task: asyncio.Task[None] | None = None
        self._products = coalesced_reads(stores.products.find_lasting)
        self._parties = coalesced_reads(stores.products.find_access)
        self._lines: dict[str, set[asyncio.Queue[JournalEntry]]] = {}
        self.rooms = PresenceChannels()

    async def start(self) -> None:
        self.bell.listen(self.feeds.on_notification)
        self.bell.listen(self._hear_line)
        await self.bell.start(lambda told: watch(self._stores.database, self._journals, told), self._journals)
        self._check_task = asyncio.create_task(self.feeds.check_forever())

    async def stop(self) -> None:
        if self._check_task is not None:
            self._check_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._check_task
        await self.rooms.stop()
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

    def _hear_line(self, notification: Notification) -> None:
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


def streams_of(context: Context) -> Streams:
    assert isinstance(context.live, Streams), "wired by the composition root"
    return context.live


async def renewed(context: Context, source: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Pass a stream on, with new loaders for each event, which leaves its cursor."""
    async with aclosing(source):
        async for item in source:
            context.renew()
            leave_cursor(context, item)
            yield item
