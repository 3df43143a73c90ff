"""The journey of one unit: what can enter its journal, and the state that follows from it.

`State` is a join of facts: each field keeps an earliest, a latest or a set, so that reports may be permuted and doubled
without changing the outcome. Announcements change only what they announce (`plan`, `requested`, `announced`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from app.domain.configuration.configuration import Selections
from app.domain.line.calendar import Plan
from app.domain.shared.chain import Head, Sign, digest, hash_of
from app.domain.shared.viewer import AccountKind
from app.domain.unit.delivery_slot import DeliverySlot
from app.domain.unit.event import (
    FINAL_DISPOSITIONS,
    STAGE_OF,
    TRANSPORT_KINDS,
    Event,
    Measurement,
    Media,
    Stage,
    StepKind,
)
from app.domain.unit.fact import (
    Disposed,
    Failed,
    Fitted,
    PastChoice,
    latest_disposed,
    latest_failed,
    latest_fitted,
    past_choices,
)


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
class Requested:
    """A question to the customer; it is kept when it has been answered."""

    raised_at: datetime
    deadline: datetime
    evidence: tuple[Measurement, ...]
    media: tuple[Media, ...] = ()


@dataclass(frozen=True)
class Decided:
    choice: str
    decided_at: datetime
    idempotency_key: str | None = None
    conceded: tuple[Measurement, ...] = ()


@dataclass(frozen=True)
class State:
    """All that is known of a unit after `sequence` steps.

    `attempts` are the latest inspections, `first_attempts` the first; `unproven` those that passed with values
    of an instrument out of calibration, which settles nothing. `failed` keeps the latest ten. `hash` is that of the
    last step. `packed_at`: the first sign, by anybody, that it was packed or went further; `handed_over_at`: the first
    that its plant told. `signs`: the first sign of an operation by what was fitted or reworked at it.
    `cancelled_unbegun`: nothing had been reported when it was cancelled.
    """

    selections: Selections
    engraving: str | None = None
    design_revision: int = 1
    sequence: int = 0
    price_delta: Decimal = Decimal("0.00")
    plan: Plan | None = None
    operations: Mapping[str, Times] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)
    attempts: Mapping[str, Attempt] = field(default_factory=dict)
    first_attempts: Mapping[str, Attempt] = field(default_factory=dict)
    unproven: Mapping[str, datetime] = field(default_factory=dict)
    failed: Mapping[str, Failed] = field(default_factory=dict)
    components: Mapping[str, Fitted] = field(default_factory=dict)
    disposed: Mapping[str, Disposed] = field(default_factory=dict)
    past_choices: tuple[PastChoice, ...] = ()
    rework_started_at: datetime | None = None
    rework_completed_at: datetime | None = None
    component_fitted: bool = False
    signs: Mapping[str, datetime] = field(default_factory=dict)
    transport: Mapping[StepKind, datetime] = field(default_factory=dict)
    packed_at: datetime | None = None
    handed_over_at: datetime | None = None
    packages: Mapping[str, datetime] = field(default_factory=dict)
    slot: DeliverySlot | None = None
    requested: Mapping[str, Requested] = field(default_factory=dict)
    decided: Mapping[str, Decided] = field(default_factory=dict)
    announced: tuple[str, ...] = ()
    released_by: str | None = None
    released_upon: str | None = None
    cancelled_at: datetime | None = None
    cancelled_unbegun: bool = False
    scrapped_at: datetime | None = None
    successor: str | None = None
    hash: str | None = field(default=None, compare=False)


def handed_over_at(state: State) -> datetime | None:
    """Return when its plant first said that a unit was packed or sent; what a carrier says of it does not count.

    Journals from before it was kept who reported tell it by PACKED.
    """
    return state.handed_over_at or (state.packed_at if StepKind.PACKED in state.transport else None)


@dataclass(frozen=True, kw_only=True)
class Step(Event):
    """An event with its place in the journal of one unit, its link to the step before, and the state after it."""

    product: str
    model: str
    line: str
    sequence: int
    recorded_at: datetime
    state: State
    previous_hash: str | None = None
    hash: str | None = None
    signature: str | None = None

    @property
    def stage(self) -> Stage:
        return STAGE_OF[self.kind]


@dataclass(frozen=True)
class Unit:
    """What a step says of the unit it belongs to."""

    code: str
    model: str
    line: str


def proof_of_delivery(deliveries: Sequence[Step]) -> Step | None:
    """Choose the report that proves a delivery: of those with a proof, else of all, the one that occurred last."""
    proven = [step for step in deliveries if step.signature_hash or step.media]
    return max(proven or deliveries, key=lambda step: (step.occurred_at, step.key), default=None)


def append(unit: Unit, state: State, event: Event, recorded_at: datetime, sign: Sign) -> Step:
    """Give an event the next place in a unit's journal, chained to the step before, with its head signed."""
    after = follow(state, event, recorded_at)
    step = Step(
        **{name: getattr(event, name) for name in Event.__dataclass_fields__},
        product=unit.code,
        model=unit.model,
        line=unit.line,
        sequence=after.sequence,
        recorded_at=recorded_at,
        state=after,
        previous_hash=state.hash,
    )
    hash = hash_of(step)
    signature = sign(Head(unit.code, step.sequence, hash))
    return changed(step, {"state": changed(after, {"hash": hash}), "hash": hash, "signature": signature})


