"""Who takes part in a design: who comes in, in which role, and who goes."""

from datetime import datetime

from app.domain.design.design import RANK, Decided, DesignChange, DesignChangeKind, Membership, Role, changed
from app.domain.design.proposal import without_vote
from app.domain.shared.refusal import InvalidInput, NotAllowed, NotFound, NotPossible, RefusalCode

MEMBERS_MAX = 50
PEOPLE_MAX = 500


def joined(head: DesignChange, account: str, role: Role, invited: Decided, now: datetime) -> DesignChange | None:
    """Let somebody in, or give them a higher role; None where they have that role, or a higher one.

    Raises NotAllowed for the owner, who is in already.

    The owner's last word counts: an invitation from before it (before the one that somebody came with, or before they
    were taken out) brings nobody back and changes no role.
    """
    state = head.state
    if account == state.account:
        raise NotAllowed("This design is yours: you need no invitation.")
    present = state.role_of(account)
    if present is not None and RANK[present] >= RANK[role]:
        return None
    if state.decided.get(account, invited) > invited:
        raise NotFound("There is no such invitation, or it is over.")
    if account not in state.members and len(state.members) >= MEMBERS_MAX:
        raise NotPossible(RefusalCode.LIMIT_REACHED, f"A design has at most {MEMBERS_MAX} members.")
    if account not in state.decided and len(state.decided) >= PEOPLE_MAX:
        raise NotPossible(RefusalCode.LIMIT_REACHED, f"At most {PEOPLE_MAX} people come and go in a design.")
    return _with_role(head, account, account, role, invited, now)


def role_given(head: DesignChange, account: str, role: Role, wall: datetime, now: datetime) -> DesignChange | None:
    """Give a member another role, as the owner; None where they have it."""
    if account not in head.state.members:
        raise NotFound("There is no such member.", ("accountId",))
    if head.state.members[account] == role:
        return None
    return _with_role(head, head.state.account, account, role, (head.sequence + 1, wall), now)


def _with_role(
    head: DesignChange, author: str, account: str, role: Role, decided: Decided, now: datetime
) -> DesignChange:
    state = {
        "members": {**head.state.members, account: role},
        "decided": {**head.state.decided, account: decided},
    }
    known = account in head.state.members
    kind = DesignChangeKind.ROLE_CHANGED if known else DesignChangeKind.JOINED
    return changed(head, kind, author, now, state, member=Membership(account, role))


def checked_role(role: Role) -> Role:
    """Check a role to give; raises InvalidInput for the owner's."""
    if role is Role.OWNER:
        raise InvalidInput("A design has one owner.", ("role",))
    return role


def left(head: DesignChange, by: str, account: str, wall: datetime, now: datetime) -> DesignChange:
    """Take somebody out, with their votes: the owner anybody, a member themselves."""
    if account not in head.state.members:
        raise NotFound("There is no such member.", ("accountId",))
    if by not in (head.state.account, account):
        raise NotAllowed("Only its owner takes others out of a design.", ("accountId",))
    members = {member: role for member, role in head.state.members.items() if member != account}
    decided = head.state.decided if by == account else {**head.state.decided, account: (head.sequence + 1, wall)}
    proposals = {key: without_vote(proposal, account) for key, proposal in head.state.proposals.items()}
    state = {"members": members, "decided": decided, "proposals": proposals}
    went = Membership(account, head.state.members[account])
    return changed(head, DesignChangeKind.LEFT, by, now, state, member=went)
