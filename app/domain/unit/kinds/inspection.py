"""What is inspected on a unit: verdicts, and how the values of any report join those that are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.domain.shared.text import all_languages
from app.domain.unit.event import BY_FACTORY, Event, Row, StepKind
from app.domain.unit.fact import Attempt, Failed, Reading, earliest, failure_id
from app.domain.unit.payload import Payload, check_code
from app.domain.unit.stage import Stage
from app.domain.unit.state import Changes, State

FAILED_MAX, FAILED_MEDIA_MAX = 10, 5
DEFECT_LENGTH_MAX = 64


@dataclass(frozen=True)
class Finding(Payload):
    """What an inspector adds to a verdict: the code, of their own, of what is wrong."""

    member: ClassVar[str] = "defectCode"

    defect: str

    def check(self) -> None:
        check_code(self.defect, DEFECT_LENGTH_MAX, self.member)


def first_attempts(state: State) -> Mapping[str, Attempt]:
    """List the first inspection at each operation."""
    return {**state.attempts, **state.first_attempts}


def latest_readings(state: State, event: Event) -> Mapping[str, Reading]:
    """Take over the values that a report brings and that count, unless a later one is known."""
    readings = dict(state.readings)
    for measurement in (m for m in event.measurements if m.counts):
        known = readings.get(measurement.characteristic)
        if known is None or (known.occurred_at, known.event) <= (event.occurred_at, event.key):
            readings[measurement.characteristic] = Reading(measurement, event.occurred_at, event.key)
    return readings


def latest_failed(state: State, event: Event) -> Mapping[str, Failed]:
    """Remember a failure with what did not pass, by its id; only the latest are kept."""
    evidence = tuple(measurement for measurement in event.measurements if not measurement.passed)
    defect = event.payload.defect if isinstance(event.payload, Finding) else None
    failed = Failed(event.key, event.occurred_at, event.operation, evidence, defect, event.media[:FAILED_MEDIA_MAX])
    found = {**state.failed, failure_id(event.key): failed}
    latest = sorted(found, key=lambda key: (found[key].occurred_at, key))[-FAILED_MAX:]
    return {key: found[key] for key in latest}


def _attempted(state: State, event: Event, passed: bool) -> Changes:
    """Keep the first and the latest inspection at an operation; the first only where it is another one."""
    operation, attempt = event.its_operation, Attempt(passed, event.occurred_at, event.key)
    known = [found[operation] for found in (state.attempts, state.first_attempts) if operation in found]
    in_order = sorted([*known, attempt], key=lambda each: (each.occurred_at, each.event))
    changes: Changes = {"attempts": {**state.attempts, operation: in_order[-1]}}
    if in_order[0] != in_order[-1]:
        changes["first_attempts"] = {**state.first_attempts, operation: in_order[0]}
    return changes


def _passed(state: State, event: Event) -> Changes:
    operation = event.its_operation
    if all(measurement.counts for measurement in event.measurements):
        return _attempted(state, event, passed=True)
    return {"unproven": {**state.unproven, operation: earliest(state.unproven.get(operation), event.occurred_at)}}


def _failed(state: State, event: Event) -> Changes:
    return {**_attempted(state, event, passed=False), "failed": latest_failed(state, event)}


class InspectionKind(StepKind):
    INSPECTION_PASSED = (
        "INSPECTION_PASSED",
        Row(
            Stage.QUALITY,
            all_languages("Inspection passed", "检验合格", "Contrôle réussi", "Prüfung bestanden"),
            "Everything that was inspected was inside its limits.",
            _passed,
            payload=Finding,
            reported_by=BY_FACTORY,
            begins_production=True,
        ),
    )
    INSPECTION_FAILED = (
        "INSPECTION_FAILED",
        Row(
            Stage.QUALITY,
            all_languages("Inspection failed", "检验不合格", "Contrôle non réussi", "Prüfung nicht bestanden"),
            "Something that was inspected was outside its limits.",
            _failed,
            payload=Finding,
            reported_by=BY_FACTORY,
            begins_production=True,
        ),
    )


def same_kind(one: StepKind, other: StepKind) -> bool:
    """Tell whether two kinds are one, verdicts apart: those of inspections are computed here."""
    return one == other or (isinstance(one, InspectionKind) and isinstance(other, InspectionKind))
