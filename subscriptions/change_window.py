"""changeWindow: what may still change on a unit and until when, again whenever that is another answer than before."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from app.actions.access import get_unit
from app.actions.unit import at_head
from app.context import Context
from app.domain.order.order import Product
from app.domain.unit.freeze import ChangeWindow, change_windows
from app.store.retry import retry_forever
from subscriptions.context import LiveContext

Found = tuple[Product, Sequence[ChangeWindow]]


async def change_window(context: LiveContext, code: str) -> AsyncGenerator[Found, None]:
    """Yield the windows of a unit now, and after each step of it or change of its line's plan that alters them."""
    unit = await _unit(context, code)
    feeds, moved = context.streams.feeds, asyncio.Event()
    shown: Sequence[ChangeWindow] | None = None
    async with feeds.join("steps", unit.code, moved), feeds.join("plan_changes", unit.line, moved):
        while True:
            moved.clear()
            unit = await _unit(context, unit.code)
            found = _windows_of(context, unit)
            if found != shown:
                shown = found
                yield unit, found
            await moved.wait()


def _windows_of(context: Context, unit: Product) -> Sequence[ChangeWindow]:
    deps = context.deps
    return list(change_windows(unit.state, unit.current_plan, deps.offered_to(unit), deps.calendar(unit.line)))


async def _unit(context: Context, code: str) -> Product:
    viewer = context.signed_in
    found = await retry_forever(lambda: get_unit(context.deps, viewer, code))
    return await retry_forever(lambda: at_head(context.deps, found))
