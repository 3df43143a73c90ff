"""Where a unit is: status, stage and progress as functions of its state, and what the system concludes from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from app.domain.catalogue import Characteristic, Model, Tax
from app.domain.event import (
    FINAL_DISPOSITIONS,
    DecisionEntry,
    Disposal,
    Disposer,
    Disposition,
    Event,
    Measurement,
    Stage,
    StepKind,
)
from app.domain.fact import failure_id
from app.domain.failure import Failure, conceded, deviations, failed_in_safety, failures, operation_of
from app.domain.journey import State, inspected_upon
from app.domain.pricing import with_added_tax
from app.domain.text import LANGUAGES, Text, in_locale


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

DEPARTED = frozenset(STATUS_OF_TRANSPORT) - {StepKind.PACKED}
"""What is reported of a unit that is no longer in its plant."""

LEFT = "left:unreleased"
SCRAPPED = "scrapped:1"
CANCELLED_ID = failure_id("cancelled")
"""Names the nonconformance of a unit that had begun before its cancellation came."""
CONCESSION = Disposition.CONCESSION.value
REWORK = Disposition.REWORK.value


def concessions(model: Model, evidence: Sequence[Measurement]) -> tuple[Characteristic, ...]:
    """Name the failed characteristics, if each of them may be conceded; never with a safety characteristic."""
    failed = tuple(model.characteristics[measurement.characteristic] for measurement in evidence)
    if any(characteristic.safety or characteristic.concession is None for characteristic in failed):
        return ()
    return failed


def offered_concessions(state: State, model: Model, failure: Failure) -> tuple[Characteristic, ...]:
    """Name what a customer may concede of a failure: nothing where safety failed with it, or it is not known."""
    id = failure.decision_id
    if id not in state.failed or failed_in_safety(state, model, id):
        return ()
    return concessions(model, failure.evidence)


def open_failures(state: State, model: Model) -> tuple[Failure, ...]:
    """Find the failures that wait for the customer's decision, wherever the unit is; none once it has ended."""
    if state.cancelled_at or state.scrapped_at:
        return ()
    standing = failures(state, model)
    settled = {**state.decided, **state.disposed}
    undecided = tuple(f for f in standing if f.decision_id not in settled and offered_concessions(state, model, f))
    return undecided if len(undecided) == len(standing) else ()


def is_released(state: State, model: Model) -> bool:
    """Tell whether the final inspection was passed with every characteristic inside its limits or conceded."""
    if model.final_inspection not in state.attempts or failures(state, model):
        return False
    return all(is_inspected(state, characteristic) for characteristic in model.inspection_plan)


def released_as_it_is(state: State) -> bool:
    """Tell of a released unit whether anything about it was accepted instead of passed."""
    verdicts = [attempt.passed for attempt in state.attempts.values()]
    return not all([*verdicts, *(reading.measurement.passed for reading in state.readings.values())])


def left_unreleased(state: State, model: Model) -> Iterator[Failure]:
    """Find that a unit has left its plant although quality has not released it: until it does, or it is accepted."""
    if not is_released(state, model):
        yield from (each for each in departures(state) if not conceded(state, model, each.decision_id))


def departures(state: State) -> Iterator[Failure]:
    """Find that a unit has left its plant, as the failure that this is without a release."""
    departed = [at for kind, at in state.transport.items() if kind in DEPARTED]
    if departed:
        yield Failure(LEFT, min(departed), ())


def is_inspected(state: State, characteristic: Characteristic) -> bool:
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
    standing = failures(state, model)
    if standing:
        return _status_of_failed(state, model, standing)
    if is_released(state, model):
        return ProductStatus.RELEASED
    final = model.final_inspection
    if final in state.attempts or final in state.unproven or final in state.operations:
        return ProductStatus.IN_INSPECTION
    if has_begun(state):
        return ProductStatus.IN_PRODUCTION
    return ProductStatus.PLANNED if state.plan else ProductStatus.ORDERED


