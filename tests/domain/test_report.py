"""Is a report refused only when it is impossible for this unit, and is its verdict computed here?"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.event import OPERATION_KINDS, REPORT_KINDS, Event, Media, StepKind
from app.domain.refusal import InvalidInput, NotPossible, Refusal, RefusalCode
from app.domain.report import Report, ReportedValue, check_form, to_event
from tests.domain.build import ACTS_AND_ANNOUNCEMENTS, FRESH, GOOD, MODEL, OPERATIONS, T0, at

NOW = at(60)
PASSED, FAILED = StepKind.INSPECTION_PASSED, StepKind.INSPECTION_FAILED
UNITS = {c.code: c.unit or "C62" for c in MODEL.inspection_plan}


def values(**measured: float) -> tuple[ReportedValue, ...]:
    return tuple(ReportedValue(code, value, UNITS[code], "SPA-5") for code, value in measured.items())


def report(kind: StepKind = PASSED, **changes: Any) -> Report:
    operation = "PAINTING" if kind in OPERATION_KINDS else None
    return replace(Report("7K3M9QXT2CHVE", kind, "e1", at(50), operation), **changes)


def event_of(told: Report, state: Any = FRESH, speed: float = 1.0) -> Event:
    return to_event(told, "m1", state, MODEL, NOW, speed)


def refused(told: Report, state: Any = FRESH, speed: float = 1.0) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        event_of(told, state, speed)
    return refusal.value


@pytest.mark.parametrize("kind", StepKind)
def test_a_kind_is_reported_or_impossible(kind: StepKind) -> None:
    assert (kind in REPORT_KINDS) is (kind not in ACTS_AND_ANNOUNCEMENTS)
    if kind in REPORT_KINDS:
        assert event_of(report(kind)).kind == kind
    else:
        refusal = refused(report(kind))
        assert (refusal.code, refusal.path) == (RefusalCode.IMPOSSIBLE_STEP, ("kind",))


@pytest.mark.parametrize("kind", sorted(REPORT_KINDS))
@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"operation": "FLYING"}, ("operation",)),
        ({"operation": ""}, ("operation",)),
        ({"station": "S-99"}, ("station",)),
        ({"operation": "PAINTING", "station": ""}, ("station",)),
        ({"measurements": (ReportedValue("TASTE", 1.0, "C62"),)}, ("measurements", "0", "characteristic")),
        ({"measurements": (*values(NOISE=60), ReportedValue("NOISE", 60, "BAR"))}, ("measurements", "1", "unit")),
        ({"measurements": (ReportedValue("WATER_TIGHT", 1.0, ""),)}, ("measurements", "0", "unit")),
        ({"measurements": (ReportedValue("INSULATION", 5.0, "b75"),)}, ("measurements", "0", "unit")),
        ({"occurred_at": NOW + timedelta(minutes=2, milliseconds=1)}, ("occurredAt",)),
    ],
)
def test_what_is_impossible_for_this_unit_is_refused_for_every_kind(
    kind: StepKind, changes: dict[str, Any], path: Sequence[str]
) -> None:
    refusal = refused(report(kind, **changes))
    assert isinstance(refusal, NotPossible)
    assert (refusal.code, refusal.path) == (RefusalCode.IMPOSSIBLE_STEP, path)


@pytest.mark.parametrize("kind", OPERATION_KINDS)
def test_an_operations_report_names_its_operation(kind: StepKind) -> None:
    refusal = refused(report(kind, operation=None))
    assert (refusal.code, refusal.path) == (RefusalCode.INVALID_INPUT, ("operation",))


@pytest.mark.parametrize(
    ("speed", "minutes", "possible"),
    [(1.0, 2, True), (1.0, 2.01, False), (60.0, 120, True), (60.0, 120.01, False), (0.5, 2, True), (0.5, 2.01, False)],
)
def test_a_clock_may_be_two_minutes_ahead_on_the_wall(speed: float, minutes: float, possible: bool) -> None:
    told = report(occurred_at=NOW + timedelta(minutes=minutes))
    if possible:
        assert event_of(told, speed=speed).occurred_at == told.occurred_at
    else:
        assert refused(told, speed=speed).code == RefusalCode.IMPOSSIBLE_STEP


@pytest.mark.parametrize("end", ["cancelled_at", "scrapped_at"])
@pytest.mark.parametrize("kind", sorted(REPORT_KINDS))
def test_what_occurred_after_the_end_of_a_unit_is_refused_and_what_occurred_before_is_late(
    kind: StepKind, end: str
) -> None:
    state = replace(FRESH, cancelled_at=at(50)) if end == "cancelled_at" else replace(FRESH, scrapped_at=at(50))
    assert refused(report(kind, occurred_at=at(50.01)), state).path == ("occurredAt",)
    for minutes in (50, 49, -100_000):
        assert event_of(report(kind, occurred_at=at(minutes)), state).occurred_at == at(minutes)


def test_an_event_keeps_what_was_told_and_who_told_it() -> None:
    media = (Media("https://example.com/a.jpg", "image/jpeg", "Door"),)
    told = report(StepKind.PACKED, location="Foshan", note="Careful", media=list(media), measurements=values(NOISE=60))
    event = event_of(told)
    assert (event.reporter, event.event_id, event.key) == ("m1", "e1", "m1/e1")
    assert (event.occurred_at, event.location, event.note, event.media) == (at(50), "Foshan", "Careful", media)
    assert (event.operation, event.station) == (None, None)
    assert [(m.characteristic, m.value, m.unit, m.instrument) for m in event.measurements] == [
        ("NOISE", 60, "2N", "SPA-5")
    ]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_station_is_the_operations_own_unless_another_is_told(operation: str) -> None:
    here = MODEL.operations[operation].station
    assert event_of(report(StepKind.OPERATION_STARTED, operation=operation)).station == here
    assert event_of(report(StepKind.OPERATION_STARTED, operation=operation, station="S-0")).station == "S-0"


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("kind", sorted(REPORT_KINDS))
@pytest.mark.parametrize(("code", "value", "inside"), LIMITS)
def test_a_value_is_judged_by_its_limits_both_included(kind: StepKind, code: str, value: float, inside: bool) -> None:
    (measurement,) = event_of(report(kind, measurements=values(**{code: value}))).measurements
    assert measurement.passed is inside
    checked = MODEL.characteristics[code]
    assert measurement.upper_limit == checked.upper_limit
    assert measurement.lower_limit == (checked.lower_limit if checked.unit else 1.0)


FINAL_GOOD = {code: GOOD[code] for code in ("COLOUR_DELTA", "NOISE", "LEVEL", "APPEARANCE")}


@pytest.mark.parametrize(
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


@settings(max_examples=200, deadline=None)
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(("kind", "operation"), list(product(sorted(REPORT_KINDS), OPERATIONS)))
def test_every_operation_of_the_routing_may_be_named_by_every_kind(kind: StepKind, operation: str) -> None:
    event = event_of(report(kind, operation=operation, occurred_at=T0))
    assert (event.kind, event.operation) == (kind, operation)
