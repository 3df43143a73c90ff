"""Inviting to a design: by a link that nobody can guess, or to the account with an e-mail address."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.actions.access import get_design, signed_in
from app.actions.account import checked_email
from app.actions.design_journal import append_change, get_head
from app.actions.journal import append_together
from app.deps import Deps
from app.domain.design.design import DesignChange, Role
from app.domain.design.member import checked_role, joined
from app.domain.shared.refusal import InvalidInput, NotAllowed, NotFound, Refusal, no_such
from app.domain.shared.viewer import Viewer
from app.store.database import Transaction
from app.store.design import Invitation
from app.store.paging import Page

DAYS_MAX = 90


@dataclass(frozen=True)
class Invited:
    """`token` is told once, to the owner: it is stored hashed. None for an invitation by e-mail address."""

    invitation: Invitation
    token: str | None


def hash_link(token: str) -> str:
    """Return the id of the invitation that a link's secret leads to."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


async def invite_to_design(
    deps: Deps, viewer: Viewer | None, design_id: str, role: Role, email: str | None, days: int
) -> Invited:
    """Invite to a design. Whether an address has an account is never told: it gets a mail, and finds the invitation."""
    viewer = signed_in(viewer)
    design = await get_design(deps, viewer, design_id)
    if design.account != viewer.account:
        raise NotAllowed("Its owner invites to a design.", ("designId",))
    if not 1 <= days <= DAYS_MAX:
        raise InvalidInput(f"An invitation is good for 1 to {DAYS_MAX} days, not {days}.", ("days",))
    address = await _others_address(deps, viewer, email) if email is not None else None
    token, wall = secrets.token_urlsafe(32), deps.wall()
    invitation = Invitation(
        id=hash_link(token),
        design=design.id,
        role=checked_role(role),
        by=design.account,
        created_at=wall,
        expires_at=wall + timedelta(days=days),
        sequence=design.sequence,
        email=address,
    )
    await deps.stores.invitations.insert(invitation)
    return Invited(invitation, None if address else token)


async def _others_address(deps: Deps, viewer: Viewer, email: str) -> str:
    """Check an address to invite; raises InvalidInput for one's own."""
    address, account = checked_email(email), await deps.stores.accounts.find(viewer.account)
    if account is not None and account.email == address:
        raise InvalidInput("This is your own address.", ("email",))
    return address


async def revoke_invitation(deps: Deps, viewer: Viewer | None, invitation_id: str) -> Invited:
    """Revoke an invitation; who has joined with it stays until taken out. Who comes later, even at once, does not."""
    viewer = signed_in(viewer)
    await deps.stores.invitations.revoke(invitation_id, viewer.account, deps.wall())
    revoked = await deps.stores.invitations.find(invitation_id, {"by": viewer.account})
    if revoked is None:
        raise no_such("invitation", "invitationId")
    return Invited(revoked, None)


async def accept_invitation(
    deps: Deps, viewer: Viewer | None, token: str | None, invitation_id: str | None
) -> DesignChange:
    """Join a design with a link's token, or with an invitation to the viewer's own address."""
    viewer = signed_in(viewer)
    if (token is None) is (invitation_id is None):
        raise InvalidInput(
            "Give the token of a link, or the invitationId of an invitation to your address.", ("token",)
        )
    named = "token" if invitation_id is None else "invitationId"
    refused = NotFound("There is no such invitation, or it is over.", (named,))
    found = await _invitation_for(deps, viewer, token, invitation_id or "")
    if found is None:
        raise refused

    def decide(head: DesignChange) -> DesignChange | None:
        try:
            return joined(head, viewer.account, found.role, (found.sequence, found.created_at), deps.now())
        except Refusal as refusal:
            raise refusal.below(named) from None

    async def write(change: DesignChange) -> None:
        await append_together(deps, deps.stores.design_changes, [change], partial(_note, deps, found, viewer, refused))

    change = await append_change(deps, partial(get_head, deps, found.design, refused), decide, write)
    if found.email is not None:  # whoever has this role, or a higher one, has followed it too
        await deps.stores.invitations.accept(found.id, viewer.account, deps.wall())
    return change


async def _invitation_for(deps: Deps, viewer: Viewer, token: str | None, invitation_id: str) -> Invitation | None:
    """Find an open invitation that somebody holds: a link by its secret, any other by whose address it is for."""
    found = await deps.stores.invitations.find(invitation_id if token is None else hash_link(token))
    if found is None or not found.is_open(deps.wall()) or not viewer.buys:
        return None
    if token is not None and found.email is None:
        return found
    account = await deps.stores.accounts.find(viewer.account)
    return found if account is not None and account.email is not None and account.email == found.email else None


async def _note(deps: Deps, invitation: Invitation, viewer: Viewer, refused: NotFound, within: Transaction) -> None:
    """Note on an invitation that somebody joins with it; raises `refused` once it is over, so that nobody comes in."""
    if not await deps.stores.invitations.accept(invitation.id, viewer.account, deps.wall(), within):
        raise refused


async def find_link(deps: Deps, token: str) -> Invited | None:
    """Find an open invitation by its link's secret, which is all the right it takes to look at it."""
    found = await deps.stores.invitations.find(hash_link(token))
    return Invited(found, None) if found is not None and found.is_open(deps.wall()) else None


async def find_invitation(deps: Deps, viewer: Viewer, invitation_id: str) -> Invited | None:
    """Find an invitation of the viewer's own, or an open one to their address."""
    found = await deps.stores.invitations.find(invitation_id, {"by": viewer.account})
    found = found or await _invitation_for(deps, viewer, None, invitation_id)
    return Invited(found, None) if found else None


async def open_invitations(deps: Deps, viewer: Viewer, page: Page) -> list[Invited]:
    """Read the invitations to the viewer's own address that are still open and that they have not followed."""
    account = await deps.stores.accounts.find(viewer.account)
    if account is None or account.email is None:
        return []
    followed = {f"accepted.{account.id}": {"$exists": False}}
    still_open = {"email": account.email, "revoked_at": None, "expires_at": {"$gt": deps.wall()}, **followed}
    return [Invited(found, None) for found in await deps.stores.invitations.page(still_open, page)]