def has_begun(state: State) -> bool:
    reworked = state.rework_started_at or state.rework_completed_at
    inspected = state.attempts or state.unproven or state.readings
    return bool(state.operations or inspected or state.component_fitted or reworked)


def begun_at(state: State) -> datetime | None:
    """Return when production began: the earliest sign of any operation."""
    signs = [sign for times in state.operations.values() for sign in (times.started_at, times.completed_at) if sign]
    signs += [attempt.occurred_at for attempt in state.first_attempts.values()]
    return min([*signs, *state.unproven.values(), *state.signs.values()], default=None)


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


def choices(
    characteristics: tuple[Characteristic, ...], currency: str, tax: Tax | None = None
) -> tuple[DecisionChoice, ...]:
    """List what a customer may choose: the unit as it is at a lower price, or rework.

    Where the tax came on top of the price, it is given back with the discount.
    """
    offers = [characteristic.concession for characteristic in characteristics if characteristic.concession]
    discount = sum((offer.discount[currency] for offer in offers), Decimal("0.00"))
    days = max(offer.rework_days for offer in offers)
    return (
        DecisionChoice(CONCESSION, -with_added_tax(discount, tax), 0),
        DecisionChoice(REWORK, Decimal("0.00"), days),
    )


def question(characteristics: Sequence[Characteristic]) -> Text:
    """Ask about every characteristic that failed, one after the other."""
    asked = [characteristic.concession.question for characteristic in characteristics if characteristic.concession]
    return {
        language: ("" if language == "zh" else " ").join(in_locale(each, language) for each in asked)
        for language in LANGUAGES
    }


def default_choice(characteristics: tuple[Characteristic, ...]) -> str:
    """Concede only where every failed characteristic's default says so."""
    offers = [characteristic.concession for characteristic in characteristics if characteristic.concession]
    return CONCESSION if all(offer.default == CONCESSION for offer in offers) else REWORK


def conclusions(state: State, model: Model, currency: str, now: datetime, tax: Tax | None = None) -> Iterator[Event]:
    """Yield the announcements that follow from the state and are not in the journal yet.

    Each has an eventId derived from its cause, so any process may write it and only one does.
    """
    for failure in open_failures(state, model):
        offered = concessions(model, failure.evidence)
        request = state.requested.get(failure.decision_id)
        if request is None:
            yield _request(state, failure, offered, now)
        elif request.deadline <= now:
            default = next(c for c in choices(offered, currency, tax) if c.choice == default_choice(offered))
            yield decision_made(failure, default, now)
    if not (state.cancelled_at or state.scrapped_at):
        yield from _quality_conclusions(state, model, now)
        if is_released(state, model) and not _is_told(state, model):
            event_id = f"released:{1 + sum(name.startswith('released:') for name in state.announced)}"
            yield Event(
                kind=StepKind.RELEASED,
                event_id=event_id,
                occurred_at=now,
                operation=model.final_inspection,
                released_upon=inspected_upon(state),
            )
    elif begun_though_cancelled(state) and f"raised:{CANCELLED_ID}" not in state.announced:
        raised = Disposal(CANCELLED_ID)
        yield Event(
            kind=StepKind.NONCONFORMANCE_RAISED, event_id=f"raised:{CANCELLED_ID}", occurred_at=now, disposal=raised
        )
    elif owes_successor(state):
        yield Event(kind=StepKind.SCRAPPED, event_id=SCRAPPED, occurred_at=now)


def _is_told(state: State, model: Model) -> bool:
    """Tell whether a release upon these very inspections and values is in the journal.

    Releases from before that was kept tell the final inspection alone.
    """
    if state.released_upon is not None:
        return state.released_upon == inspected_upon(state)
    return state.released_by == state.attempts[model.final_inspection].event


def begun_though_cancelled(state: State) -> bool:
    """Tell whether a unit was cancelled before anything was reported of it, and had begun even so."""
    return state.cancelled_unbegun and bool(has_begun(state) or state.transport)


