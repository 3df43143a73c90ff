"""designChanges: the journal of one design, replayed and then live."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.actions.access import get_design, get_role
from app.store.retry import retry_forever
from schema.design import DesignChange
from subscriptions.context import LiveContext


async def design_changes(
    context: LiveContext, design_id: str, after: int | None
) -> AsyncGenerator[tuple[str, DesignChange], None]:
    """Yield every change behind `after` with its cursor, then each new one.

    Ends with NotFound once the design is not the viewer's. The right to each change is judged by the newest state
    known, not by the one of long ago that is replayed.
    """
    viewer = context.signed_in
    present = await retry_forever(lambda: get_design(context.deps, viewer, design_id))
    async with aclosing(context.streams.feeds.follow("design_changes", present.id, after)) as entries:
        async for entry in entries:
            if entry.sequence > present.sequence:
                present = entry.state
            get_role(context.deps, context.signed_in, present)
            yield str(entry.sequence), DesignChange.of(entry, present)
