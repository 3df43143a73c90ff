"""changeWindow: what may still change on a unit and until when, again whenever that is another answer than before."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress

from app.actions.journal import at_head
from app.context import Context
from app.domain.freeze import ChangeWindow, change_windows
from app.domain.order import Product
from app.domain.refusal import NotFound
from app.store.database import UNAVAILABLE
from app.store.visibility import visible_products
from subscriptions.feed import RETRY_SECONDS
from subscriptions.streams import streams_of, until_expired

Found = tuple[Product, Sequence[ChangeWindow]]


async def change_window(context: Context, code: str) -> AsyncGenerator[Found, None]:
    """Yield the windows of a unit now, and after each step of it or change of its line's plan that alters them."""
    unit = await _unit(context, code)
    async with aclosing(until_expired(context, _windows(context, unit))) as windows:
        async for found in windows:
            yield found


async def _windows(context: Context, unit: Product) -> AsyncGenerator[Found, None]:
    feeds, moved = streams_of(context).feeds, asyncio.Event()
    shown: Sequence[ChangeWindow] | None = None
    async with feeds.join("steps", unit.code, moved), feeds.join("plan_changes", unit.line, moved):
        while True:
            moved.clear()
            unit = await _patiently(context, unit.code)
            found = _windows_of(context, unit)
            if found != shown:
                shown = found
                yield unit, found
            await moved.wait()


def _windows_of(context: Context, unit: Product) -> Sequence[ChangeWindow]:
    world = context.world
    return list(change_windows(unit.state, unit.current_plan, world.model(unit.model), world.calendar(unit.line)))


async def _unit(context: Context, code: str) -> Product:
    found = await context.world.stores.products.find(code, visible_products(context.signed_in))
    if found is None:
        raise NotFound("There is no such unit.", ("code",))
    return await at_head(context.world, found)


async def _patiently(context: Context, code: str) -> Product:
    while True:
        with suppress(*UNAVAILABLE):
            return await _unit(context, code)
        await asyncio.sleep(RETRY_SECONDS)
