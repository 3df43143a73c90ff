"""Does the simulated factory tell a possible story of each unit, and the same one for the same seed?"""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from seeds.delivery import deliver
from seeds.event import Event, Known, Measured
from seeds.plant import Characteristic, Model, Operation
from seeds.script import Script
from tests.rows import rows

ROUTING = (
    Operation("PRESSING", "PRESS", 42),
    Operation("MOTOR_FITTING", "MOTOR", 44),
    Operation("SAFETY_TEST", "HIPOT", 50),
    Operation("SPIN_TEST", "SPIN", 300),
    Operation("FINAL_INSPECTION", "FINAL", 60),
    Operation("PACKING", "PACK", 55),
)
PLAN = (
    Characteristic("INSULATION", "SAFETY_TEST", "B75", nominal=100, lower_limit=7, safety=True),
    Characteristic("EARTH", "SAFETY_TEST", "OHM", upper_limit=0.1, safety=True),
    Characteristic("NOISE", "SPIN_TEST", "2N", nominal=72, upper_limit=75),
    Characteristic("FILL_LEVEL", "SPIN_TEST", "LTR", nominal=0, lower_limit=-1.5, upper_limit=1.5),
    Characteristic("DRYING_AIR", "SPIN_TEST", "CEL", lower_limit=50, upper_limit=75),
    Characteristic("VACUUM", "SPIN_TEST", "PAL", lower_limit=100),
    Characteristic("WEIGHT", "SPIN_TEST", "GRM", nominal=500),
    Characteristic("COLOUR", "FINAL_INSPECTION", "C62", nominal=0, upper_limit=1.0),
    Characteristic("APPEARANCE", "FINAL_INSPECTION"),
)
MODEL = Model("WM-TEST", "Foshan", ROUTING, PLAN)
CODES = [f"CODE-{n}" for n in range(200)]
LIMITS = {characteristic.code: characteristic for characteristic in PLAN}
TRANSPORT = ["DISPATCHED", "ARRIVED_AT_HUB", "DEPARTED_HUB", "OUT_FOR_DELIVERY", "DELIVERED", "INSTALLED"]


def inside(measured: Measured) -> bool:
    known = LIMITS[measured.characteristic]
    lower = 1.0 if known.unit is None else known.lower_limit
    upper = known.upper_limit
    return (lower is None or measured.value >= lower) and (upper is None or measured.value <= upper)


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


def known(events: list[Event]) -> list[Known]:
    return [event.known for event in events]


def outside(script: Script) -> Iterator[str]:
    for event in script.build():
        yield from (measured.characteristic for measured in event.measurements if not inside(measured))


def failing(characteristic: str) -> Script:
    scripts = (Script(MODEL, code, failures=1.0) for code in CODES)
    return next(script for script in scripts if list(outside(script)) == [characteristic])


def test_the_same_seed_and_code_tell_the_same_story() -> None:
    for code in CODES:
        assert Script(MODEL, code, 7, 0.5).build() == Script(MODEL, code, 7, 0.5).build()
        assert deliver(code, 7, "Foshan", [], 1, 2) == deliver(code, 7, "Foshan", [], 1, 2)


def test_another_seed_or_code_tells_another_story() -> None:
    stories = [Script(MODEL, code, seed).build() for code, seed in itertools.product(CODES[:5], range(5))]
    assert all(one != other for one, other in itertools.combinations(stories, 2))


def test_without_failures_every_value_is_inside_its_limits() -> None:
    for code in CODES:
        assert list(outside(Script(MODEL, code, failures=0.0))) == []


def test_a_unit_fails_in_one_characteristic_and_never_in_a_safety_one() -> None:
    failed = [list(outside(Script(MODEL, code, failures=1.0))) for code in CODES]
    assert all(len(codes) == 1 for codes in failed)
    assert {code for (code,) in failed} == {"NOISE", "FILL_LEVEL", "DRYING_AIR", "VACUUM", "COLOUR", "APPEARANCE"}


def test_the_share_of_units_that_fail_is_about_the_one_asked_for() -> None:
    failed = sum(any(outside(Script(MODEL, code, failures=0.3))) for code in CODES)
    assert 0.2 < failed / len(CODES) < 0.4


def test_the_verdict_that_is_reported_agrees_with_the_values() -> None:
    stories = (Script(MODEL, code, failures=0.5).build() for code in CODES)
    for event in itertools.chain.from_iterable(stories):
        if event.measurements:
            passed = all(inside(measured) for measured in event.measurements)
            assert event.kind == ("INSPECTION_PASSED" if passed else "INSPECTION_FAILED")


def test_every_characteristic_is_measured_once_at_its_operation_in_its_unit() -> None:
    measured = [(event.operation, m) for event in Script(MODEL, "CODE").build() for m in event.measurements]
    expected = [(c.operation, c.code, c.unit or "C62") for c in PLAN]
    assert [(operation, m.characteristic, m.unit) for operation, m in measured] == expected


def test_operations_are_started_and_completed_in_the_order_of_the_routing() -> None:
    for code in CODES:
        events = Script(MODEL, code).build()
        for kind in ("OPERATION_STARTED", "OPERATION_COMPLETED"):
            places = [(event.operation, event.station) for event in events if event.kind == kind]
            assert places == [(operation.code, operation.station) for operation in MODEL.build]
        assert all(event.after_seconds > 0 for event in events)


def test_operations_take_about_their_standard_times() -> None:
    planned = sum(operation.standard_seconds for operation in MODEL.build)
    for code in CODES:
        assert 0.9 * planned < sum(event.after_seconds for event in Script(MODEL, code).build()) < 1.15 * planned


