"""Facts that a unit's state keeps of its quality, and how one more event joins them, in whatever order they come."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.configuration.configuration import Selections
from app.domain.unit.event import Component, Disposer, Disposition, Event, Measurement, Media

FAILED_MAX, FAILED_MEDIA_MAX = 10, 5
PAST_CHOICES_MAX = 50


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
    """The component fitted last at one place of the unit."""

    component: Component
    occurred_at: datetime
    event: str


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


def latest_failed(known: Mapping[str, Failed], event: Event) -> Mapping[str, Failed]:
    """Remember a failure with what did not pass, by its id; only the latest are kept."""
    evidence = tuple(measurement for measurement in event.measurements if not measurement.passed)
    media = event.media[:FAILED_MEDIA_MAX]
    failed = Failed(event.key, event.occurred_at, event.operation, evidence, event.defect, media)
    found = {**known, failure_id(event.key): failed}
    latest = sorted(found, key=lambda key: (found[key].occurred_at, key))[-FAILED_MAX:]
    return {key: found[key] for key in latest}


def latest_fitted(known: Mapping[str, Fitted], event: Event) -> Mapping[str, Fitted]:
    """Put a component in its place, unless another one was fitted there later."""
    if event.component is None:
        return known
    place, fitted = event.component.place, Fitted(event.component, event.occurred_at, event.key)
    other = known.get(place)
    if other is not None and (other.occurred_at, other.event) > (fitted.occurred_at, fitted.event):
        return known
    return {**known, place: fitted}


def latest_disposed(known: Mapping[str, Disposed], event: Event) -> Mapping[str, Disposed]:
    """Take a disposition, unless a later one of the same nonconformance is known."""
    entry = event.disposal
    assert entry is not None and entry.disposition is not None
    disposed = Disposed(entry.disposition, entry.by, event.occurred_at, event.key, entry.conceded)
    other = known.get(entry.nonconformance)
    if other is not None and (other.at, other.event) > (disposed.at, disposed.event):
        return known
    return {**known, entry.nonconformance: disposed}


def past_choices(known: tuple[PastChoice, ...], before: Selections, event: Event) -> tuple[PastChoice, ...]:
    """Remember what a change of the design took away, and when; only the latest are kept."""
    assert event.change is not None
    wanted = event.change.selections
    past = (
        PastChoice(group, tuple(before.get(group, ())), event.occurred_at)
        for group in dict.fromkeys((*before, *wanted))
        if tuple(before.get(group, ())) != tuple(wanted.get(group, ()))
    )
    return (*known, *past)[-PAST_CHOICES_MAX:]
