"""designPresence: who is looking at a design just now. Best effort: it shows the moment and promises nothing."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.actions.access import get_design, get_role
from app.context import Context
from app.domain.shared.refusal import no_such
from app.store.retry import retry_forever
from schema.account import Account
from schema.people import Member
from subscriptions.streams import renewed, streams_of


async def design_presence(context: Context, design_id: str) -> AsyncGenerator[list[Member], None]:
    """Yield who is there, at first and whenever it changes, for as long as the viewer takes part in the design."""
    viewer = context.signed_in
    await retry_forever(lambda: get_design(context.deps, viewer, design_id))
    async with aclosing(renewed(context, _present(context, design_id))) as moments:
        async for moment in moments:
            yield moment


async def _present(context: Context, design_id: str) -> AsyncGenerator[list[Member], None]:
    deps, viewer = context.deps, context.signed_in
    shown = None
    with streams_of(context).rooms.enter(deps, design_id, viewer.account) as (room, moved):
        while True:
            await moved.wait()
            moved.clear()
            if room.design is None:
                raise no_such("design", "designId")
            get_role(deps, viewer, room.design)
            if room.there != shown:
                shown = room.there
                yield [Member(account=Account.of(account, viewer.account), role=role) for account, role in shown]
