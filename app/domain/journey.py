"""The journey of one unit: what can enter its journal, and the state that follows from it.

`State` is a join of facts: each field keeps an earliest, a latest or a set, so that reports may be permuted and doubled
without changing the outcome. Announcements change only what they announce (`plan`, `requested`, `announced`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.domain.configuration import Selections
from app.domain.event import (
    STAGE_OF,
    TRANSPORT_KINDS,
    Event,
    Measurement,
    Stage,
    StepKind,
)
from app.domain.planning import Plan


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
    """The latest inspection at one operation and its verdict."""

    passed: bool
    occurred_at: datetime
    event: str


@dataclass(frozen=True)
class Requested:
    """A question to the customer; it is kept when it has been answered."""

    raised_at: datetime
    deadline: datetime
    evidence: tuple[Measurement, ...]


@dataclass(frozen=True)
class Decided:
    choice: str
    decided_at: datetime
    idempotency_key: str | None = None


@dataclass(frozen=True)
class State:
    """All that is known of a unit after `sequence` steps."""

    selections: Selections
    engraving: str | None = None
    design_revision: int = 1
    sequence: int = 0
    price_delta: Decimal = Decimal("0.00")
    plan: Plan | None = None
    operations: Mapping[str, Times] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)
    attempts: Mapping[str, Attempt] = field(default_factory=dict)
    rework_started_at: datetime | None = None
    rework_completed_at: datetime | None = None
    component_fitted: bool = False
    transport: Mapping[StepKind, datetime] = field(default_factory=dict)
    requested: Mapping[str, Requested] = field(default_factory=dict)
    decided: Mapping[str, Decided] = field(default_factory=dict)
    announced: tuple[str, ...] = ()
    cancelled_at: datetime | None = None
    scrapped_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Step(Event):
    """An event with its place in the journal of one unit and the state after it."""

    product: str
    model: str
    line: str
    sequence: int
    recorded_at: datetime
    state: State

    @property
    def stage(self) -> Stage:
        return STAGE_OF[self.kind]


@dataclass(frozen=True)
class Unit:
    """What a step says of the unit it belongs to."""

    code: str
    model: str
    line: str


def append(unit: Unit, state: State, event: Event, recorded_at: datetime) -> Step:
    """Give an event the next place in a unit's journal."""
    after = follow(state, event, recorded_at)
    return Step(
        **{name: getattr(event, name) for name in Event.__dataclass_fields__},
        product=unit.code,
        model=unit.model,
        line=unit.line,
        sequence=after.sequence,
        recorded_at=recorded_at,
        state=after,
    )


def follow(state: State, event: Event, recorded_at: datetime) -> State:
    """Fold one event into the state."""
    changes = _FOLDS[event.kind](state, event)
    if event.measurements:
        changes["readings"] = _latest_readings(state, event)
    if event.kind == StepKind.DECISION_REQUESTED and event.decision and event.decision.deadline:
        request = Requested(recorded_at, event.decision.deadline, event.decision.evidence)
        changes["requested"] = {**state.requested, event.decision.id: request}
    return replace(state, sequence=state.sequence + 1, **changes)


Changes = dict[str, Any]


def _earliest(known: datetime | None, reported: datetime) -> datetime:
    return reported if known is None else min(known, reported)


def _latest(known: datetime | None, reported: datetime) -> datetime:
    return reported if known is None else max(known, reported)


def _nothing(state: State, event: Event) -> Changes:
    return {}


def _planned(state: State, event: Event) -> Changes:
    return {"plan": event.plan, "announced": (*state.announced, event.event_id)}


def _announced(state: State, event: Event) -> Changes:
    return {"announced": (*state.announced, event.event_id)}


def _design_changed(state: State, event: Event) -> Changes:
    assert event.change is not None
    return {
        "selections": event.change.selections,
        "design_revision": state.design_revision + 1,
        "price_delta": state.price_delta + event.change.price_delta,
    }


def _cancelled(state: State, event: Event) -> Changes:
    return {"cancelled_at": _earliest(state.cancelled_at, event.occurred_at)}


def _scrapped(state: State, event: Event) -> Changes:
    return {"scrapped_at": _earliest(state.scrapped_at, event.occurred_at)}


def _operation(state: State, event: Event) -> Changes:
    assert event.operation is not None
    times = state.operations.get(event.operation, Times())
    if event.kind == StepKind.OPERATION_STARTED:
        times = replace(times, started_at=_earliest(times.started_at, event.occurred_at))
    else:
        times = replace(times, completed_at=_earliest(times.completed_at, event.occurred_at))
    return {"operations": {**state.operations, event.operation: times}}


def _component(state: State, event: Event) -> Changes:
    return {"component_fitted": True}


def _inspected(state: State, event: Event) -> Changes:
    assert event.operation is not None
    known = state.attempts.get(event.operation)
    if known is not None and (known.occurred_at, known.event) >= (event.occurred_at, event.key):
        return {}
    attempt = Attempt(event.kind == StepKind.INSPECTION_PASSED, event.occurred_at, event.key)
    return {"attempts": {**state.attempts, event.operation: attempt}}


def _latest_readings(state: State, event: Event) -> Mapping[str, Reading]:
    readings = dict(state.readings)
    for measurement in event.measurements:
        known = readings.get(measurement.characteristic)
        if known is None or (known.occurred_at, known.event) <= (event.occurred_at, event.key):
            readings[measurement.characteristic] = Reading(measurement, event.occurred_at, event.key)
    return readings


def _rework_started(state: State, event: Event) -> Changes:
    return {"rework_started_at": _latest(state.rework_started_at, event.occurred_at)}


def _rework_completed(state: State, event: Event) -> Changes:
    return {"rework_completed_at": _latest(state.rework_completed_at, event.occurred_at)}


def _decided(state: State, event: Event) -> Changes:
    entry = event.decision
    assert entry is not None and entry.choice is not None
    decided = Decided(entry.choice, event.occurred_at, entry.idempotency_key)
    return {
        "decided": {**state.decided, entry.id: decided},
        "price_delta": state.price_delta + entry.price_delta,
    }


def _transported(state: State, event: Event) -> Changes:
    at = _latest(state.transport.get(event.kind), event.occurred_at)
    return {"transport": {**state.transport, event.kind: at}}


_FOLDS: Mapping[StepKind, Callable[[State, Event], Changes]] = {
    StepKind.ORDER_PLACED: _nothing,
    StepKind.SCHEDULED: _planned,
    StepKind.RESCHEDULED: _planned,
    StepKind.DESIGN_CHANGED: _design_changed,
    StepKind.ORDER_CANCELLED: _cancelled,
    StepKind.OPERATION_STARTED: _operation,
    StepKind.OPERATION_COMPLETED: _operation,
    StepKind.COMPONENT_FITTED: _component,
    StepKind.INSPECTION_PASSED: _inspected,
    StepKind.INSPECTION_FAILED: _inspected,
    StepKind.DECISION_REQUESTED: _announced,
    StepKind.DECISION_MADE: _decided,
    StepKind.REWORK_STARTED: _rework_started,
    StepKind.REWORK_COMPLETED: _rework_completed,
    StepKind.RELEASED: _announced,
    StepKind.SCRAPPED: _scrapped,
    **dict.fromkeys(TRANSPORT_KINDS, _transported),
}
