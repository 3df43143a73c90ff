"""What stands against a unit: failed inspections that nothing has settled, and deviations from its design."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.domain.catalogue.catalogue import Model, OptionGroup
from app.domain.unit.concession import concession_of
from app.domain.unit.disposition import Disposition
from app.domain.unit.evidence import Measurement
from app.domain.unit.fact import Reading, failure_id
from app.domain.unit.freeze import freezing_operation, frozen_at
from app.domain.unit.state import State


@dataclass(frozen=True)
class Failure:
    """Something that stands against the unit, named by the event that brought it to light.

    An inspection's comes with the readings that failed in it; a deviation from the design names the option `group`.
    """

    event: str
    occurred_at: datetime
    readings: tuple[Reading, ...]
    group: str | None = None

    @property
    def evidence(self) -> tuple[Measurement, ...]:
        return tuple(reading.measurement for reading in self.readings)

    @property
    def decision_id(self) -> str:
        return failure_id(self.event)


def failures(state: State, model: Model) -> tuple[Failure, ...]:
    """Find what no later inspection, rework or concession has settled, oldest first."""
    found = (*_failed_inspections(state, model), *(d for d in deviations(state, model) if not rebuilt(state, model, d)))
    standing = (failure for failure in found if not conceded(state, model, failure.decision_id))
    return tuple(sorted(standing, key=lambda failure: (failure.occurred_at, failure.event)))


def _failed_inspections(state: State, model: Model) -> Iterator[Failure]:
    """Find the values that are outside and the inspections that failed, but for what a concession covers."""
    readings: dict[str, list[Reading]] = {}
    times: dict[str, datetime] = {}
    for reading in state.readings.values():
        if not reading.measurement.passed and concession_of(state, model, reading.measurement) is None:
            readings.setdefault(reading.event, []).append(reading)
            times[reading.event] = reading.occurred_at
    for attempt in state.attempts.values():
        if not attempt.passed and not _is_covered(state, model, attempt.event):
            times[attempt.event] = attempt.occurred_at
    return (Failure(event, at, tuple(readings.get(event, ()))) for event, at in times.items())


def _is_covered(state: State, model: Model, event: str) -> bool:
    """Tell whether an inspection failed in nothing but what was conceded before, or is no worse."""
    failed = state.failed.get(failure_id(event))
    evidence = failed.evidence if failed else ()
    return bool(evidence) and all(concession_of(state, model, measured) for measured in evidence)


def conceded(state: State, model: Model, id: str) -> bool:
    """Tell whether a failure was accepted as it is: one of safety never is, whatever a journal says."""
    decided, disposed = state.decided.get(id), state.disposed.get(id)
    by_engineer = disposed is not None and disposed.disposition == Disposition.CONCESSION
    by_customer = decided is not None and decided.choice == Disposition.CONCESSION
    return (by_engineer or by_customer) and not failed_in_safety(state, model, id)


def failed_in_safety(state: State, model: Model, id: str) -> bool:
    """Tell whether anything of safety failed in an inspection, made good since or not."""
    failed = state.failed.get(id)
    return failed is not None and any(model.characteristics[m.characteristic].safety for m in failed.evidence)


def deviations(state: State, model: Model) -> Iterator[Failure]:
    """Find the groups whose freezing operation turned out to have begun before a change of them was accepted.

    The station was first, its report came late: the unit was built by the choice of that time.
    """
    for group in model.option_groups if state.past_choices else ():
        began_at = frozen_at(state, model, group)
        if began_at is None:
            continue
        past = next((p for p in state.past_choices if p.group == group.code and began_at < p.until), None)
        if past is not None and past.options != tuple(state.selections.get(group.code, ())):
            yield Failure(f"design:{group.code}", past.until, (), group.code)


def built_as(state: State, failure: Failure) -> tuple[str, ...]:
    """Return the options that a unit was built with in the group that deviates."""
    return next(p.options for p in state.past_choices if (p.group, p.until) == (failure.group, failure.occurred_at))


def rebuilt(state: State, model: Model, deviation: Failure) -> bool:
    """Tell whether a unit was reworked after the change and has passed its final inspection since."""
    completed_at, final = state.rework_completed_at, state.attempts.get(model.final_inspection)
    if completed_at is None or completed_at < deviation.occurred_at:
        return False
    return final is not None and final.passed and final.occurred_at >= completed_at


def group_of(model: Model, failure: Failure) -> OptionGroup | None:
    return model.groups.get(failure.group) if failure.group else None


def operation_of(state: State, model: Model, failure: Failure) -> str | None:
    """Name the operation at which it came to light, or at which the choice froze."""
    group = group_of(model, failure)
    if group is not None:
        return freezing_operation(model, group)
    if failure.decision_id in state.failed:
        return state.failed[failure.decision_id].operation
    at = (code for code, attempt in state.attempts.items() if attempt.event == failure.event)
    measured = (model.characteristics[m.characteristic].operation for m in failure.evidence)
    return next(at, None) or next(measured, None)
