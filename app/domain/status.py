"""Where a unit is: status, stage and progress as functions of its state, and what the system concludes from it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from app.domain.catalogue import Characteristic, Model
from app.domain.event import DecisionEntry, Event, Measurement, Stage, StepKind
from app.domain.journey import Reading, State


class ProductStatus(StrEnum):
    ORDERED = "ORDERED"
    PLANNED = "PLANNED"
    IN_PRODUCTION = "IN_PRODUCTION"
    IN_INSPECTION = "IN_INSPECTION"
    ON_HOLD = "ON_HOLD"
    IN_REWORK = "IN_REWORK"
    RELEASED = "RELEASED"
    PACKED = "PACKED"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERED = "DELIVERED"
    INSTALLED = "INSTALLED"
    CANCELLED = "CANCELLED"
    SCRAPPED = "SCRAPPED"


STAGE_OF_STATUS: Mapping[ProductStatus, Stage] = {
    ProductStatus.ORDERED: Stage.ORDER,
    ProductStatus.PLANNED: Stage.PLANNING,
    ProductStatus.IN_PRODUCTION: Stage.PRODUCTION,
    ProductStatus.IN_INSPECTION: Stage.QUALITY,
    ProductStatus.ON_HOLD: Stage.QUALITY,
    ProductStatus.IN_REWORK: Stage.QUALITY,
    ProductStatus.RELEASED: Stage.QUALITY,
    ProductStatus.PACKED: Stage.LOGISTICS,
    ProductStatus.IN_TRANSIT: Stage.LOGISTICS,
    ProductStatus.OUT_FOR_DELIVERY: Stage.LOGISTICS,
    ProductStatus.DELIVERED: Stage.LOGISTICS,
    ProductStatus.INSTALLED: Stage.INSTALLATION,
    ProductStatus.CANCELLED: Stage.ORDER,
    ProductStatus.SCRAPPED: Stage.QUALITY,
}
STATUS_OF_TRANSPORT: Mapping[StepKind, ProductStatus] = {
    StepKind.PACKED: ProductStatus.PACKED,
    StepKind.DISPATCHED: ProductStatus.IN_TRANSIT,
    StepKind.ARRIVED_AT_HUB: ProductStatus.IN_TRANSIT,
    StepKind.DEPARTED_HUB: ProductStatus.IN_TRANSIT,
    StepKind.OUT_FOR_DELIVERY: ProductStatus.OUT_FOR_DELIVERY,
    StepKind.DELIVERY_ATTEMPTED: ProductStatus.IN_TRANSIT,
    StepKind.DELIVERED: ProductStatus.DELIVERED,
    StepKind.INSTALLED: ProductStatus.INSTALLED,
}
TRANSPORT_RANK = {kind: rank for rank, kind in enumerate(STATUS_OF_TRANSPORT)}
ENDED = frozenset((ProductStatus.CANCELLED, ProductStatus.SCRAPPED))
DELIVERED = frozenset((ProductStatus.DELIVERED, ProductStatus.INSTALLED))
BEFORE_PRODUCTION = frozenset((ProductStatus.ORDERED, ProductStatus.PLANNED))

CONCESSION = "CONCESSION"
REWORK = "REWORK"


@dataclass(frozen=True)
class Failure:
    """An inspection event whose verdict still stands against the unit, with the readings that failed in it."""

    event: str
    occurred_at: datetime
    readings: tuple[Reading, ...]

    @property
    def evidence(self) -> tuple[Measurement, ...]:
        return tuple(reading.measurement for reading in self.readings)

    @property
    def decision_id(self) -> str:
        return hashlib.sha256(self.event.encode()).hexdigest()[:16]


def failures(state: State) -> tuple[Failure, ...]:
    """Find the failed inspections that no later one and no concession has settled, oldest first."""
    readings: dict[str, list[Reading]] = {}
    times: dict[str, datetime] = {}
    for reading in state.readings.values():
        if not reading.measurement.passed:
            readings.setdefault(reading.event, []).append(reading)
            times[reading.event] = reading.occurred_at
    for attempt in state.attempts.values():
        if not attempt.passed:
            times[attempt.event] = attempt.occurred_at
    found = (Failure(event, at, tuple(readings.get(event, ()))) for event, at in times.items())
    standing = (failure for failure in found if not _conceded(state, failure))
    return tuple(sorted(standing, key=lambda failure: (failure.occurred_at, failure.event)))


def _conceded(state: State, failure: Failure) -> bool:
    decided = state.decided.get(failure.decision_id)
    return decided is not None and decided.choice == CONCESSION


def concessions(model: Model, evidence: Sequence[Measurement]) -> tuple[Characteristic, ...]:
    """Name the failed characteristics, if each of them may be conceded; never with a safety characteristic."""
    failed = tuple(model.characteristics[measurement.characteristic] for measurement in evidence)
    if any(characteristic.safety or characteristic.concession is None for characteristic in failed):
        return ()
    return failed


def open_failures(state: State, model: Model) -> tuple[Failure, ...]:
    """Find the failures that wait for the customer's decision: none once the unit has left or ended."""
    if state.transport or state.cancelled_at or state.scrapped_at:
        return ()
    standing = failures(state)
    undecided = tuple(f for f in standing if f.decision_id not in state.decided and concessions(model, f.evidence))
    return undecided if len(undecided) == len(standing) else ()


def is_released(state: State, model: Model) -> bool:
    """Tell whether the final inspection was passed with every characteristic inside its limits or conceded."""
    if model.final_inspection not in state.attempts or failures(state):
        return False
    return all(_inspected(state, characteristic) for characteristic in model.inspection_plan)


