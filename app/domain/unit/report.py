"""Whether a machine's report is possible for this unit, and the event it becomes."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from app.domain.catalogue.catalogue import Model
from app.domain.shared.refusal import InvalidInput, NotPossible, RefusalCode
from app.domain.shared.viewer import AccountKind
from app.domain.unit.event import (
    INSPECTION_KINDS,
    OPERATION_KINDS,
    REPORT_KINDS,
    Component,
    Event,
    Measurement,
    Media,
    StepKind,
)
from app.domain.unit.journey import State, Step
from app.domain.unit.sscc import checked_sscc

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
    "part": 64,
    "position": 64,
    "serial": 64,
    "lot": 64,
    "supplier": 100,
    "defectCode": 64,
}
COMPONENTS_MAX = 100
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*", re.ASCII)
"""What a part, a position and a defect are named by."""
SHA_256 = re.compile(r"[0-9a-f]{64}")
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
    component: Component | None = None
    defect: str | None = None
    sscc: str | None = None
    signature_hash: str | None = None


@dataclass(frozen=True)
class Reporter:
    account: str
    kind: AccountKind


@dataclass(frozen=True)
class Window:
    """When what is reported of a unit can have occurred."""

    since: datetime
    until: datetime


def possible_times(ordered_at: datetime, now: datetime, clock_speed: float) -> Window:
    """Return when reports of a unit can have occurred: not before its order, not in the future.

    A clock may be two minutes ahead on the wall: with a factory clock that runs faster, that many times more.
    """
    ahead = FUTURE * max(1.0, clock_speed)
    return Window(ordered_at - max(PAST, ahead), now + ahead)


def impossible(message: str, *path: str) -> NotPossible:
    return NotPossible(RefusalCode.IMPOSSIBLE_STEP, message, path)


def check_form(report: Report) -> None:
    """Check what can be judged without the unit: lengths, lists, finite numbers, URLs. Raises InvalidInput."""
    if not report.event_id.strip():
        raise InvalidInput("eventId must not be empty.", ("eventId",))
    for path, text in _texts(report):
        limit = LENGTH_MAX[path[-1]]
        if text is not None and len(text) > limit:
            raise InvalidInput(f"{path[-1]} has at most {limit} characters.", path)
    _check_codes(report)
    for name, entries in (("measurements", report.measurements), ("media", report.media)):
        if len(entries) > LIST_MAX[name]:
            raise InvalidInput(f"There are at most {LIST_MAX[name]} {name} in one report.", (name,))
    for index, value in enumerate(report.measurements):
        if not math.isfinite(value.value):
            raise InvalidInput("A measured value is a finite number.", ("measurements", str(index), "value"))
    _check_logistics(report)
    for index, media in enumerate(report.media):
        if not media.url.startswith(("https://", "http://")):
            raise InvalidInput("A medium has an http(s) URL.", ("media", str(index), "url"))


def _check_codes(report: Report) -> None:
    if report.component is not None:
        if report.kind != StepKind.COMPONENT_FITTED:
            raise InvalidInput("Only COMPONENT_FITTED carries a component.", ("component",))
        for name in ("part", "position"):
            _check_code(getattr(report.component, name), "component", name)
        if not (report.component.serial or report.component.lot):
            raise InvalidInput("A component has a serial number or a lot.", ("component", "serial"))
    if report.defect is not None:
        if report.kind not in INSPECTION_KINDS:
            raise InvalidInput("Only an inspection carries a defect code.", ("defectCode",))
        _check_code(report.defect, "defectCode")


def _check_code(code: str | None, *path: str) -> None:
    if code is not None and not CODE.fullmatch(code):
        raise InvalidInput(f"{path[-1]} has letters, digits, - and _ alone, a letter or digit first.", path)


def _check_logistics(report: Report) -> None:
    """Check what only a package and a delivery have."""
    if report.sscc is not None:
        if report.kind != StepKind.PACKED:
            raise InvalidInput(f"{StepKind.PACKED} carries an SSCC, not {report.kind}.", ("sscc",))
        checked_sscc(report.sscc)
    if report.signature_hash is not None:
        if report.kind != StepKind.DELIVERED:
            raise InvalidInput(f"{StepKind.DELIVERED} carries a proof, not {report.kind}.", ("signatureHash",))
        if not SHA_256.fullmatch(report.signature_hash):
            raise InvalidInput("A SHA-256 has 64 hexadecimal digits, a to f small.", ("signatureHash",))


def _texts(report: Report) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """Yield each text of a report with its path; its last part names its limit."""
    yield ("eventId",), report.event_id
    yield ("defectCode",), report.defect
    for name in ("part", "position", "serial", "lot", "supplier") if report.component else ():
        yield ("component", name), getattr(report.component, name)
    for name in ("operation", "station", "location", "note"):
        yield (name,), getattr(report, name)
    for index, value in enumerate(report.measurements):
        yield ("measurements", str(index), "instrument"), value.instrument
    for index, media in enumerate(report.media):
        for name in ("url", "type", "caption"):
            yield ("media", str(index), name), getattr(media, name)


def to_event(report: Report, reporter: Reporter, state: State, model: Model, possible: Window) -> Event:
    """Turn a report into the event it is for this unit, or raise NotPossible (IMPOSSIBLE_STEP) where it can't be.

    The verdict of an inspection is computed here.
    """
    if report.kind not in REPORT_KINDS:
        raise impossible(f"{report.kind} is concluded or decided here, it is not reported.", "kind")
    if report.occurred_at > possible.until:
        raise impossible("occurredAt is more than 2 minutes in the future.", "occurredAt")
    if report.occurred_at < possible.since:
        raise impossible("occurredAt is more than a day before the unit was ordered.", "occurredAt")
    ended_at = state.cancelled_at or state.scrapped_at
    if ended_at is not None and report.occurred_at > ended_at:
        raise impossible("It occurred after the unit was cancelled or scrapped.", "occurredAt")
    component = report.component
    if component and component.place not in state.components and len(state.components) >= COMPONENTS_MAX:
        raise impossible(f"A unit has at most {COMPONENTS_MAX} components with a number.", "component")
    measurements = tuple(_measurements(report, model))
    operation, station = _place(report, model)
    kind = _verdict(report, model, operation, measurements) if report.kind in INSPECTION_KINDS else report.kind
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
        component=component,
        defect=report.defect,
        sscc=report.sscc,
        signature_hash=report.signature_hash,
    )


def differing(report: Report, step: Step) -> list[str]:
    """Name what a report says otherwise than the step of the same name, whether it is possible or not."""
    told = {
        name: getattr(report, name)
        for name in ("occurred_at", "location", "note", "component", "defect", "sscc", "signature_hash")
    }
    told |= {name: getattr(report, name) for name in ("operation", "station") if getattr(report, name) is not None}
    told["media"] = tuple(report.media)
    found = [name for name, value in told.items() if getattr(step, name) != value]
    values = [
        ReportedValue(m.characteristic, m.value, m.unit, m.instrument, m.calibration_due) for m in step.measurements
    ]
    found += ["measurements"] if values != list(report.measurements) else []
    same_kind = report.kind == step.kind or {report.kind, step.kind} <= set(INSPECTION_KINDS)
    return found if same_kind else [*found, "kind"]


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


def _place(report: Report, model: Model) -> tuple[str | None, str | None]:
    """Find the operation and station a report speaks of, and check that they are in the routing."""
    operation = report.operation
    if operation is None and report.kind in OPERATION_KINDS:
        raise InvalidInput(f"{report.kind} names its operation.", ("operation",))
    if operation is None and report.kind in INSPECTION_KINDS:
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
        return StepKind.INSPECTION_FAILED
    codes = {measurement.characteristic for measurement in measured if measurement.calibrated}
    unmeasured = any(c.operation == operation and c.code not in codes for c in model.inspection_plan)
    if report.kind == StepKind.INSPECTION_FAILED and (unmeasured or not measured):
        return StepKind.INSPECTION_FAILED
    return StepKind.INSPECTION_PASSED
