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

from app.domain.configuration.configuration import Selections
from app.domain.shared.idempotency import Request
from app.domain.shared.refusal import Conflict
from app.domain.shared.text import all_languages

DEFAULT_TITLE = all_languages("My design", "我的设计", "Ma création", "Mein Entwurf")


class DesignChangeKind(StrEnum):
    STARTED = "STARTED"
    REVISED = "REVISED"
    RESTORED = "RESTORED"
    JOINED = "JOINED"
    ROLE_CHANGED = "ROLE_CHANGED"
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


@dataclass(frozen=True)
class Membership:
    """Somebody who came, went or got another role; `role` is the one that they then have, or that they had."""

    account: str
    role: Role


class Vote(StrEnum):
    FOR = "FOR"
    AGAINST = "AGAINST"


Decided = tuple[int, datetime]
"""When the owner decided something about somebody: the design's sequence then, and the wall's time, for two decisions
may follow the same change."""


@dataclass(frozen=True)
class Comment:
    """`group`: the option group it is about. `reply_to`: the sequence of the comment it answers."""

    text: str
    group: str | None = None
    reply_to: int | None = None


@dataclass(frozen=True)
class Proposal:
    """A set of changes that the owner accepts or declines as one step; known by the sequence of its change.

    `changes` holds the groups that it sets, an empty choice clearing one; `added` and `removed` what it adds to and
    takes from groups of many choices: so, applied to the design as it is when accepted, it undoes nothing that others
    changed there. `engraving` None leaves it as it is, an empty one takes it away. The note stands in the change that
    made the proposal and nowhere else.
    """

    sequence: int
    author: str
    changes: Selections
    engraving: str | None
    votes: Mapping[str, Vote] = field(default_factory=dict)
    note: str | None = None
    added: Selections = field(default_factory=dict)
    removed: Selections = field(default_factory=dict)


@dataclass(frozen=True)
class Publication:
    """What the gallery shows of a design: one revision of it, under a title of its own or, None, its model's name."""

    revision: int
    selections: Selections
    title: str | None = None


@dataclass(frozen=True)
class Design:
    """A design as it stands after `sequence` changes. Owner, authors and members are account ids, never names.

    `decided`: the owner's last word about everybody who was ever in: when the invitation they came with was made, or
    when they got another role or were taken out. `opened`: the factory's engineers may see it. `published_at`: anybody
    may see its `publication`; a design has both or neither.
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
    decided: Mapping[str, Decided] = field(default_factory=dict)
    opened: bool = False
    published_at: datetime | None = None
    publication: Publication | None = None
    forked_from: str | None = None

    def role_of(self, account: str) -> Role | None:
        return Role.OWNER if account == self.account else self.members.get(account)


@dataclass(frozen=True)
class DesignChange:
    """One entry of a design's journal, numbered 1, 2, 3 … without holes, with the design after it.

    `revision` is the number of the revision that it made, if it made one; `member` whom it let in or out; `request`
    what its author named it by, for the same again to answer the same.
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
    member: Membership | None = None
    request: Request | None = None


def started(design: Design) -> DesignChange:
    """Begin a design's journal."""
    return DesignChange(design.id, 1, DesignChangeKind.STARTED, design.author, design.started_at, design, 1)


def changed(
    head: DesignChange, kind: DesignChangeKind, author: str, now: datetime, state: Mapping[str, Any], **more: Any
) -> DesignChange:
    """Make the next change, with what it alters in the state."""
    sequence = head.sequence + 1
    after = replace(head.state, sequence=sequence, **state)
    return DesignChange(head.design, sequence, kind, author, now, after, **more)


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


def alters(design: Design, content: Mapping[str, Any]) -> bool:
    """Tell whether some content of a revision is another than what the design has."""
    return any(getattr(design, name) != value for name, value in content.items())


def check_revision(head: DesignChange, expected_revision: int) -> None:
    """Raise Conflict where the design has moved on since the author looked."""
    if head.state.revision != expected_revision:
        raise Conflict(
            f"The design is at revision {head.state.revision}, not {expected_revision}.",
            head.state.revision,
            ("expectedRevision",),
        )


def commented(head: DesignChange, author: str, comment: Comment, now: datetime) -> DesignChange:
    return changed(head, DesignChangeKind.COMMENTED, author, now, {}, comment=comment)