Changes = dict[str, Any]
"""Fields of a state by name, as they are from now on."""
S = TypeVar("S", State, Step)


def follow(state: State, event: Event, recorded_at: datetime) -> State:
    """Fold one event into the state."""
    return changed(state, changes_of(state, event, recorded_at))


def changed(before: S, changes: Changes) -> S:
    """Make a state or step that differs in these fields, as `replace` does, without giving each of the others anew."""
    after = object.__new__(before.__class__)
    vars(after).update(vars(before))
    vars(after).update(changes)
    return after


def changes_of(state: State, event: Event, recorded_at: datetime) -> Changes:
    """Say what one event changes in the state; what a map of it had before is the same object in it."""
    changes = _FOLDS[event.kind](state, event)
    if event.measurements:
        changes["readings"] = _latest_readings(state, event)
    if event.kind == StepKind.INSPECTION_FAILED or any(not m.passed for m in event.measurements):
        changes["failed"] = latest_failed(state.failed, event)
    if event.kind == StepKind.DECISION_REQUESTED and event.decision and event.decision.deadline:
        request = Requested(recorded_at, event.decision.deadline, event.decision.evidence, event.decision.media)
        changes["requested"] = {**state.requested, event.decision.id: request}
    changes["sequence"] = state.sequence + 1
    return changes


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


def _released(state: State, event: Event) -> Changes:
    """Keep what the release follows from: another inspection, or another value, is a re-test."""
    inspected = state.attempts.get(event.operation or "")
    released_by = inspected.event if inspected else None
    return {**_announced(state, event), "released_by": released_by, "released_upon": event.released_upon}


def inspected_upon(state: State) -> str:
    """Name the latest inspections and values of a unit by the reports that brought them: a short hash."""
    sources = {
        "attempts": {code: attempt.event for code, attempt in state.attempts.items()},
        "readings": {code: reading.event for code, reading in state.readings.items()},
    }
    return digest(sources)[:16]


def _design_changed(state: State, event: Event) -> Changes:
    assert event.change is not None
    return {
        "past_choices": past_choices(state.past_choices, state.selections, event),
        "selections": event.change.selections,
        "design_revision": state.design_revision + 1,
        "price_delta": state.price_delta + event.change.price_delta,
    }


def _cancelled(state: State, event: Event) -> Changes:
    reported = state.operations or state.first_attempts or state.unproven or state.readings or state.component_fitted
    begun = reported or state.rework_started_at or state.rework_completed_at or state.transport
    return {
        "cancelled_at": _earliest(state.cancelled_at, event.occurred_at),
        "cancelled_unbegun": state.cancelled_unbegun if state.cancelled_at else not begun,
    }


def _scrapped(state: State, event: Event) -> Changes:
    scrapped_at = _earliest(state.scrapped_at, event.occurred_at)
    return {"scrapped_at": scrapped_at, "successor": event.successor or state.successor}


def _disposed(state: State, event: Event) -> Changes:
    """Keep the latest disposition of a nonconformance; one that ends the unit ends it at once."""
    assert event.disposal is not None
    changes: Changes = {"disposed": latest_disposed(state.disposed, event)}
    if event.disposal.disposition in FINAL_DISPOSITIONS:
        changes["scrapped_at"] = _earliest(state.scrapped_at, event.occurred_at)
    return changes


