"""Inviting to a design: by a link that nobody can guess, or to the account with an e-mail address."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from app.actions.account import checked_email
from app.actions.design import append_change, authorised, find_design
from app.domain.design import Design, DesignChange, Role, joined
from app.domain.refusal import InvalidInput, NotAllowed, NotFound
from app.domain.viewer import Viewer
from app.store.design import Invitation
from app.store.page import Place
from app.world import World

DAYS_MAX = 90
GRANTED = (Role.VIEWER, Role.COMMENTER, Role.EDITOR)


@dataclass(frozen=True)
class Invited:
    """`token` is told once, to the owner: it is stored hashed. None for an invitation by e-mail address."""

    invitation: Invitation
    token: str | None


def hash_link(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def invite_to_design(
    world: World, viewer: Viewer | None, design_id: str, role: Role, email: str | None, days: int
) -> Invited:
    """Invite to a design. Whether an address has an account is never told: its owner finds the invitation, if any."""
    design = await _owned(world, viewer, design_id)
    if role not in GRANTED:
        raise InvalidInput("A design has one owner.", ("role",))
    if not 1 <= days <= DAYS_MAX:
        raise InvalidInput(f"An invitation is good for 1 to {DAYS_MAX} days, not {days}.", ("days",))
    address = checked_email(email) if email is not None else None
    token, wall = secrets.token_urlsafe(32), world.wall()
    invitation = Invitation(
        id=hash_link(token),
        design=design.id,
        role=role,
        by=design.account,
        created_at=wall,
        expires_at=wall + timedelta(days=days),
        sequence=design.sequence,
        email=address,
    )
    await world.stores.invitations.insert(invitation)
    return Invited(invitation, None if address else token)


async def revoke_invitation(world: World, viewer: Viewer | None, invitation_id: str) -> Invited:
    """Revoke an invitation; who has joined with it stays until taken out."""
    found = await world.stores.invitations.find(invitation_id)
    if found is None:
        raise NotFound("There is no such invitation.", ("invitationId",))
    await _owned(world, viewer, found.design)
    await world.stores.invitations.revoke(found.id, world.wall())
    revoked = await world.stores.invitations.find(found.id)
    assert revoked is not None
    return Invited(revoked, None)


async def accept_invitation(
    world: World, viewer: Viewer | None, token: str | None, invitation_id: str | None
) -> DesignChange:
    """Join a design with a link's token, or with an invitation to the viewer's own address."""
    viewer = authorised(viewer)
    refused = NotFound("There is no such invitation, or it is over.", ("token",))
    found = await world.stores.invitations.find(hash_link(token) if token is not None else invitation_id or "")
    if found is None or found.revoked_at is not None or found.expires_at <= world.wall() or not viewer.buys:
        raise refused
    if found.email is not None or token is None:
        account = await world.stores.accounts.find(viewer.account)
        if found.email is None or account is None or account.email != found.email:
            raise refused
    return await append_change(
        world, found.design, lambda head: joined(head, viewer.account, found.role, found.sequence, world.now())
    )


async def _owned(world: World, viewer: Viewer | None, design_id: str) -> Design:
    design = await find_design(world, authorised(viewer), design_id)
    if design is None:
        raise NotFound("There is no such design.", ("designId",))
    if design.account != authorised(viewer).account:
        raise NotAllowed("Its owner invites to a design.", ("designId",))
    return design


async def open_invitations(world: World, viewer: Viewer, after: Place | None, limit: int) -> list[Invited]:
    """Read the invitations to the viewer's own address that are still good."""
    account = await world.stores.accounts.find(viewer.account)
    if account is None or account.email is None:
        return []
    good = {"email": account.email, "revoked_at": None, "expires_at": {"$gt": world.wall()}}
    return [Invited(found, None) for found in await world.stores.invitations.page(good, after, limit)]
