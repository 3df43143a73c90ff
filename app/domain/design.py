"""A co-designed configuration over time: its journal of changes and the state after each."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.domain.configuration import Selections
from app.domain.refusal import Conflict, InvalidInput

TITLE_LENGTH_MAX = 120


class DesignChangeKind(StrEnum):
    STARTED = "STARTED"
    REVISED = "REVISED"


@dataclass(frozen=True)
class Design:
    """A design as it stands at one revision. Owners and authors are account ids, never names."""

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


@dataclass(frozen=True)
class DesignChange:
    """One entry of a design's journal, numbered 1, 2, 3 … without holes, with the design after it."""

    design: str
    sequence: int
    kind: DesignChangeKind
    occurred_at: datetime
    state: Design


def checked_title(title: str) -> str:
    title = title.strip()
    if not title or len(title) > TITLE_LENGTH_MAX:
        raise InvalidInput(f"A title has 1 to {TITLE_LENGTH_MAX} characters.", ("title",))
    return title


def revise(
    head: DesignChange,
    expected_revision: int,
    author: str,
    now: datetime,
    *,
    title: str,
    selections: Selections,
    engraving: str | None,
) -> DesignChange:
    """Make the next revision, or raise Conflict where the design has moved on since the author looked."""
    if head.state.revision != expected_revision:
        raise Conflict(
            f"The design is at revision {head.state.revision}, not {expected_revision}.",
            head.state.revision,
            ("expectedRevision",),
        )
    state = replace(
        head.state,
        title=title,
        selections=selections,
        engraving=engraving,
        revision=head.state.revision + 1,
        author=author,
        revised_at=now,
    )
    return DesignChange(state.id, head.sequence + 1, DesignChangeKind.REVISED, now, state)
