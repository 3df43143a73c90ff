"""designChanges: the journal of one design, replayed and then live."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.actions.design import find_design
from app.context import Context
from app.domain.refusal import InvalidInput, NotFound
from schema.design import DesignChange
from subscriptions.feed import BeyondHead
from subscriptions.streams import streams_of, until_expired


async def design_changes(context: Context, design_id: str, after: int | None) -> AsyncGenerator[DesignChange, None]:
    """Yield every change behind `after`, then each new one; ends with NotFound once the design is not the viewer's."""
    if after is not None and after < 0:
        raise InvalidInput(f"after is a sequence, 0 or greater, not {after}.", ("after",))
    if await find_design(context.world, context.signed_in, design_id) is None:
        raise NotFound("There is no such design.", ("designId",))
    async with aclosing(until_expired(context, _changes(context, design_id, after))) as changes:
        async for change in changes:
            yield change


async def _changes(context: Context, design_id: str, after: int | None) -> AsyncGenerator[DesignChange, None]:
    try:
        async with aclosing(streams_of(context).feeds.follow("design_changes", design_id, after)) as entries:
            async for entry in entries:
                if entry.state.account != context.signed_in.account:
                    raise NotFound("There is no such design.", ("designId",))
                yield DesignChange.of(entry)
    except BeyondHead as error:
        raise InvalidInput(f"after is beyond the head of this journal, which is {error.head}.", ("after",)) from error
