"""productSteps: the journal of one unit, replayed and then live."""

from collections.abc import AsyncGenerator, Hashable, Sequence
from contextlib import aclosing

from app.domain.unit.journey import JournalEntry
from app.domain.unit.stage import Stage
from schema.links import Step
from subscriptions.context import LiveContext
from subscriptions.feed import Feed, checked_cursor
from subscriptions.resume import resumable
from subscriptions.sharing import SharedSource
from subscriptions.streams import Units


async def product_steps(
    context: LiveContext, code: str, after: int | None, stages: Sequence[Stage] | None
) -> "ProductSteps":
    """Open the stream of every step behind `after`, then each new one."""
    await context.streams.check_product(context.signed_in, code)
    return ProductSteps(context, code, after, stages)


class ProductSteps(SharedSource):
    """The steps of one unit as one viewer sees them: for a group to share, or an event stream by itself.

    The right to see the unit is checked for each step.
    """

    journal = "steps"

    def __init__(self, context: LiveContext, code: str, after: int | None, stages: Sequence[Stage] | None) -> None:
        self.key = code
        self._context = context
        self._viewer = context.signed_in
        self._streams = context.streams
        self._units = Units(self._streams, self._viewer)
        self._after = after
        self._stages = stages

    @property
    def view(self) -> Hashable:
        """One account of one kind and place: a unit has one owner, so nothing is lost by not sharing any wider."""
        viewer = self._viewer
        return viewer.account, viewer.kind, viewer.factory, viewer.carrier

    async def start(self, feed: Feed) -> int:
        return await checked_cursor(feed, self._after)

    async def check(self) -> None:
        await self._streams.check_product(self._viewer, self.key)

    async def event(self, entry: JournalEntry) -> Step | None:
        if self._stages is not None and entry.step.stage not in self._stages:
            return None
        return Step.of(entry.step, await self._units.of(entry), entry.state)

    def __aiter__(self) -> AsyncGenerator[Step, None]:
        return resumable(self._context, self._events())

    async def _events(self) -> AsyncGenerator[tuple[str, Step], None]:
        async with aclosing(self._streams.feeds.follow(self.journal, self.key, self._after)) as entries:
            async for entry in entries:
                await self.check()
                if event := await self.event(entry):
                    yield str(entry.sequence), event
