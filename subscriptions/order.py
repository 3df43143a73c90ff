"""orderSteps: the journals of all units of one order in one resumable stream.

Its cursor holds the last sequence seen of each unit, in the order's own order of units, which only grows at its end.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing

from app.actions.access import get_order
from app.context import Context
from app.domain.order.order import Order
from app.domain.shared.refusal import InvalidInput
from app.domain.unit.journey import JournalEntry
from app.domain.unit.kinds.quality import Succession
from app.store.retry import retry_forever
from schema.cursor import read_values, write_cursor
from schema.links import OrderStep, Step
from subscriptions.context import LiveContext
from subscriptions.feed import Feed, checked_cursor, read_after
from subscriptions.streams import Streams, Units

FROM_THE_FIRST = "0"


async def order_steps(
    context: LiveContext, order_id: str, after: str | None
) -> AsyncGenerator[tuple[str, OrderStep], None]:
    """Yield every step of an order's units behind a cursor, with its own, then each new one; gap-free for each unit."""
    viewer = context.signed_in
    order = await retry_forever(lambda: get_order(context.deps, viewer, order_id))
    async with aclosing(_steps(context, order, _read(order, after))) as steps:
        async for step in steps:
            yield step.cursor, step


def _read(order: Order, after: str | None) -> list[int] | None:
    """Read a cursor; units that came to the order after it was made start at their first step."""
    if after is None:
        return None
    count = len(order.products)
    if after == FROM_THE_FIRST:
        return [0] * count
    order_id, sequences = read_values(after, (str, list))
    known = all(type(sequence) is int and sequence >= 0 for sequence in sequences)
    if order_id != order.id or not known or len(sequences) > count:
        raise InvalidInput("This is no cursor of this order.", ("after",))
    return [*sequences, *[0] * (count - len(sequences))]


async def _steps(context: LiveContext, order: Order, cursors: list[int] | None) -> AsyncGenerator[OrderStep, None]:
    streams, codes = context.streams, list(order.products)
    units = Units(streams, context.signed_in)
    async with AsyncExitStack() as stack:
        moved = asyncio.Event()
        feeds = await _join_all(streams, stack, codes, moved)
        if cursors is None:
            cursors = [feed.position for feed in feeds]
        for feed, cursor in zip(feeds, cursors, strict=True):
            await checked_cursor(feed, cursor)
        added = await _added(context, order, codes)  # what came while the feeds were joined
        successors: set[str] = set()
        while True:
            feeds += await _join_all(streams, stack, added, moved)
            codes += added
            cursors += [0] * len(added)
            moved.clear()
            for index, feed in enumerate(feeds):
                while cursors[index] < feed.position:
                    for entry in await read_after(feed, cursors[index]):
                        await streams.check_product(context.signed_in, feed.key)
                        cursors[index] = entry.sequence
                        assert isinstance(entry, JournalEntry), "the feed is one of steps"
                        step = Step.of(entry.step, await units.of(entry), entry.state)
                        yield OrderStep(cursor=write_cursor(order.id, cursors), step=step)
                        if isinstance(entry.step.payload, Succession):
                            successors.add(entry.step.payload.successor)
            added = await _added(context, order, codes) if successors - set(codes) else []
            if not added:
                await moved.wait()


async def _join_all(streams: Streams, stack: AsyncExitStack, codes: Sequence[str], moved: asyncio.Event) -> list[Feed]:
    """Join the feeds of units; `moved` is set whenever any of them moves."""
    return [await stack.enter_async_context(streams.feeds.join("steps", code, moved)) for code in codes]


async def _added(context: Context, order: Order, codes: Sequence[str]) -> list[str]:
    """Find the units that came to the order since, in its own order of units: they replace scrapped ones."""
    present = await retry_forever(lambda: context.deps.stores.orders.find(order.id))
    return [code for code in present.products if code not in codes] if present else []