def _operation(state: State, event: Event) -> Changes:
    assert event.operation is not None
    times = state.operations.get(event.operation, Times())
    if event.kind == StepKind.OPERATION_STARTED:
        times = Times(_earliest(times.started_at, event.occurred_at), times.completed_at)
    else:
        times = Times(times.started_at, _earliest(times.completed_at, event.occurred_at))
    return {"operations": {**state.operations, event.operation: times}}


def _component(state: State, event: Event) -> Changes:
    return {"component_fitted": True, "components": latest_fitted(state.components, event), **_signed(state, event)}


def _signed(state: State, event: Event) -> Changes:
    """Keep the first sign of the operation at which something was fitted or reworked, where the report names it."""
    operation = event.operation
    if operation is None:
        return {}
    return {"signs": {**state.signs, operation: _earliest(state.signs.get(operation), event.occurred_at)}}


def _inspected(state: State, event: Event) -> Changes:
    operation, passed = event.operation, event.kind == StepKind.INSPECTION_PASSED
    assert operation is not None
    if passed and not all(measurement.proves for measurement in event.measurements):
        return {"unproven": {**state.unproven, operation: _earliest(state.unproven.get(operation), event.occurred_at)}}
    attempt, changes = Attempt(passed, event.occurred_at, event.key), Changes()
    first, last = state.first_attempts.get(operation, attempt), state.attempts.get(operation, attempt)
    if (first.occurred_at, first.event) >= (attempt.occurred_at, attempt.event):
        changes["first_attempts"] = {**state.first_attempts, operation: attempt}
    if (last.occurred_at, last.event) <= (attempt.occurred_at, attempt.event):
        changes["attempts"] = {**state.attempts, operation: attempt}
    return changes


def _latest_readings(state: State, event: Event) -> Mapping[str, Reading]:
    readings = dict(state.readings)
    for measurement in (m for m in event.measurements if m.proves):
        known = readings.get(measurement.characteristic)
        if known is None or (known.occurred_at, known.event) <= (event.occurred_at, event.key):
            readings[measurement.characteristic] = Reading(measurement, event.occurred_at, event.key)
    return readings


def _rework_started(state: State, event: Event) -> Changes:
    return {"rework_started_at": _latest(state.rework_started_at, event.occurred_at), **_signed(state, event)}


def _rework_completed(state: State, event: Event) -> Changes:
    return {"rework_completed_at": _latest(state.rework_completed_at, event.occurred_at), **_signed(state, event)}


def _decided(state: State, event: Event) -> Changes:
    entry = event.decision
    assert entry is not None and entry.choice is not None
    decided = Decided(entry.choice, event.occurred_at, entry.idempotency_key, entry.evidence)
    return {
        "decided": {**state.decided, entry.id: decided},
        "price_delta": state.price_delta + entry.price_delta,
    }


def _transported(state: State, event: Event) -> Changes:
    at = _latest(state.transport.get(event.kind), event.occurred_at)
    packed_at = _earliest(state.packed_at, event.occurred_at)
    changes: Changes = {"transport": {**state.transport, event.kind: at}, "packed_at": packed_at}
    if event.reporter_kind == AccountKind.FACTORY:
        changes["handed_over_at"] = _earliest(state.handed_over_at, event.occurred_at)
    if event.sscc is not None:
        numbered_at = _earliest(state.packages.get(event.sscc), event.occurred_at)
        changes["packages"] = {**state.packages, event.sscc: numbered_at}
    return changes


def _slot_chosen(state: State, event: Event) -> Changes:
    return {"slot": event.slot}


_FOLDS: Mapping[StepKind, Callable[[State, Event], Changes]] = {
    StepKind.ORDER_PLACED: _nothing,
    StepKind.SCHEDULED: _planned,
    StepKind.RESCHEDULED: _planned,
    StepKind.DESIGN_CHANGED: _design_changed,
    StepKind.ADDRESS_CHANGED: _nothing,
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
    StepKind.RELEASED: _released,
    StepKind.NONCONFORMANCE_RAISED: _announced,
    StepKind.NONCONFORMANCE_DISPOSED: _disposed,
    StepKind.SCRAPPED: _scrapped,
    **dict.fromkeys(TRANSPORT_KINDS, _transported),
    StepKind.DELIVERY_SLOT_CHOSEN: _slot_chosen,
}
