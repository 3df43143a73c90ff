"""Inviting to a design: by a link that nobody can guess, or to the account with an e-mail address."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from app.actions.account import checked_email
from app.actions.design import append_change, authorised, find_design
from app.domain.design import DesignChange, Role
from app.domain.member import checked_role, joined
from app.domain.refusal import InvalidInput, NotAllowed, NotFound, Refusal
from app.domain.viewer import Viewer
from app.store.database import Transaction
from app.store.design import Invitation
from app.store.page import Place
from app.world import World

DAYS_MAX = 90


@dataclass(frozen=True)
class Invited:
    """`token` is told once, to the owner: it is stored hashed. None for an invitation by e-mail address."""

    invitation: Invitation
    token: str | None


def hash_link(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


async def invite_to_design(
    world: World, viewer: Viewer | None, design_id: str, role: Role, email: str | None, days: int
) -> Invited:
    """Invite to a design. Whether an address has an account is never told: it gets a mail, and finds the invitation."""
    viewer = authorised(viewer)
    design = await find_design(world, viewer, design_id)
    if design is None:
        raise NotFound("There is no such design.", ("designId",))
    if design.account != viewer.account:
        raise NotAllowed("Its owner invites to a design.", ("designId",))
    if not 1 <= days <= DAYS_MAX:
        raise InvalidInput(f"An invitation is good for 1 to {DAYS_MAX} days, not {days}.", ("days",))
    address = await _others_address(world, viewer, email) if email is not None else None
    token, wall = secrets.token_urlsafe(32), world.wall()
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
    await world.stores.invitations.insert(invitation)
    return Invited(invitation, None if address else token)


async def _others_address(world: World, viewer: Viewer, email: str) -> str:
    """Check an address to invite; raises InvalidInput for one's own."""
    address, account = checked_email(email), await world.stores.accounts.find(viewer.account)
    if account is not None and account.email == address:
        raise InvalidInput("This is your own address.", ("email",))
    return address


async def revoke_invitation(world: World, viewer: Viewer | None, invitation_id: str) -> Invited:
    """Revoke an invitation; who has joined with it stays until taken out. Who comes later, even at once, does not."""
    viewer = authorised(viewer)
    await world.stores.invitations.revoke(invitation_id, viewer.account, world.wall())
    revoked = await world.stores.invitations.find(invitation_id, {"by": viewer.account})
    if revoked is None:
        raise NotFound("There is no such invitation.", ("invitationId",))
    return Invited(revoked, None)


async def accept_invitation(
    world: World, viewer: Viewer | None, token: str | None, invitation_id: str | None
) -> DesignChange:
    """Join a design with a link's token, or with an invitation to the viewer's own address."""
    viewer = authorised(viewer)
    if (token is None) is (invitation_id is None):
        raise InvalidInput(
            "Give the token of a link, or the invitationId of an invitation to your address.", ("token",)
        )
    named = "token" if invitation_id is None else "invitationId"
    refused = NotFound("There is no such invitation, or it is over.", (named,))
    found = await _invitation_for(world, viewer, token, invitation_id or "")
    if found is None:
        raise refused

    def decide(head: DesignChange) -> DesignChange | None:
        try:
            return joined(head, viewer.account, found.role, (found.sequence, found.created_at), world.now())
        except Refusal as refusal:
            raise refusal.below(named) from None

    async def write(change: DesignChange) -> None:
        await _join(world, found, change, refused)

    change = await append_change(world, found.design, decide, refused, write)
    if found.email is not None:  # whoever has this role, or a higher one, has followed it too
        await world.stores.invitations.accept(found.id, viewer.account, world.wall())
    return change


async def _invitation_for(world: World, viewer: Viewer, token: str | None, invitation_id: str) -> Invitation | None:
    """Find an open invitation that somebody holds: a link by its secret, any other by whose address it is for."""
    found = await world.stores.invitations.find(invitation_id if token is None else hash_link(token))
    if found is None or not found.is_open(world.wall()) or not viewer.buys:
        return None
    if token is not None and found.email is None:
        return found
    account = await world.stores.accounts.find(viewer.account)
    return found if account is not None and account.email is not None and account.email == found.email else None


async def _join(world: World, invitation: Invitation, change: DesignChange, refused: NotFound) -> None:
    """Append the change and note it on the invitation, both or neither: so no one comes in once it is revoked."""

    async def write(transaction: Transaction) -> None:
        invitations, wall = world.stores.invitations, world.wall()
        if not await invitations.accept(invitation.id, change.author, wall, transaction):
            raise refused
        await world.stores.design_changes.append_within(transaction, [change])

    await world.stores.database.in_transaction(write)
    await world.stores.design_changes.announce(change)


async def find_link(world: World, token: str) -> Invited | None:
    """Find an open invitation by its link's secret, which is all the right it takes to look at it."""
    found = await world.stores.invitations.find(hash_link(token))
    return Invited(found, None) if found is not None and found.is_open(world.wall()) else None


async def find_invitation(world: World, viewer: Viewer, invitation_id: str) -> Invited | None:
    """Find an invitation of the viewer's own, or an open one to their address."""
    found = await world.stores.invitations.find(invitation_id, {"by": viewer.account})
    found = found or await _invitation_for(world, viewer, None, invitation_id)
    return Invited(found, None) if found else None


async def open_invitations(world: World, viewer: Viewer, after: Place | None, limit: int) -> list[Invited]:
    """Read the invitations to the viewer's own address that are still open and that they have not followed."""
    account = await world.stores.accounts.find(viewer.account)
    if account is None or account.email is None:
        return []
    followed = {f"accepted.{account.id}": {"$exists": False}}
    still_open = {"email": account.email, "revoked_at": None, "expires_at": {"$gt": world.wall()}, **followed}
    return [Invited(found, None) for found in await world.stores.invitations.page(still_open, after, limit)]


async def invitations_of(world: World, design_id: str, after: Place | None, limit: int) -> list[Invited]:
    """Read a design's invitations, open or over: for its owner."""
    return [Invited(found, None) for found in await world.stores.invitations.page({"design": design_id}, after, limit)]
