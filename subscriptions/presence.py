"""designPresence: who is looking at a design just now. Best effort: it shows the moment and promises nothing."""

from collections.abc import AsyncGenerator

from app.actions.access import get_design, get_role
from app.domain.shared.refusal import no_such
from app.store.retry import retry_forever
from schema.account import Account
from schema.people import Member
from subscriptions.context import LiveContext


async def design_presence(context: LiveContext, design_id: str) -> AsyncGenerator[list[Member], None]:
    """Yield who is there, at first and whenever it changes, for as long as the viewer takes part in the design."""
    deps, viewer = context.deps, context.signed_in
    await retry_forever(lambda: get_design(deps, viewer, design_id))
    shown = None
    with context.streams.presence.enter(deps, design_id, viewer.account) as (channel, moved):
        while True:
            await moved.wait()
            moved.clear()
            if channel.design is None:
                raise no_such("design", "designId")
            get_role(deps, viewer, channel.design)
            if channel.present != shown:
                shown = channel.present
                yield [Member(account=Account.of(account, viewer.account), role=role) for account, role in shown]
