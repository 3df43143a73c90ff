"""linePlanChanges: the journal of a line's plan, replayed and then live, for its plant."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.actions.access import get_line
from app.context import Info
from schema.line_plan import LinePlanChange
from subscriptions.streams import renewed, streams_of


async def line_plan_changes(info: Info, line: str, after: int | None) -> AsyncGenerator[LinePlanChange, None]:
    """Yield every change of a line's plan behind `after`, then each new one."""
    context = info.context
    get_line(context.deps, context.signed_in, line)
    source = streams_of(context).feeds.follow("plan_changes", line, after)
    async with aclosing(renewed(context, source)) as changes:
        async for change in changes:
            yield LinePlanChange.of(change)
