"""A co-designed configuration over time: its journal of changes and the design after each.

A change that alters the configuration, or the title, is a revision and carries its number; comments, proposals and
votes are changes too, but no revisions. The state keeps what is open (members, open proposals); what is closed stays
in the journal alone.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.character import described, is_written, says_something
from app.domain.configuration import Selections
from app.domain.refusal import Conflict, InvalidInput
from app.domain.text import all_languages

DEFAULT_TITLE = all_languages("My design", "我的设计", "Ma création", "Mein Entwurf")
TITLE_LENGTH_MAX = 120
TEXT_LENGTH_MAX = 2_000


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
    made the proposal and nowhere else. Journals from before have it in each state, and groups of many in `changes`.
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
    may see its `publication`, which only journals from before do without: they show the design itself.
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

    `revision` is the number of the revision that it made, if it made one; `member` whom it let in or out.
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


def started(design: Design) -> DesignChange:
    """Begin a design's journal."""
    return DesignChange(design.id, 1, DesignChangeKind.STARTED, design.author, design.started_at, design, 1)


def changed(
    head: DesignChange, kind: DesignChangeKind, author: str, now: datetime, state: Mapping[str, Any], **more: Any
) -> DesignChange:
    """Make the next change, with what it alters in the state."""
    sequence = head.sequence + 1
    before = replace(head.state, publication=publication_of(head.state))
    after = without_notes(replace(before, sequence=sequence, **state))
    return DesignChange(head.design, sequence, kind, author, now, after, **more)


def publication_of(design: Design) -> Publication | None:
    """Find what is public of a design, if it is published."""
    if design.published_at is None:
        return None
    return design.publication or Publication(design.revision, design.selections)


def as_published(design: Design) -> Design | None:
    """Show a design as the gallery does, if it is published: no people, no engraving, no title but a public one."""
    shown = publication_of(design)
    if shown is None:
        return None
    return Design(
        id=design.id,
        account="",
        model=design.model,
        title=shown.title or "",
        selections=shown.selections,
        engraving=None,
        revision=shown.revision,
        author="",
        started_at=design.started_at,
        revised_at=design.revised_at,
        sequence=0,
        published_at=design.published_at,
        publication=shown,
    )


def published(head: DesignChange, author: str, title: str | None, now: datetime) -> DesignChange | None:
    """Show the present revision in the gallery; None where it is shown there already under this title."""
    shown = Publication(head.state.revision, head.state.selections, title)
    if publication_of(head.state) == shown:
        return None
    return changed(head, DesignChangeKind.PUBLISHED, author, now, {"published_at": now, "publication": shown})


def withdrawn(head: DesignChange, author: str, now: datetime) -> DesignChange | None:
    """Take a design out of the gallery; None where it is not there."""
    if head.state.published_at is None:
        return None
    return changed(head, DesignChangeKind.WITHDRAWN, author, now, {"published_at": None, "publication": None})


def without_notes(design: Design) -> Design:
    """Leave the notes of proposals where they were made: the state goes into every change."""
    if all(proposal.note is None for proposal in design.proposals.values()):
        return design
    return replace(design, proposals={key: replace(open_, note=None) for key, open_ in design.proposals.items()})


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


LINE_ENDS = "\t\n\r"


def checked_title(title: str) -> str:
    """Trim and normalise (NFC) a title, which is one line; raises InvalidInput naming the limit or the character."""
    return _checked(title, f"A title has 1 to {TITLE_LENGTH_MAX} characters.", TITLE_LENGTH_MAX, "", "title")


def checked_text(text: str, *path: str) -> str:
    """Trim and normalise (NFC) what somebody writes; raises InvalidInput naming the limit or the character."""
    return _checked(text, f"Give 1 to {TEXT_LENGTH_MAX} characters.", TEXT_LENGTH_MAX, LINE_ENDS, *path)


def _checked(text: str, limit: str, length_max: int, also: str, *path: str) -> str:
    """Check a text. What is far too long is refused before it is normalised, which takes time by the square."""
    typed = text.strip()
    normal = typed if len(typed) > 2 * length_max else unicodedata.normalize("NFC", typed)
    if len(normal) > length_max or not says_something(normal):
        raise InvalidInput(limit, path)
    refused = next((symbol for symbol in normal if symbol not in also and not is_written(symbol)), None)
    if refused is not None:
        raise InvalidInput(f"{described(refused)} cannot be used here.", path, refused)
    return normal
