"""What a line's plan stands on, and the entries of the line's own journal."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.line.calendar import Stop


class PlanChangeKind(StrEnum):
    """What changed a line's plan."""

    RESERVED = "RESERVED"
    REPLANNED = "REPLANNED"
    STOPPED = "STOPPED"
    RESUMED = "RESUMED"


@dataclass(frozen=True)
class Tail:
    """The last place that was given to a unit, its planned start, and the places before it with limited options.

    `limited`: (place, start, options) of the units that count for the capacities of the next place. `taken`: places
    behind the last one whose units have begun out of turn.
    """

    position: int = 0
    starts_at: datetime | None = None
    limited: tuple[tuple[int, datetime, tuple[str, ...]], ...] = ()
    taken: tuple[int, ...] = ()


@dataclass(frozen=True)
class LineState:
    """What a line's plan stands on: its tail, the stops that are known, and the last place that is frozen.

    `version` counts the changes and is the lock: of two writers that follow the same version, the first one wins.
    `frozen` never goes down. `changes` counts the units that were changed to an option with a capacity.
    """

    version: int = 0
    tail: Tail = Tail()
    stops: tuple[Stop, ...] = ()
    frozen: int = 0
    changes: int = 0


@dataclass(frozen=True)
class PlanChange:
    """One entry of a line's own journal, numbered 1, 2, 3 … without holes, written after the units have their places.

    `moved`: how many units got another place or time by this `version` of the plan; each unit's plan says which.
    """

    line: str
    sequence: int
    kind: PlanChangeKind
    occurred_at: datetime
    version: int
    moved: int = 0
    stop: Stop | None = None
