"""designChanges: the journal of one design, replayed and then live."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.actions.access import get_design, get_role
from app.context import Context
from app.domain.design.design import Design
from app.store.retry import retry_forever
from schema.design import DesignChange
from subscriptions.streams import renewed, streams_of


async def design_changes(context: Context, design_id: str, after: int | None) -> AsyncGenerator[DesignChange, None]:
    """Yield every change behind `after`, then each new one; ends with NotFound once the design is not the viewer's."""
    viewer = context.signed_in
    present = await retry_forever(lambda: get_design(context.deps, viewer, design_id))
    async with aclosing(renewed(context, _changes(context, present, after))) as changes:
        async for change in changes:
            yield change


async def _changes(context: Context, present: Design, after: int | None) -> AsyncGenerator[DesignChange, None]:
    """Judge the right to each change by the newest state known, not by the one of long ago that is replayed."""
    async with aclosing(streams_of(context).feeds.follow("design_changes", present.id, after)) as entries:
        async for entry in entries:
            if entry.sequence > present.sequence:
                present = entry.state
            get_role(context.deps, context.signed_in, present)
            yield DesignChange.of(entry, present)