def _inspected(state: State, characteristic: Characteristic) -> bool:
    """Tell whether a value is known; pass or fail may also be told by the verdict, for safety only by a passed one."""
    if characteristic.code in state.readings:
        return True
    attempt = state.attempts.get(characteristic.operation)
    return characteristic.unit is None and attempt is not None and (attempt.passed or not characteristic.safety)


def product_status(state: State, model: Model) -> ProductStatus:
    if state.scrapped_at:
        return ProductStatus.SCRAPPED
    if state.cancelled_at:
        return ProductStatus.CANCELLED
    if state.transport:
        return STATUS_OF_TRANSPORT[_last_transport(state)]
    standing = failures(state)
    if standing:
        return _status_of_failed(state, model, standing)
    if is_released(state, model):
        return ProductStatus.RELEASED
    final = model.final_inspection
    if final in state.attempts or final in state.operations:
        return ProductStatus.IN_INSPECTION
    if _begun(state):
        return ProductStatus.IN_PRODUCTION
    return ProductStatus.PLANNED if state.plan else ProductStatus.ORDERED


def _begun(state: State) -> bool:
    reworked = state.rework_started_at or state.rework_completed_at
    return bool(state.operations or state.attempts or state.readings or state.component_fitted or reworked)


def _last_transport(state: State) -> StepKind:
    """Choose the transport fact that counts: arrival is final, else the latest one."""
    for final in (StepKind.INSTALLED, StepKind.DELIVERED):
        if final in state.transport:
            return final
    return max(state.transport, key=lambda kind: (state.transport[kind], TRANSPORT_RANK[kind]))


def _status_of_failed(state: State, model: Model, standing: tuple[Failure, ...]) -> ProductStatus:
    if open_failures(state, model):
        return ProductStatus.ON_HOLD
    completed, started = state.rework_completed_at, state.rework_started_at
    reworked = completed is not None and completed >= standing[-1].occurred_at
    if reworked and completed is not None and (started is None or started <= completed):
        return ProductStatus.IN_INSPECTION
    return ProductStatus.IN_REWORK


def progress(state: State, model: Model) -> float:
    """Return the share of standard work done, 0 to 1; 1 from the release on."""
    if state.transport or is_released(state, model):
        return 1.0
    done = sum(
        operation.standard_seconds
        for operation in model.routing
        if operation.code in state.operations and state.operations[operation.code].completed_at
    )
    whole = sum(operation.standard_seconds for operation in model.routing)
    return round(done / whole, 4)


@dataclass(frozen=True)
class DecisionChoice:
    choice: str
    price_delta: Decimal
    delay_days: int


def choices(characteristics: tuple[Characteristic, ...], currency: str) -> tuple[DecisionChoice, ...]:
    """List what a customer may choose: the unit as it is at a lower price, or rework."""
    offers = [characteristic.concession for characteristic in characteristics if characteristic.concession]
    discount = sum((offer.discount[currency] for offer in offers), Decimal("0.00"))
    days = max(offer.rework_days for offer in offers)
    return (DecisionChoice(CONCESSION, -discount, 0), DecisionChoice(REWORK, Decimal("0.00"), days))


def default_choice(characteristics: tuple[Characteristic, ...]) -> str:
    """Concede only where every failed characteristic's default says so."""
    offers = [characteristic.concession for characteristic in characteristics if characteristic.concession]
    return CONCESSION if all(offer.default == CONCESSION for offer in offers) else REWORK


def conclusions(state: State, model: Model, currency: str, now: datetime) -> Iterator[Event]:
    """Yield the announcements that follow from the state and are not in the journal yet.

    Each has an eventId derived from its cause, so any process may write it and only one does.
    """
    for failure in open_failures(state, model):
        offered = concessions(model, failure.evidence)
        request = state.requested.get(failure.decision_id)
        if request is None:
            yield _request(failure, offered, now)
        elif request.deadline <= now:
            default = next(c for c in choices(offered, currency) if c.choice == default_choice(offered))
            yield decision_made(failure, default, now, note="The deadline passed: the default applies.")
    ended = state.cancelled_at or state.scrapped_at
    if "released:1" not in state.announced and not ended and is_released(state, model):
        yield Event(kind=StepKind.RELEASED, event_id="released:1", occurred_at=now)


def _request(failure: Failure, offered: tuple[Characteristic, ...], now: datetime) -> Event:
    hours = min(characteristic.concession.deadline_hours for characteristic in offered if characteristic.concession)
    return Event(
        kind=StepKind.DECISION_REQUESTED,
        event_id=f"requested:{failure.decision_id}",
        occurred_at=now,
        operation=offered[0].operation,
        decision=DecisionEntry(failure.decision_id, now + timedelta(hours=hours), failure.evidence),
    )


def decision_made(
    failure: Failure, choice: DecisionChoice, now: datetime, note: str | None = None, key: str | None = None
) -> Event:
    """Build the one step that settles a decision; its eventId makes a second one impossible."""
    return Event(
        kind=StepKind.DECISION_MADE,
        event_id=f"decided:{failure.decision_id}",
        occurred_at=now,
        note=note,
        decision=DecisionEntry(
            failure.decision_id, choice=choice.choice, price_delta=choice.price_delta, idempotency_key=key
        ),
    )


def due_at(state: State, model: Model, currency: str, now: datetime) -> datetime | None:
    """Return when the next announcement is due: now, at a deadline, or never."""
    if state.cancelled_at or state.scrapped_at:
        return None
    if state.plan is None or any(conclusions(state, model, currency, now)):
        return now
    waiting = (state.requested[f.decision_id].deadline for f in open_failures(state, model))
    return min(waiting, default=None)
