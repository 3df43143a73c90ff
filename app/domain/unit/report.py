"""Whether a machine's report is possible for this unit, and the event it becomes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from app.domain.catalogue.catalogue import Model
from app.domain.shared.refusal import InvalidInput, NotPossible, RefusalCode
from app.domain.shared.viewer import AccountKind
from app.domain.unit.event import Event, StepKind
from app.domain.unit.evidence import Measurement, Media
from app.domain.unit.kinds.inspection import InspectionKind, same_kind
from app.domain.unit.payload import Payload, check_length
from app.domain.unit.state import State

FUTURE = timedelta(minutes=2)
PAST = timedelta(days=1)
"""By how much a clock may be wrong: a little ahead, or, before the order, by a time zone."""
LENGTH_MAX = {
    "eventId": 128,
    "operation": 64,
    "station": 64,
    "location": 200,
    "note": 1000,
    "instrument": 100,
    "url": 2000,
    "type": 100,
    "caption": 500,
}
LIST_MAX = {"measurements": 100, "media": 10}


@dataclass(frozen=True)
class ReportedValue:
    characteristic: str
    value: float
    unit: str
    instrument: str | None = None
    calibration_due: date | None = None


@dataclass(frozen=True)
class Report:
    """One event as a machine or carrier tells it."""

    code: str
    kind: StepKind
    event_id: str
    occurred_at: datetime
    operation: str | None = None
    station: str | None = None
    location: str | None = None
    measurements: Sequence[ReportedValue] = ()
    note: str | None = None
    media: Sequence[Media] = field(default=())
    payload: Payload | None = None


@dataclass(frozen=True)
class Reporter:
    account: str
    kind: AccountKind


@dataclass(frozen=True)
class TimeWindow:
    """When what is reported of a unit can have occurred."""

    since: datetime
    until: datetime


def possible_times(ordered_at: datetime, now: datetime, clock_speed: float) -> TimeWindow:
    """Return when reports of a unit can have occurred: not before its order, not in the future.

    A clock may be two minutes ahead on the wall: with a factory clock that runs faster, that many times more.
    """
    ahead = FUTURE * max(1.0, clock_speed)
    return TimeWindow(ordered_at - max(PAST, ahead), now + ahead)


def impossible(message: str, *path: str) -> NotPossible:
    return NotPossible(RefusalCode.IMPOSSIBLE_STEP, message, path)


def payload_of(kind: StepKind, *given: Payload | None) -> Payload | None:
    """Choose the payload of a report from what came with it: where anything is not its kind's, that, to be refused."""
    payloads = [payload for payload in given if payload is not None]
    wrong = (payload for payload in payloads if not _suits(payload, kind))
    return next(wrong, None) or next(iter(payloads), None)


def _suits(payload: Payload, kind: StepKind) -> bool:
    return kind.row.payload is not None and isinstance(payload, kind.row.payload)


def check_form(report: Report) -> None:
    """Check what can be judged without the unit: lengths, lists, finite numbers, URLs. Raises InvalidInput."""
    if not report.event_id.strip():
        raise InvalidInput("eventId must not be empty.", ("eventId",))
    for path, text in _texts(report):
        check_length(text, LENGTH_MAX[path[-1]], *path)
    for name, entries in (("measurements", report.measurements), ("media", report.media)):
        if len(entries) > LIST_MAX[name]:
            raise InvalidInput(f"There are at most {LIST_MAX[name]} {name} in one report.", (name,))
    for index, value in enumerate(report.measurements):
        if not math.isfinite(value.value):
            raise InvalidInput("A measured value is a finite number.", ("measurements", str(index), "value"))
    for index, media in enumerate(report.media):
        if not media.url.startswith(("https://", "http://")):
            raise InvalidInput("A medium has an http(s) URL.", ("media", str(index), "url"))
    _check_payload(report.kind, report.payload)


def _check_payload(kind: StepKind, payload: Payload | None) -> None:
    if payload is not None and not _suits(payload, kind):
        raise InvalidInput(f"{kind} has no {payload.member}.", (payload.member,))
    if payload is not None:
        payload.check()


def _texts(report: Report) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """Yield each text of a report with its path; its last part names its limit."""
    yield ("eventId",), report.event_id
    for name in ("operation", "station", "location", "note"):
        yield (name,), getattr(report, name)
    for index, value in enumerate(report.measurements):
        yield ("measurements", str(index), "instrument"), value.instrument
    for index, media in enumerate(report.media):
        for name in ("url", "type", "caption"):
            yield ("media", str(index), name), getattr(media, name)


