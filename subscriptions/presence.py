"""designPresence: who is looking at a design just now. Best effort: it shows the moment and promises nothing.

Each subscriber leaves a mark in the database that fades, and reads those of all: so it works over any processes.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from app.actions.design import find_design, role_in
from app.context import Context
from app.domain.design import Design, Role
from app.domain.refusal import NotFound
from app.store.database import UNAVAILABLE
from schema.account import Account
from schema.people import Member
from subscriptions.streams import until_expired

BEAT_SECONDS = 2.0


async def design_presence(context: Context, design_id: str) -> AsyncGenerator[list[Member], None]:
    """Yield who is there, at first and whenever it changes, for as long as the viewer takes part in the design."""
    async with aclosing(until_expired(context, _present(context, design_id))) as moments:
        async for moment in moments:
            yield moment


async def _present(context: Context, design_id: str) -> AsyncGenerator[list[Member], None]:
    presences, viewer = context.world.stores.presences, context.signed_in
    shown: list[str] | None = None
    design = await _visible(context, design_id)
    try:
        while True:
            with suppress(*UNAVAILABLE):
                await presences.mark(design_id, viewer.account, context.world.wall())
                there = await presences.present(design_id, context.world.wall())
                if there != shown:
                    shown = there
                    yield [member for account in there if (member := await _member(context, design, account))]
            await asyncio.sleep(BEAT_SECONDS)
            design = await _visible(context, design_id)
    finally:
        with suppress(*UNAVAILABLE):
            await presences.unmark(design_id, viewer.account)


async def _visible(context: Context, design_id: str) -> Design:
    design = await find_design(context.world, context.signed_in, design_id)
    if design is None:
        raise NotFound("There is no such design.", ("designId",))
    return design


async def _member(context: Context, design: Design, id: str) -> Member | None:
    account = await context.world.stores.accounts.find(id)
    if account is None:
        return None
    role = design.role_of(id) or (Role.COMMENTER if role_in(context.world, context.signed_in, design) else None)
    return Member(account=Account.of(account, context.signed_in.account), role=role) if role else None