def owes_successor(state: State) -> bool:
    """Tell whether a unit was disposed of for good and the one that replaces it is not made yet."""
    final = any(disposed.disposition in FINAL_DISPOSITIONS for disposed in state.disposed.values())
    return final and state.successor is None and state.cancelled_at is None


def is_remade(state: State) -> bool:
    """Tell whether a unit that was disposed of for good is made again, and nothing of it is scrap."""
    final = {disposed.disposition for disposed in state.disposed.values()} & FINAL_DISPOSITIONS
    return final == {Disposition.REMAKE}


def default_disposition(model: Model, failure: Failure) -> Disposition:
    """Return what the inspection plan's rules make of a failure: the gravest rule of the values that failed."""
    rules = [Disposition(model.characteristics[measured.characteristic].disposition) for measured in failure.evidence]
    return max(rules, key=list(Disposition).index, default=Disposition.REWORK)


def _quality_conclusions(state: State, model: Model, now: datetime) -> Iterator[Event]:
    """Yield what quality concludes of a live unit: that it deviates, and that a rule ends it."""
    for deviation in deviations(state, model):
        event_id = f"raised:{deviation.decision_id}"
        if event_id not in state.announced:
            yield Event(
                kind=StepKind.NONCONFORMANCE_RAISED,
                event_id=event_id,
                occurred_at=now,
                operation=operation_of(state, model, deviation),
                disposal=Disposal(deviation.decision_id),
            )
    if state.transport:
        return
    asked = {failure.decision_id for failure in open_failures(state, model)}
    for failure in failures(state, model):
        rule = default_disposition(model, failure)
        settled = failure.decision_id in {*asked, *state.disposed, *state.decided}
        if rule in FINAL_DISPOSITIONS and not settled:
            yield disposed_of(state, model, failure, rule, Disposer.RULE, now, f"disposed:{failure.decision_id}:rule")


def disposed_of(
    state: State,
    model: Model,
    failure: Failure,
    disposition: Disposition,
    by: Disposer,
    now: datetime,
    event_id: str,
    note: str | None = None,
) -> Event:
    """Build the step that says what becomes of a nonconforming unit."""
    failed = state.failed.get(failure.decision_id)
    conceded = (failed or failure).evidence if disposition == Disposition.CONCESSION else ()
    return Event(
        kind=StepKind.NONCONFORMANCE_DISPOSED,
        event_id=event_id,
        occurred_at=now,
        operation=operation_of(state, model, failure),
        note=note,
        disposal=Disposal(failure.decision_id, disposition, by, conceded),
    )


def _request(state: State, failure: Failure, offered: tuple[Characteristic, ...], now: datetime) -> Event:
    hours = min(characteristic.concession.deadline_hours for characteristic in offered if characteristic.concession)
    media = state.failed[failure.decision_id].media if failure.decision_id in state.failed else ()
    return Event(
        kind=StepKind.DECISION_REQUESTED,
        event_id=f"requested:{failure.decision_id}",
        occurred_at=now,
        operation=offered[0].operation,
        decision=DecisionEntry(failure.decision_id, now + timedelta(hours=hours), failure.evidence, media),
    )


def decision_made(failure: Failure, choice: DecisionChoice, now: datetime, key: str | None = None) -> Event:
    """Build the one step that settles a decision; its eventId makes a second one impossible."""
    entry = DecisionEntry(
        failure.decision_id,
        evidence=failure.evidence if choice.choice == CONCESSION else (),
        choice=choice.choice,
        price_delta=choice.price_delta,
        idempotency_key=key,
    )
    event_id = f"decided:{failure.decision_id}"
    return Event(kind=StepKind.DECISION_MADE, event_id=event_id, occurred_at=now, decision=entry)


def due_at(state: State, model: Model, currency: str, now: datetime) -> datetime | None:
    """Return when the next announcement is due: now, at a deadline, or never."""
    if any(conclusions(state, model, currency, now)):
        return now
    if state.cancelled_at or state.scrapped_at:
        return None
    if state.plan is None:
        return now
    waiting = (state.requested[f.decision_id].deadline for f in open_failures(state, model))
    return min(waiting, default=None)
