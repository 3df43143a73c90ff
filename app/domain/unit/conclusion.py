"""What the system concludes from a unit's state and announces: each once, by an eventId derived from its cause."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.catalogue.catalogue import Characteristic, Model
from app.domain.configuration.pricing import NO_TAX
from app.domain.shared.chain import digest
from app.domain.unit.decision import CONCESSION, DecisionChoice, choices, default_choice
from app.domain.unit.disposition import FINAL_DISPOSITIONS, Disposer, Disposition
from app.domain.unit.event import Event
from app.domain.unit.fact import failure_id
from app.domain.unit.failure import Failure, deviations, failures, operation_of
from app.domain.unit.kinds.decision import Answer, DecisionKind, Question
from app.domain.unit.kinds.quality import Deviation, Disposal, QualityKind, Release
from app.domain.unit.state import State
from app.domain.unit.status import concessions, is_released, open_failures

SCRAPPED = "scrapped:1"
CANCELLED_ID = failure_id("cancelled")
"""Names the nonconformance of a unit that had begun before its cancellation came."""


def conclusions(
    state: State, model: Model, currency: str, now: datetime, added_tax: Decimal = NO_TAX
) -> Iterator[Event]:
    """Yield the announcements that follow from the state and are not in the journal yet.

    Each has an eventId derived from its cause, so any process may write it and only one does.
    """
    for failure in open_failures(state, model):
        offered = concessions(model, failure.evidence)
        request = state.requested.get(failure.decision_id)
        if request is None:
            yield _request(state, failure, offered, now)
        elif request.deadline <= now:
            default = next(c for c in choices(offered, currency, added_tax) if c.choice == default_choice(offered))
            yield decision_made(failure, default, now)
    if not (state.cancelled_at or state.scrapped_at):
        yield from _quality_conclusions(state, model, now)
        if is_released(state, model) and state.released_upon != inspected_upon(state):
            yield Event(
                kind=QualityKind.RELEASED,
                event_id=f"released:{1 + sum(name.startswith('released:') for name in state.announced)}",
                occurred_at=now,
                operation=model.final_inspection,
                payload=Release(inspected_upon(state)),
            )
    elif begun_though_cancelled(state) and f"raised:{CANCELLED_ID}" not in state.announced:
        yield _raised(CANCELLED_ID, None, now)
    elif owes_successor(state):
        yield Event(kind=QualityKind.SCRAPPED, event_id=SCRAPPED, occurred_at=now)


def inspected_upon(state: State) -> str:
    """Name the latest inspections and values of a unit by the reports that brought them: a short hash."""
    sources = {
        "attempts": {code: attempt.event for code, attempt in state.attempts.items()},
        "readings": {code: reading.event for code, reading in state.readings.items()},
    }
    return digest(sources)[:16]


def _raised(id: str, operation: str | None, now: datetime) -> Event:
    return Event(
        kind=QualityKind.NONCONFORMANCE_RAISED,
        event_id=f"raised:{id}",
        occurred_at=now,
        operation=operation,
        payload=Deviation(id),
    )


def begun_though_cancelled(state: State) -> bool:
    """Tell whether a unit was cancelled before anything was reported of it, and had begun even so."""
    return state.cancelled_unbegun and bool(state.begun_at or state.transport)


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
        raised = _raised(deviation.decision_id, operation_of(state, model, deviation), now)
        if raised.event_id not in state.announced:
            yield raised
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
        kind=QualityKind.NONCONFORMANCE_DISPOSED,
        event_id=event_id,
        occurred_at=now,
        operation=operation_of(state, model, failure),
        note=note,
        payload=Disposal(failure.decision_id, disposition, by, conceded),
    )


def _request(state: State, failure: Failure, offered: tuple[Characteristic, ...], now: datetime) -> Event:
    hours = min(characteristic.concession.deadline_hours for characteristic in offered if characteristic.concession)
    media = state.failed[failure.decision_id].media if failure.decision_id in state.failed else ()
    return Event(
        kind=DecisionKind.DECISION_REQUESTED,
        event_id=f"requested:{failure.decision_id}",
        occurred_at=now,
        operation=offered[0].operation,
        payload=Question(failure.decision_id, now + timedelta(hours=hours), failure.evidence, media),
    )


def decision_made(failure: Failure, choice: DecisionChoice, now: datetime, key: str | None = None) -> Event:
    """Build the one step that settles a decision; its eventId makes a second one impossible."""
    conceded = failure.evidence if choice.choice == CONCESSION else ()
    return Event(
        kind=DecisionKind.DECISION_MADE,
        event_id=f"decided:{failure.decision_id}",
        occurred_at=now,
        payload=Answer(failure.decision_id, choice.choice, choice.price_delta, key, conceded),
    )


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