def to_event(report: Report, reporter: Reporter, state: State, model: Model, possible: TimeWindow) -> Event:
    """Turn a report into the event it is for this unit, or raise NotPossible (IMPOSSIBLE_STEP) where it can't be.

    The verdict of an inspection is computed here.
    """
    kind = report.kind
    if not kind.row.reported_by:
        raise impossible(f"{kind} is concluded or decided here, it is not reported.", "kind")
    _check_time(report, state, possible)
    if kind.row.check_limit is not None and report.payload is not None:
        kind.row.check_limit(state, report.payload)
    measurements = tuple(_measurements(report, model))
    operation, station = _where(report, model)
    if isinstance(kind, InspectionKind):
        kind = _verdict(report, model, operation, measurements)
    return Event(
        kind=kind,
        event_id=report.event_id,
        occurred_at=report.occurred_at,
        reporter=reporter.account,
        reporter_kind=reporter.kind,
        operation=operation,
        station=station,
        location=report.location,
        measurements=measurements,
        note=report.note,
        media=tuple(report.media),
        payload=report.payload,
    )


def _check_time(report: Report, state: State, possible: TimeWindow) -> None:
    if report.occurred_at > possible.until:
        raise impossible("occurredAt is more than 2 minutes in the future.", "occurredAt")
    if report.occurred_at < possible.since:
        raise impossible("occurredAt is more than a day before the unit was ordered.", "occurredAt")
    ended_at = state.cancelled_at or state.scrapped_at
    if ended_at is not None and report.occurred_at > ended_at:
        raise impossible("It occurred after the unit was cancelled or scrapped.", "occurredAt")


def differing(report: Report, event: Event) -> list[str]:
    """Name what a report says otherwise than the event of the same name, whether it is possible or not."""
    reported = {name: getattr(report, name) for name in ("occurred_at", "location", "note")}
    reported |= {name: getattr(report, name) for name in ("operation", "station") if getattr(report, name) is not None}
    reported["media"] = tuple(report.media)
    found = [name for name, value in reported.items() if getattr(event, name) != value]
    values = [
        ReportedValue(m.characteristic, m.value, m.unit, m.instrument, m.calibration_due) for m in event.measurements
    ]
    found += ["measurements"] if values != list(report.measurements) else []
    payload = report.payload or event.payload
    found += [payload.member] if payload is not None and report.payload != event.payload else []
    return found if same_kind(report.kind, event.kind) else [*found, "kind"]


def _measurements(report: Report, model: Model) -> Iterator[Measurement]:
    known: set[str] = set()
    for index, reported in enumerate(report.measurements):
        path = ("measurements", str(index))
        if reported.characteristic in known:
            raise impossible(
                "One report names a characteristic once: which value would count?", *path, "characteristic"
            )
        known.add(reported.characteristic)
        characteristic = model.characteristics.get(reported.characteristic)
        if characteristic is None:
            raise impossible(
                f"{model.sku} has no characteristic {reported.characteristic[:40]!r}.", *path, "characteristic"
            )
        unit = characteristic.unit or "C62"
        if reported.unit != unit:
            raise impossible(f"{characteristic.code} is measured in {unit}, not {reported.unit[:8]!r}.", *path, "unit")
        lower = 1.0 if characteristic.unit is None else characteristic.lower_limit
        upper = characteristic.upper_limit
        inside = (lower is None or reported.value >= lower) and (upper is None or reported.value <= upper)
        due = reported.calibration_due
        calibrated = due is None or report.occurred_at.astimezone(UTC).date() <= due
        yield Measurement(
            characteristic.code, reported.value, unit, inside, lower, upper, reported.instrument, due, calibrated
        )


def _where(report: Report, model: Model) -> tuple[str | None, str | None]:
    """Find the operation and station a report speaks of, and check that they are in the routing."""
    operation = report.operation
    if operation is None and report.kind.row.names_operation:
        raise InvalidInput(f"{report.kind} names its operation.", ("operation",))
    if operation is None and isinstance(report.kind, InspectionKind):
        inspected = [model.characteristics[reported.characteristic].operation for reported in report.measurements]
        operation = max(inspected, key=list(model.operations).index, default=model.final_inspection)
    if operation is not None and operation not in model.operations:
        raise impossible(f"The routing of {model.sku} has no operation {operation!r}.", "operation")
    named = model.operations[report.operation].station if report.operation else None
    stations = {named} if named else {step.station for step in model.routing}
    if report.station is not None and report.station not in stations:
        where = f"for {report.operation}" if named else "in the routing"
        raise impossible(f"{model.sku} has no station {report.station!r} {where}.", "station")
    return operation, report.station or (model.operations[operation].station if operation else None)


def _verdict(report: Report, model: Model, operation: str | None, measured: Sequence[Measurement]) -> StepKind:
    """Compute the verdict: failed with any value outside its limits.

    A reported failure stands unless everything that this operation inspects was measured, by instruments whose
    calibration was good, and is inside.
    """
    if any(not measurement.passed for measurement in measured):
        return InspectionKind.INSPECTION_FAILED
    codes = {measurement.characteristic for measurement in measured if measurement.calibrated}
    unmeasured = any(c.operation == operation and c.code not in codes for c in model.inspection_plan)
    if report.kind == InspectionKind.INSPECTION_FAILED and (unmeasured or not measured):
        return InspectionKind.INSPECTION_FAILED
    return InspectionKind.INSPECTION_PASSED
