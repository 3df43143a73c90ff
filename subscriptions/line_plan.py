"""linePlanChanges: the journal of a line's plan, replayed and then live, for its plant."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.actions.access import get_line
from schema.line_plan import LinePlanChange
from subscriptions.context import LiveContext


async def line_plan_changes(
    context: LiveContext, line: str, after: int | None
) -> AsyncGenerator[tuple[str, LinePlanChange], None]:
    """Yield every change of a line's plan behind `after` with its cursor, then each new one."""
    get_line(context.deps, context.signed_in, line)
    async with aclosing(context.streams.feeds.follow("plan_changes", line, after)) as changes:
        async for change in changes:
            yield str(change.sequence), LinePlanChange.of(change)