def test_no_event_id_is_used_twice() -> None:
    script = Script(MODEL, "CODE", failures=1.0)
    repairs = [event for attempt in (1, 2) for event in script.repair("SPIN_TEST", attempt)]
    events = [*script.build(), *repairs, *script.pack(), *deliver("CODE", 1, "Foshan", [], 1, 2)]
    assert len({event.id for event in events}) == len(events)


def test_production_waits_behind_a_failed_inspection() -> None:
    script = failing("NOISE")
    first = script.follow([], "PLANNED")
    assert kinds(first)[-1] == "INSPECTION_FAILED"
    assert first[-1].operation == "SPIN_TEST"
    assert script.follow(known(first), "ON_HOLD") == []


REST = ["OPERATION_COMPLETED", "OPERATION_STARTED", "INSPECTION_PASSED", "OPERATION_COMPLETED"]


def test_a_unit_that_was_conceded_goes_on() -> None:
    script = failing("NOISE")
    history = known(script.follow([], "PLANNED"))
    assert kinds(script.follow(history, "IN_PRODUCTION")) == REST


def test_rework_ends_with_an_inspection_that_passes_and_then_production_goes_on() -> None:
    script = failing("NOISE")
    history = known(script.follow([], "PLANNED"))
    repair = script.follow(history, "IN_REWORK")
    assert kinds(repair) == ["REWORK_STARTED", "REWORK_COMPLETED", "INSPECTION_PASSED"]
    assert all(inside(measured) for measured in repair[-1].measurements)
    assert repair[-1].operation == "SPIN_TEST"
    history += known(repair)
    assert kinds(script.follow(history, "IN_PRODUCTION")) == REST


@rows(("done", "status"), [(0, "IN_REWORK"), (1, "IN_REWORK"), (2, "IN_INSPECTION")])
def test_a_simulator_that_is_started_again_goes_on_with_a_rework(done: int, status: str) -> None:
    script = failing("NOISE")
    history = known(script.follow([], "PLANNED"))
    repair = script.repair("SPIN_TEST", 1)
    assert script.follow([*history, *known(repair[:done])], status) == repair[done:]


def test_a_simulator_that_is_started_again_goes_on_where_it_was() -> None:
    script = Script(MODEL, "CODE", failures=0.0)
    build = script.build()
    for count in range(len(build)):
        assert script.follow(known(build[:count]), "IN_PRODUCTION") == build[count:]


def test_a_unit_is_packed_when_it_has_been_released_and_not_before() -> None:
    script = Script(MODEL, "CODE", failures=0.0)
    history = known(script.build())
    assert script.follow(history, "IN_INSPECTION") == []
    assert kinds(script.follow(history, "RELEASED")) == ["OPERATION_STARTED", "OPERATION_COMPLETED", "PACKED"]
    assert script.follow([*history, *known(script.pack())], "PACKED") == []


def test_the_carrier_brings_a_unit_in_order_and_within_the_announced_time() -> None:
    attempted = 0
    for code in CODES:
        events = deliver(code, 1, "Foshan", [], 48 * 3600, 96 * 3600)
        told = kinds(events)
        if "DELIVERY_ATTEMPTED" in told:
            attempted += 1
            told.remove("DELIVERY_ATTEMPTED")
            told.remove("OUT_FOR_DELIVERY")
        assert told == TRANSPORT
        way = sum(event.after_seconds for event in events if event.kind not in ("DISPATCHED", "INSTALLED"))
        assert 48 * 3600 < way < 96 * 3600
    assert 0 < attempted < len(CODES) / 3


def test_a_carrier_that_is_started_again_spreads_what_is_left_over_the_time_that_is_left() -> None:
    for code in CODES:
        events = deliver(code, 1, "Foshan", [], 1000, 1000)
        for count in range(1, len(events) - 1):
            left = deliver(code, 1, "Foshan", known(events[:count]), 600, 600)
            assert [event.id for event in left] == [event.id for event in events[count:]]
            assert sum(event.after_seconds for event in left[:-1]) == pytest.approx(600)


def test_packing_begins_behind_the_last_inspection_of_the_routing() -> None:
    assert [operation.code for operation in MODEL.packing] == ["PACKING"]
    early = replace(MODEL, inspection_plan=PLAN[:2])
    assert [operation.code for operation in early.build] == ["PRESSING", "MOTOR_FITTING", "SAFETY_TEST"]


def test_a_fitted_component_has_a_part_a_serial_number_a_lot_and_a_supplier() -> None:
    fitted = [event for code in CODES for event in Script(MODEL, code).build() if event.kind == "COMPONENT_FITTED"]
    assert fitted
    for event in fitted:
        assert event.component is not None
        assert event.component.part == "MOTOR"
        assert all(event.component)
    assert len({event.component.serial for event in fitted if event.component}) == len(fitted)
    assert len({event.component.lot for event in fitted if event.component}) < len(fitted)


@rows("status", ["SCRAPPED", "CANCELLED"])
def test_nothing_more_is_reported_of_a_unit_that_has_ended(status: str) -> None:
    script = failing("NOISE")
    assert script.follow(known(script.follow([], "PLANNED")), status) == []


def test_a_unit_that_was_built_otherwise_than_designed_is_reworked_and_inspected_again() -> None:
    script = Script(MODEL, "CODE", failures=0.0)
    history = known(script.build()[:5])
    again = script.follow(history, "IN_REWORK")
    assert kinds(again) == ["REWORK_STARTED", "REWORK_COMPLETED", "INSPECTION_PASSED"]
    assert again[-1].operation == MODEL.build[-1].code
    assert kinds(script.follow([*history, *known(again)], "IN_PRODUCTION"))[-1] == "OPERATION_COMPLETED"
