"""A co-designed configuration over time: its journal of changes and the design after each.

A change that alters the configuration, or the title, is a revision and carries its number; comments, proposals and
votes are changes too, but no revisions. The state keeps what is open (members, open proposals); what is closed stays
in the journal alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.configuration import Selections
from app.domain.refusal import Conflict, InvalidInput, NotAllowed, NotFound, NotPossible, RefusalCode

TITLE_LENGTH_MAX = 120
TEXT_LENGTH_MAX = 2_000
MEMBERS_MAX = 50
OPEN_PROPOSALS_MAX = 50


class DesignChangeKind(StrEnum):
    STARTED = "STARTED"
    REVISED = "REVISED"
    RESTORED = "RESTORED"
    JOINED = "JOINED"
    LEFT = "LEFT"
    OPENED = "OPENED"
    CLOSED = "CLOSED"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"
    COMMENTED = "COMMENTED"
    PROPOSED = "PROPOSED"
    VOTED = "VOTED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


class Role(StrEnum):
    """What somebody may do with a design; each may what those before it may."""

    VIEWER = "VIEWER"
    COMMENTER = "COMMENTER"
    EDITOR = "EDITOR"
    OWNER = "OWNER"


RANK = {role: rank for rank, role in enumerate(Role)}
ENGINEER_ROLE = Role.COMMENTER
"""What the factory's engineers may do with a design that was opened to them."""


class Vote(StrEnum):
    FOR = "FOR"
    AGAINST = "AGAINST"


@dataclass(frozen=True)
class Comment:
    """`group`: the option group it is about. `reply_to`: the sequence of the comment it answers."""

    text: str
    group: str | None = None
    reply_to: int | None = None


@dataclass(frozen=True)
class Proposal:
    """A set of changes that the owner accepts or declines as one step; known by the sequence of its change.

    `changes` holds the groups it sets, an empty choice clearing one; it applies to the design as it is when accepted.
    `engraving` None leaves it as it is, an empty one takes it away.
    """

    sequence: int
    author: str
    note: str | None
    changes: Selections
    engraving: str | None
    votes: Mapping[str, Vote] = field(default_factory=dict)


@dataclass(frozen=True)
class Design:
    """A design as it stands after `sequence` changes. Owner, authors and members are account ids, never names.

    `removed`: whom the owner took out, and at which change. `opened`: the factory's engineers may see it.
    `published_at`: anybody may, without its people.
    """

    id: str
    account: str
    model: str
    title: str
    selections: Selections
    engraving: str | None
    revision: int
    author: str
    started_at: datetime
    revised_at: datetime
    sequence: int = 1
    members: Mapping[str, Role] = field(default_factory=dict)
    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    removed: Mapping[str, int] = field(default_factory=dict)
    opened: bool = False
    published_at: datetime | None = None
    forked_from: str | None = None

    def role_of(self, account: str) -> Role | None:
        return Role.OWNER if account == self.account else self.members.get(account)


@dataclass(frozen=True)
class DesignChange:
    """One entry of a design's journal, numbered 1, 2, 3 … without holes, with the design after it.

    `revision` is the number of the revision that it made, if it made one.
    """

    design: str
    sequence: int
    kind: DesignChangeKind
    author: str
    occurred_at: datetime
    state: Design
    revision: int | None = None
    comment: Comment | None = None
    proposal: Proposal | None = None


def started(design: Design) -> DesignChange:
    """Begin a design's journal."""
    return DesignChange(design.id, 1, DesignChangeKind.STARTED, design.author, design.started_at, design, 1)


def changed(
    head: DesignChange, kind: DesignChangeKind, author: str, now: datetime, state: Mapping[str, Any], **more: Any
) -> DesignChange:
    """Make the next change, with what it alters in the state."""
    sequence = head.sequence + 1
    return DesignChange(
        head.design, sequence, kind, author, now, replace(head.state, sequence=sequence, **state), **more
    )


def revised(
    head: DesignChange,
    kind: DesignChangeKind,
    author: str,
    now: datetime,
    state: Mapping[str, Any],
    proposal: Proposal | None = None,
) -> DesignChange:
    """Make the next change as a revision."""
    number = head.state.revision + 1
    return changed(
        head,
        kind,
        author,
        now,
        {"revision": number, "author": author, "revised_at": now, **state},
        revision=number,
        proposal=proposal,
    )


def check_revision(head: DesignChange, expected_revision: int) -> None:
    """Raise Conflict where the design has moved on since the author looked."""
    if head.state.revision != expected_revision:
        raise Conflict(
            f"The design is at revision {head.state.revision}, not {expected_revision}.",
            head.state.revision,
            ("expectedRevision",),
        )


