"""Is a report refused only when it is impossible for this unit, and is its verdict computed here?"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.shared.refusal import InvalidInput, NotPossible, Refusal, RefusalCode
from app.domain.shared.viewer import AccountKind
from app.domain.unit.component import Component
from app.domain.unit.event import Event, StepKind
from app.domain.unit.evidence import Media
from app.domain.unit.fact import Fitted
from app.domain.unit.journey import Unit, append, follow
from app.domain.unit.kinds.inspection import Finding, InspectionKind
from app.domain.unit.kinds.production import COMPONENTS_MAX, OPERATION_KINDS, ProductionKind
from app.domain.unit.kinds.quality import QualityKind
from app.domain.unit.kinds.table import KINDS, REPORT_KINDS
from app.domain.unit.kinds.transport import Package, Proof, TransportKind
from app.domain.unit.payload import Payload
from app.domain.unit.report import (
    Report,
    ReportedValue,
    Reporter,
    check_form,
    differing,
    payload_of,
    possible_times,
    to_event,
)
from tests.domain.build import FRESH, GOOD, MODEL, OPERATIONS, T0, at, sign
from tests.domain.kind_table import EXPECTED
from tests.rows import rows

NOW = at(60)
MACHINE = Reporter("m1", AccountKind.FACTORY)
PASSED, FAILED = InspectionKind.INSPECTION_PASSED, InspectionKind.INSPECTION_FAILED
UNITS = {c.code: c.unit or "C62" for c in MODEL.inspection_plan}


def values(**measured: float) -> tuple[ReportedValue, ...]:
    return tuple(ReportedValue(code, value, UNITS[code], "SPA-5") for code, value in measured.items())


def report(kind: StepKind = PASSED, **changes: Any) -> Report:
    operation = "PAINTING" if kind in OPERATION_KINDS else None
    return replace(Report("7K3M9QXT2CHVE", kind, "e1", at(50), operation), **changes)


def event_of(told: Report, state: Any = FRESH, speed: float = 1.0) -> Event:
    return to_event(told, MACHINE, state, MODEL, possible_times(T0, NOW, speed))


def refused(told: Report, state: Any = FRESH, speed: float = 1.0) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        event_of(told, state, speed)
    return refusal.value


def test_a_kind_is_reported_or_impossible() -> None:
    for kind, expected in EXPECTED.items():
        if expected.reporters:
            assert event_of(report(kind)).kind == kind
        else:
            refusal = refused(report(kind))
            assert (refusal.code, refusal.path) == (RefusalCode.IMPOSSIBLE_STEP, ("kind",)), kind


IMPOSSIBLE: Sequence[tuple[dict[str, Any], Sequence[str]]] = [
    ({"operation": "FLYING"}, ("operation",)),
    ({"operation": ""}, ("operation",)),
    ({"station": "S-99"}, ("station",)),
    ({"operation": "PAINTING", "station": ""}, ("station",)),
    ({"operation": "PAINTING", "station": "S-0"}, ("station",)),
    ({"measurements": (ReportedValue("TASTE", 1.0, "C62"),)}, ("measurements", "0", "characteristic")),
    ({"measurements": (*values(LEVEL=0), ReportedValue("NOISE", 60, "BAR"))}, ("measurements", "1", "unit")),
    ({"measurements": (ReportedValue("WATER_TIGHT", 1.0, ""),)}, ("measurements", "0", "unit")),
    ({"measurements": (ReportedValue("INSULATION", 5.0, "b75"),)}, ("measurements", "0", "unit")),
    ({"measurements": (*values(NOISE=60), *values(NOISE=60))}, ("measurements", "1", "characteristic")),
    ({"measurements": (*values(INSULATION=9.0), *values(INSULATION=0.1))}, ("measurements", "1", "characteristic")),
    ({"occurred_at": NOW + timedelta(minutes=2, milliseconds=1)}, ("occurredAt",)),
    ({"occurred_at": T0 - timedelta(days=1, milliseconds=1)}, ("occurredAt",)),
    ({"occurred_at": datetime(1, 1, 1, tzinfo=UTC)}, ("occurredAt",)),
]


def test_what_is_impossible_for_this_unit_is_refused_for_every_kind() -> None:
    for kind, (changes, path) in product(REPORT_KINDS, IMPOSSIBLE):
        refusal = refused(report(kind, **changes))
        assert isinstance(refusal, NotPossible), (kind, changes)
        assert (refusal.code, refusal.path) == (RefusalCode.IMPOSSIBLE_STEP, path), (kind, changes)


@rows("kind", OPERATION_KINDS)
def test_an_operations_report_names_its_operation(kind: StepKind) -> None:
    refusal = refused(report(kind, operation=None))
    assert (refusal.code, refusal.path) == (RefusalCode.INVALID_INPUT, ("operation",))


@rows(
    ("speed", "minutes", "possible"),
    [(1.0, 2, True), (1.0, 2.01, False), (60.0, 120, True), (60.0, 120.01, False), (0.5, 2, True), (0.5, 2.01, False)],
)
def test_a_clock_may_be_two_minutes_ahead_on_the_wall(speed: float, minutes: float, possible: bool) -> None:
    told = report(occurred_at=NOW + timedelta(minutes=minutes))
    if possible:
        assert event_of(told, speed=speed).occurred_at == told.occurred_at
    else:
        assert refused(told, speed=speed).code == RefusalCode.IMPOSSIBLE_STEP


@rows(
    ("speed", "hours", "possible"),
    [
        (1.0, 24, True),
        (1.0, 24.01, False),
        (60.0, 24, True),
        (60.0, 24.01, False),
        (1440.0, 48, True),
        (1440.0, 48.1, False),
    ],
)
def test_a_clock_may_be_a_time_zone_behind_at_the_order(speed: float, hours: float, possible: bool) -> None:
    told = report(occurred_at=T0 - timedelta(hours=hours))
    if possible:
        assert event_of(told, speed=speed).occurred_at == told.occurred_at
    else:
        assert refused(told, speed=speed).code == RefusalCode.IMPOSSIBLE_STEP


def test_what_occurred_after_the_end_of_a_unit_is_refused_and_what_occurred_before_is_late() -> None:
    for kind in REPORT_KINDS:
        for ended in (replace(FRESH, cancelled_at=at(50)), replace(FRESH, scrapped_at=at(50))):
            assert refused(report(kind, occurred_at=at(50.01)), ended).path == ("occurredAt",), kind
            for minutes in (50, 49, -1_000):
                assert event_of(report(kind, occurred_at=at(minutes)), ended).occurred_at == at(minutes), kind


def test_an_event_keeps_what_was_told_and_who_told_it() -> None:
    media = (Media("https://example.com/a.jpg", "image/jpeg", "Door"),)
    told = report(
        TransportKind.PACKED, location="Foshan", note="Careful", media=list(media), measurements=values(NOISE=60)
    )
    event = event_of(told)
    assert (event.reporter, event.event_id, event.key) == ("m1", "e1", "m1/e1")
    assert (event.occurred_at, event.location, event.note, event.media) == (at(50), "Foshan", "Careful", media)
    assert (event.operation, event.station) == (None, None)
    assert [(m.characteristic, m.value, m.unit, m.instrument) for m in event.measurements] == [
        ("NOISE", 60, "2N", "SPA-5")
    ]


HASH = "0123456789abcdef" * 4
SSCC = "106141412345678908"


@rows(
    ("kind", "payload", "path"),
    [
        (TransportKind.PACKED, Package(SSCC[:-1] + "9"), "sscc"),
        (TransportKind.PACKED, Package(""), "sscc"),
        (TransportKind.DISPATCHED, Package(SSCC), "sscc"),
        (TransportKind.DELIVERED, Proof(HASH[:-1]), "signatureHash"),
        (TransportKind.DELIVERED, Proof(HASH.upper()), "signatureHash"),
        (TransportKind.DELIVERED, Proof("Li Na"), "signatureHash"),
        (TransportKind.DELIVERY_ATTEMPTED, Proof(HASH), "signatureHash"),
        (TransportKind.DELIVERED, Package(SSCC), "sscc"),
        (QualityKind.RELEASED, Package(SSCC), "sscc"),
    ],
)
def test_only_a_package_has_a_number_and_only_a_delivery_a_proof(kind: StepKind, payload: Payload, path: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_form(report(kind, payload=payload))
    assert refusal.value.path == (path,)


def test_what_a_kind_carries_is_kept() -> None:
    for kind, expected in EXPECTED.items():
        if expected.reporters:
            told = report(kind, payload=expected.payload)
            check_form(told)
            assert event_of(told).payload == expected.payload, kind


def test_of_several_things_that_came_with_a_report_one_that_is_not_its_kind_s_is_refused() -> None:
    package, proof = Package(SSCC), Proof(HASH)
    assert payload_of(TransportKind.PACKED, None, package, None) is package
    assert payload_of(TransportKind.PACKED, package, proof) is payload_of(TransportKind.PACKED, proof, package) is proof
    assert payload_of(TransportKind.DISPATCHED, package) is package
    assert payload_of(TransportKind.PACKED, None, None) is None


def test_the_station_is_the_operation_s_own_and_no_other() -> None:
    stations = {each.station for each in MODEL.routing}
    for kind, operation in product(REPORT_KINDS, OPERATIONS):
        here = MODEL.operations[operation].station
        event = event_of(report(kind, operation=operation, occurred_at=T0))
        assert (event.kind, event.operation, event.station) == (kind, operation, here)
        assert event_of(report(kind, operation=operation, station=here)).station == here
        for station in stations - {here}:
            refusal = refused(report(kind, operation=operation, station=station))
            assert (refusal.code, refusal.path) == (RefusalCode.IMPOSSIBLE_STEP, ("station",)), (kind, operation)


def test_without_an_operation_any_station_of_the_routing_may_be_named() -> None:
    for station in {each.station for each in MODEL.routing}:
        assert event_of(report(ProductionKind.COMPONENT_FITTED, station=station)).station == station


FULL = report(
    measurements=values(NOISE=60),
    location="L",
    note="N",
    media=(Media("https://x.example/a.jpg", "image/jpeg"),),
    payload=Finding("SCRATCH"),
)


@rows(
    ("changes", "named"),
    [
        ({}, []),
        ({"kind": FAILED}, []),
        ({"kind": TransportKind.PACKED}, ["kind"]),
        ({"operation": "NOPE"}, ["operation"]),
        ({"station": "NOPE"}, ["station"]),
        ({"occurred_at": datetime(1, 1, 1, tzinfo=UTC), "note": None}, ["occurred_at", "note"]),
        ({"measurements": values(NOISE=61)}, ["measurements"]),
        ({"measurements": values(NOISE=60) * 2}, ["measurements"]),
        ({"location": "M", "media": ()}, ["location", "media"]),
        ({"payload": Component("MOTOR", "1")}, ["component"]),
        ({"payload": None}, ["defectCode"]),
        ({"payload": Finding("DENT")}, ["defectCode"]),
        ({"payload": Package("1")}, ["sscc"]),
    ],
)
def test_what_a_repeated_report_says_otherwise_is_named_even_where_it_is_impossible(
    changes: dict[str, Any], named: list[str]
) -> None:
    entry = append(Unit("7K3M9QXT2CHVE", MODEL.sku, 1, MODEL.line), MODEL, FRESH, event_of(FULL), NOW, sign)
    assert differing(replace(FULL, **changes), entry.step) == named


@rows(
    ("measured", "operation"),
    [
        ({}, "FINAL_INSPECTION"),
        ({"WATER_TIGHT": 1.0}, "LEAK_TEST"),
        ({"INSULATION": 3.0}, "SAFETY_TEST"),
        ({"INSULATION": 3.0, "WATER_TIGHT": 1.0}, "SAFETY_TEST"),
        ({"NOISE": 60.0, "WATER_TIGHT": 1.0}, "FINAL_INSPECTION"),
    ],
)
def test_an_inspection_without_an_operation_is_at_the_last_one_that_it_inspects(
    measured: dict[str, float], operation: str
) -> None:
    assert event_of(report(measurements=values(**measured))).operation == operation
    assert event_of(report(measurements=values(**measured), operation="PACKING")).operation == "PACKING"


LIMITS = [
    ("WATER_TIGHT", 1.0, True),
    ("WATER_TIGHT", 0.0, False),
    ("INSULATION", 2.0, True),
    ("INSULATION", math.nextafter(2.0, 0.0), False),
    ("INSULATION", 1e300, True),
    ("COLOUR_DELTA", 0.0, True),
    ("COLOUR_DELTA", 1.0, True),
    ("COLOUR_DELTA", math.nextafter(1.0, 2.0), False),
    ("COLOUR_DELTA", -0.1, False),
    ("NOISE", 70.0, True),
    ("NOISE", 70.1, False),
    ("NOISE", -1e300, True),
    ("LEVEL", -1.0, True),
    ("LEVEL", 1.0, True),
    ("LEVEL", 1.1, False),
    ("LEVEL", -1.1, False),
    ("APPEARANCE", 1.0, True),
    ("APPEARANCE", 0.0, False),
]


def test_a_value_is_judged_by_its_limits_both_included() -> None:
    for kind, (code, value, inside) in product(REPORT_KINDS, LIMITS):
        (measurement,) = event_of(report(kind, measurements=values(**{code: value}))).measurements
        checked = MODEL.characteristics[code]
        lower = checked.lower_limit if checked.unit else 1.0
        judged = (measurement.passed, measurement.lower_limit, measurement.upper_limit)
        assert judged == (inside, lower, checked.upper_limit), (kind, code, value)


FINAL_GOOD = {code: GOOD[code] for code in ("COLOUR_DELTA", "NOISE", "LEVEL", "APPEARANCE")}


@rows(
    ("told", "measured", "verdict"),
    [
        (PASSED, {}, PASSED),
        (FAILED, {}, FAILED),
        (PASSED, FINAL_GOOD, PASSED),
        (FAILED, FINAL_GOOD, PASSED),
        (PASSED, {**FINAL_GOOD, "NOISE": 71.0}, FAILED),
        (FAILED, {**FINAL_GOOD, "NOISE": 71.0}, FAILED),
        (PASSED, {"NOISE": 60.0}, PASSED),
        (FAILED, {"NOISE": 60.0}, FAILED),
        (PASSED, {"NOISE": 71.0}, FAILED),
        (PASSED, {**FINAL_GOOD, "INSULATION": 1.0}, FAILED),
    ],
)
def test_the_verdict_is_computed_from_the_measurements(
    told: StepKind, measured: dict[str, float], verdict: StepKind
) -> None:
    event = event_of(report(told, operation="FINAL_INSPECTION", measurements=values(**measured)))
    assert event.kind == verdict


some_values = st.fixed_dictionaries({}, optional={c: st.sampled_from((-2.0, 0.0, 1.0, 2.0, 71.0)) for c in GOOD})


@given(st.sampled_from((PASSED, FAILED)), st.sampled_from((None, *OPERATIONS)), some_values)
def test_a_value_outside_its_limits_always_fails_the_inspection(
    told: StepKind, operation: str | None, measured: dict[str, float]
) -> None:
    event = event_of(report(told, operation=operation, measurements=values(**measured)))
    if any(not measurement.passed for measurement in event.measurements):
        assert event.kind == FAILED
    elif told == PASSED:
        assert event.kind == PASSED
    again = event_of(report(event.kind, operation=event.operation, measurements=values(**measured)))
    assert again == event


@rows(
    ("name", "field", "longest"),
    [
        ("event_id", "eventId", 128),
        ("operation", "operation", 64),
        ("station", "station", 64),
        ("location", "location", 200),
        ("note", "note", 1000),
    ],
)
def test_a_text_that_is_too_long_is_refused_with_its_limit(name: str, field: str, longest: int) -> None:
    changes: list[dict[str, Any]] = [{name: "x" * longest}, {name: "x" * (longest + 1)}]
    check_form(report(**changes[0]))
    with pytest.raises(InvalidInput, match=str(longest)) as refusal:
        check_form(report(**changes[1]))
    assert refusal.value.path == (field,)


PHOTO = Media("https://example.com/a.jpg", "image/jpeg")


@rows(
    ("changes", "path"),
    [
        ({"event_id": ""}, ("eventId",)),
        ({"event_id": " \t"}, ("eventId",)),
        ({"measurements": values(NOISE=60) * 101}, ("measurements",)),
        ({"media": (PHOTO,) * 11}, ("media",)),
        *(
            ({"measurements": (*values(NOISE=60), *values(NOISE=value))}, ("measurements", "1", "value"))
            for value in (math.nan, math.inf, -math.inf)
        ),
        *(
            ({"media": (PHOTO, replace(PHOTO, url=url))}, ("media", "1", "url"))
            for url in ("", "ftp://example.com", "javascript:alert(1)", "https://" + "x" * 1993)
        ),
    ],
)
def test_a_malformed_report_is_refused_where_it_is_malformed(changes: dict[str, Any], path: Sequence[str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_form(report(**changes))
    assert refusal.value.path == path


def test_the_fullest_report_is_accepted() -> None:
    check_form(report(measurements=values(NOISE=60) * 100, media=(replace(PHOTO, url="http://" + "x" * 1993),) * 10))


FITTED = ProductionKind.COMPONENT_FITTED
MOTOR = Component("MOTOR", "M-1", "L-1", "Nidec", "LEFT")


@rows(
    ("payload", "path"),
    [
        *((replace(MOTOR, part=part), ("component", "part")) for part in ("", "A.B", "$a", "x" * 65)),
        *((replace(MOTOR, position=p), ("component", "position")) for p in ("", "a b", "é", "x" * 65)),
        (Component("MOTOR"), ("component", "serial")),
        (Component("MOTOR", "", ""), ("component", "serial")),
        *((replace(MOTOR, **{n: "x" * 65}), ("component", n)) for n in ("serial", "lot")),
        (replace(MOTOR, supplier="x" * 101), ("component", "supplier")),
        (Finding("SCRATCH"), ("defectCode",)),
    ],
)
def test_a_malformed_component_is_refused_where_it_is_malformed(payload: Payload, path: Sequence[str]) -> None:
    check_form(report(FITTED, payload=MOTOR))
    with pytest.raises(InvalidInput) as refusal:
        check_form(report(FITTED, payload=payload))
    assert refusal.value.path == path


def test_a_malformed_code_of_a_defect_is_refused() -> None:
    check_form(report(FAILED, payload=Finding("x" * 64)))
    for code in ("", "a b", "é", "x" * 65):
        with pytest.raises(InvalidInput) as refusal:
            check_form(report(FAILED, payload=Finding(code)))
        assert refusal.value.path == ("defectCode",), code


def test_only_a_fitting_carries_a_component() -> None:
    for kind in set(KINDS.values()) - {FITTED}:
        with pytest.raises(InvalidInput) as refusal:
            check_form(report(kind, payload=MOTOR))
        assert refusal.value.path == ("component",), kind


def test_a_unit_has_a_bounded_number_of_components_and_any_of_them_may_be_replaced() -> None:
    parts = [Component(f"PART-{n}", "1") for n in range(COMPONENTS_MAX)]
    fitted = {part.position_or_part: Fitted(part, T0, "m1/e") for part in parts}
    full = replace(FRESH, components=fitted)
    assert refused(report(FITTED, payload=MOTOR), full).path == ("component",)
    assert event_of(report(FITTED, payload=replace(parts[0], serial="2")), full).payload


@rows(("days", "good"), [(-1, False), (0, True), (1, True)])
@rows(("noise", "verdict"), [(60.0, PASSED), (71.0, FAILED)])
def test_a_value_of_an_instrument_out_of_calibration_may_fail_a_unit_but_proves_nothing_good(
    days: int, good: bool, noise: float, verdict: StepKind
) -> None:
    due = at(50).date() + timedelta(days=days)
    told = tuple(replace(value, calibration_due=due) for value in values(NOISE=noise))
    event = event_of(report(operation="FINAL_INSPECTION", measurements=told))
    (measurement,) = event.measurements
    assert (event.kind, measurement.calibrated, measurement.calibration_due) == (verdict, good, due)
    assert measurement.counts is (good or noise > 70)
    state = follow(FRESH, event)
    assert ("NOISE" in state.readings) is measurement.counts
    assert bool(state.attempts) is measurement.counts
    assert bool(state.unproven) is not measurement.counts


def test_a_reported_failure_stands_where_what_passed_was_measured_out_of_calibration() -> None:
    told = tuple(replace(value, calibration_due=T0.date() - timedelta(days=9)) for value in values(**FINAL_GOOD))
    assert event_of(report(FAILED, operation="FINAL_INSPECTION", measurements=told)).kind == FAILED
