"""Facts that a unit's state keeps: each is an earliest, a latest or one of a set, so that order never matters."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from app.domain.unit.component import Component
from app.domain.unit.disposition import Disposer, Disposition
from app.domain.unit.evidence import Measurement, Media


@dataclass(frozen=True)
class Times:
    """Earliest reported start and completion of one operation."""

    started_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True)
class Reading:
    """The latest measurement of one characteristic and the event that brought it."""

    measurement: Measurement
    occurred_at: datetime
    event: str


@dataclass(frozen=True)
class Attempt:
    """One inspection at an operation and its verdict."""

    passed: bool
    occurred_at: datetime
    event: str


@dataclass(frozen=True)
class Failed:
    """What once failed: kept when it has been settled, for the history of the unit and the figures of its line."""

    event: str
    occurred_at: datetime
    operation: str | None
    evidence: tuple[Measurement, ...] = ()
    defect: str | None = None
    media: tuple[Media, ...] = ()


@dataclass(frozen=True)
class Fitted:
    """The component fitted last at one position of the unit."""

    component: Component
    occurred_at: datetime
    event: str


@dataclass(frozen=True)
class Requested:
    """A question to the customer; it is kept when it has been answered."""

    raised_at: datetime
    deadline: datetime
    evidence: tuple[Measurement, ...]
    media: tuple[Media, ...] = ()


@dataclass(frozen=True)
class Decided:
    """The answer to a question: by the customer, whose key it names as a hash, or by default at the deadline."""

    choice: str
    decided_at: datetime
    idempotency_key: str | None = None
    conceded: tuple[Measurement, ...] = ()


@dataclass(frozen=True)
class Disposed:
    """The latest disposition of one nonconformance."""

    disposition: Disposition
    by: Disposer
    at: datetime
    event: str
    conceded: tuple[Measurement, ...] = ()


@dataclass(frozen=True)
class PastChoice:
    """What was chosen in a group until a change was accepted."""

    group: str
    options: tuple[str, ...]
    until: datetime


def failure_id(event: str) -> str:
    """Name what an event (its key) brought to light: the id of its nonconformance and of its decision."""
    return hashlib.sha256(event.encode()).hexdigest()[:16]


def earliest(known: datetime | None, reported: datetime) -> datetime:
    return reported if known is None else min(known, reported)


def latest(known: datetime | None, reported: datetime) -> datetime:
    return reported if known is None else max(known, reported)