def joined(head: DesignChange, account: str, role: Role, invited_at: int, now: datetime) -> DesignChange | None:
    """Let somebody in, or give them another role; None where they have that role, or own the design.

    An invitation made before the owner took them out (`invited_at`, a sequence) does not bring them back.
    """
    state = head.state
    if state.removed.get(account, 0) > invited_at:
        raise NotFound("There is no such invitation, or it is over.", ("token",))
    if state.role_of(account) in (role, Role.OWNER):
        return None
    if account not in state.members and len(state.members) >= MEMBERS_MAX:
        raise NotPossible(RefusalCode.TOO_LATE, f"A design has at most {MEMBERS_MAX} members.", ("token",))
    return changed(head, DesignChangeKind.JOINED, account, now, {"members": {**state.members, account: role}})


def left(head: DesignChange, by: str, account: str, now: datetime) -> DesignChange:
    """Take somebody out: the owner anybody, a member themselves."""
    if account not in head.state.members:
        raise NotFound("There is no such member.", ("accountId",))
    if by not in (head.state.account, account):
        raise NotAllowed("Only its owner takes others out of a design.", ("accountId",))
    members = {member: role for member, role in head.state.members.items() if member != account}
    removed = head.state.removed if by == account else {**head.state.removed, account: head.sequence + 1}
    return changed(head, DesignChangeKind.LEFT, by, now, {"members": members, "removed": removed})


def commented(head: DesignChange, author: str, comment: Comment, now: datetime) -> DesignChange:
    return changed(head, DesignChangeKind.COMMENTED, author, now, {}, comment=comment)


def proposed(
    head: DesignChange, author: str, note: str | None, changes: Selections, engraving: str | None, now: datetime
) -> DesignChange:
    """Put a proposal beside the configuration; raises NotPossible where too many are open."""
    state = head.state
    if not changes and engraving is None:
        raise InvalidInput("A proposal changes something.", ("selections",))
    if len(state.proposals) >= OPEN_PROPOSALS_MAX:
        message = f"At most {OPEN_PROPOSALS_MAX} proposals are open at a time."
        raise NotPossible(RefusalCode.TOO_LATE, message, ("designId",))
    proposal = Proposal(head.sequence + 1, author, note, changes, engraving)
    proposals = {**state.proposals, str(proposal.sequence): proposal}
    return changed(head, DesignChangeKind.PROPOSED, author, now, {"proposals": proposals}, proposal=proposal)


def voted(head: DesignChange, author: str, proposal: int, vote: Vote | None, now: datetime) -> DesignChange | None:
    """Count a vote, in place of an earlier one; None takes it back. Nothing where it is so already."""
    open_proposal = open_proposal_of(head, proposal)
    if open_proposal.votes.get(author) == vote:
        return None
    votes = {account: cast for account, cast in open_proposal.votes.items() if account != author}
    after = replace(open_proposal, votes=votes if vote is None else {**votes, author: vote})
    proposals = {**head.state.proposals, str(proposal): after}
    return changed(head, DesignChangeKind.VOTED, author, now, {"proposals": proposals}, proposal=after)


def settled(
    head: DesignChange, author: str, proposal: int, accepted: Mapping[str, Any] | None, now: datetime
) -> DesignChange:
    """Close a proposal: with what accepting it makes of the configuration, as a revision, or declined."""
    closing = open_proposal_of(head, proposal)
    left_open = {key: other for key, other in head.state.proposals.items() if key != str(proposal)}
    if accepted is None:
        return changed(head, DesignChangeKind.DECLINED, author, now, {"proposals": left_open}, proposal=closing)
    state = {**accepted, "proposals": left_open}
    return revised(head, DesignChangeKind.ACCEPTED, author, now, state, closing)


def open_proposal_of(head: DesignChange, proposal: int) -> Proposal:
    found = head.state.proposals.get(str(proposal))
    if found is None:
        raise NotFound("There is no such open proposal.", ("proposalId",))
    return found


def checked_title(title: str) -> str:
    title = title.strip()
    if not title or len(title) > TITLE_LENGTH_MAX:
        raise InvalidInput(f"A title has 1 to {TITLE_LENGTH_MAX} characters.", ("title",))
    return title


def checked_text(text: str, *path: str) -> str:
    """Trim what somebody writes; raises InvalidInput naming the limit."""
    text = text.strip()
    if not 1 <= len(text) <= TEXT_LENGTH_MAX:
        raise InvalidInput(f"Give 1 to {TEXT_LENGTH_MAX} characters.", path)
    return text
