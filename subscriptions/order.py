"""orderSteps: the journals of all units of one order in one resumable stream.

Its cursor holds the last sequence seen of each unit, in the order's own order of units.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing

from app.context import Context
from app.domain.order import Order
from app.domain.order import Product as DomainProduct
from app.domain.refusal import InvalidInput, NotFound
from app.store.visibility import visible_orders
from schema.node import cursor_of, read_cursor
from schema.step import OrderStep, Step
from subscriptions.feed import BeyondHead, Feed, checked_cursor, read_patiently
from subscriptions.streams import Streams, streams_of, until_expired

FROM_THE_FIRST = "0"


async def order_steps(context: Context, order_id: str, after: str | None) -> AsyncGenerator[OrderStep, None]:
    """Yield every step of an order's units behind a cursor, then each new one; gap-free for each unit."""
    viewer = context.signed_in
    order = await context.world.stores.orders.find(order_id, visible_orders(viewer))
    if order is None:
        raise NotFound("There is no such order.", ("orderId",))
    units = await context.world.stores.products.find_all(list(order.products))
    cursors = _read(order, after)
    async with aclosing(until_expired(context, _steps(context, order, units, cursors))) as steps:
        async for step in steps:
            yield step


def _read(order: Order, after: str | None) -> list[int] | None:
    """Read a cursor; units that came to the order after it was made start at their first step."""
    if after is None:
        return None
    count = len(order.products)
    if after == FROM_THE_FIRST:
        return [0] * count
    order_id, sequences = read_cursor(after, str, list)
    known = all(type(sequence) is int and sequence >= 0 for sequence in sequences)
    if order_id != order.id or not known or len(sequences) > count:
        raise InvalidInput("This is no cursor of this order.", ("after",))
    return [*sequences, *[0] * (count - len(sequences))]


async def _steps(
    context: Context, order: Order, units: dict[str, DomainProduct], cursors: list[int] | None
) -> AsyncGenerator[OrderStep, None]:
    streams = streams_of(context)
    async with AsyncExitStack() as stack:
        feeds, moved = await _join_all(streams, stack, order.products)
        if cursors is None:
            cursors = [feed.position for feed in feeds]
        await _check(feeds, cursors)
        while True:
            moved.clear()
            for index, feed in enumerate(feeds):
                while cursors[index] < feed.position:
                    for entry in await read_patiently(feed, cursors[index]):
                        await streams.check_product(context.signed_in, feed.key)
                        cursors[index] = entry.sequence
                        step = Step.of(entry, units[feed.key])  # type: ignore[arg-type]
                        yield OrderStep(cursor=cursor_of(order.id, cursors), step=step)
            await moved.wait()


async def _join_all(streams: Streams, stack: AsyncExitStack, codes: Sequence[str]) -> tuple[list[Feed], asyncio.Event]:
    """Join the feeds of all units; one event is set whenever any of them moves."""
    moved = asyncio.Event()
    joined = [await stack.enter_async_context(streams.feeds.join("steps", code, moved)) for code in codes]
    return joined, moved


async def _check(feeds: Sequence[Feed], cursors: Sequence[int]) -> None:
    try:
        for feed, cursor in zip(feeds, cursors, strict=True):
            await checked_cursor(feed, cursor)
    except BeyondHead as error:
        raise InvalidInput("The cursor is beyond the head of a unit's journal.", ("after",)) from error
