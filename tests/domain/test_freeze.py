"""May an option still change: open until the operation that settles it has begun, and never open again?"""

from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given

from app.domain.catalogue.catalogue import Model
from app.domain.configuration.configuration import Selections
from app.domain.line.calendar import operation_start
from app.domain.shared.refusal import RefusalCode
from app.domain.unit.conclusion import begun_though_cancelled
from app.domain.unit.event import Event, StepKind
from app.domain.unit.failure import deviations
from app.domain.unit.freeze import Frozen, change_windows, check_open, freezing_operation, frozen_at
from app.domain.unit.kinds.change import Change, ChangeKind
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.production import OPERATION_KINDS, ProductionKind
from app.domain.unit.kinds.table import KINDS, REPORT_KINDS
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.stage import ProductStatus
from app.domain.unit.status import product_status
from tests.domain.build import (
    CALENDAR,
    FRESH,
    LINE,
    MODEL,
    OPERATIONS,
    PLAN,
    SELECTIONS,
    STATES,
    T0,
    at,
    catalogue,
    event,
    fold,
)
from tests.domain.reference import SIGNS
from tests.domain.story import Story, stories
from tests.rows import rows

SETTLED_AT = {"COLOUR": "PAINTING", "SIZE": "PRESSING", "EXTRAS": "FITTING", "LABEL": "PACKING"}
OTHER: dict[str, Selections] = {
    "COLOUR": {**SELECTIONS, "COLOUR": ("RED",)},
    "SIZE": {**SELECTIONS, "SIZE": ("L",)},
    "EXTRAS": {**SELECTIONS, "EXTRAS": ("WIFI",)},
    "LABEL": {**SELECTIONS, "LABEL": ("SLEEVE",)},
}


def test_a_group_is_settled_at_the_operation_it_names_or_at_the_first() -> None:
    assert {code: freezing_operation(MODEL, group) for code, group in MODEL.groups.items()} == SETTLED_AT


@rows(("code", "operation", "sign"), list(product(SETTLED_AT, OPERATIONS, SIGNS)))
def test_a_group_freezes_at_the_first_sign_of_its_operation_or_of_a_later_one(
    code: str, operation: str, sign: StepKind
) -> None:
    state = fold([event(sign, 10, operation)])
    begun = OPERATIONS.index(operation) >= OPERATIONS.index(SETTLED_AT[code])
    assert frozen_at(state, MODEL, MODEL.groups[code]) == (at(10) if begun else None)
    if not begun:
        check_open(state, MODEL, LINE, OTHER[code])
        return
    with pytest.raises(Frozen) as refused:
        check_open(state, MODEL, LINE, OTHER[code])
    refusal = refused.value
    assert (refusal.code, refusal.option, refusal.frozen_at) == (RefusalCode.FROZEN, code, at(10))
    assert refusal.station is not None
    assert refusal.station.code == MODEL.operations[SETTLED_AT[code]].station
    assert refusal.path == ("selections",)


@rows(("code", "kind"), list(product(SETTLED_AT, TransportKind)))
def test_everything_is_frozen_once_the_unit_has_left(code: str, kind: StepKind) -> None:
    assert frozen_at(fold([event(kind, 10)]), MODEL, MODEL.groups[code]) == at(10)


@rows("code", SETTLED_AT)
def test_the_earliest_sign_counts_in_whatever_order_they_arrive(code: str) -> None:
    signs = [
        event(ProductionKind.OPERATION_COMPLETED, 30, "PACKING"),
        event(ProductionKind.OPERATION_STARTED, 20, "PACKING"),
        event(TransportKind.PACKED, 40),
    ]
    assert frozen_at(fold(signs), MODEL, MODEL.groups[code]) == at(20)
    assert frozen_at(fold(signs[::-1]), MODEL, MODEL.groups[code]) == at(20)


@rows("sign", SIGNS)
def test_production_began_at_the_first_sign_of_any_operation_in_whatever_order_they_arrive(sign: StepKind) -> None:
    signs = [event(sign, 20, "PAINTING"), event(sign, 10, "WELDING"), event(sign, 30, "PRESSING")]
    assert fold(signs).begun_at == fold(signs[::-1]).begun_at == at(10)


UNNAMED = [kind for kind in SIGNS if kind not in OPERATION_KINDS and not isinstance(kind, InspectionKind)]


def test_a_sign_that_names_no_operation_says_that_production_has_begun_and_everything_agrees() -> None:
    cancelled = event(ChangeKind.ORDER_CANCELLED, 20)
    for kind in UNNAMED:
        sign = event(kind, 10)
        state = fold([sign])
        assert (state.begun_at, state.signs, product_status(state, MODEL)) == (at(10), {}, "IN_PRODUCTION"), kind
        frozen = {group.code: frozen_at(state, MODEL, group) for group in MODEL.option_groups}
        assert frozen == {"COLOUR": None, "SIZE": at(10), "EXTRAS": None, "LABEL": None}, kind
        assert not fold([sign, cancelled]).cancelled_unbegun, kind
        assert begun_though_cancelled(fold([cancelled, sign])), kind
        assert not begun_though_cancelled(fold([cancelled])), kind


def test_the_signs_of_production_are_all_that_the_plant_reports_before_it_packs() -> None:
    expected = {kind for kind in REPORT_KINDS if not isinstance(kind, TransportKind)}
    assert set(SIGNS) == expected == {kind for kind in KINDS.values() if kind.row.begins_production}


@given(stories())
def test_what_is_frozen_stays_frozen_and_the_groups_freeze_in_the_order_of_the_routing(story: Story) -> None:
    frozen: set[str] = set()
    for length in range(len(story.events) + 1):
        state = fold(story.events[:length])
        now = {code for code, group in MODEL.groups.items() if frozen_at(state, MODEL, group)}
        assert frozen <= now
        frozen = now
        order = sorted(SETTLED_AT, key=lambda code: OPERATIONS.index(SETTLED_AT[code]))
        assert [code in frozen for code in order] == sorted((code in frozen for code in order), reverse=True)


def test_a_settled_group_may_be_repeated_while_an_open_one_changes() -> None:
    state = fold([event(ProductionKind.OPERATION_STARTED, 10, "PAINTING")])
    check_open(state, MODEL, LINE, {**OTHER["EXTRAS"], **OTHER["LABEL"], "EXTRAS": ("STEAM", "WIFI")})
    with pytest.raises(Frozen):
        check_open(state, MODEL, LINE, {**OTHER["EXTRAS"], "COLOUR": ("RED",)})


def test_clearing_a_settled_group_is_a_change() -> None:
    state = fold([event(ProductionKind.OPERATION_STARTED, 10, "FITTING")], replace(FRESH, selections=OTHER["EXTRAS"]))
    with pytest.raises(Frozen) as refused:
        check_open(state, MODEL, LINE, SELECTIONS)
    assert refused.value.option == "EXTRAS"


def test_windows_close_at_the_planned_start_of_their_operation() -> None:
    windows = list(change_windows(STATES[ProductStatus.PLANNED], PLAN, MODEL, CALENDAR))
    assert [window.group.code for window in windows] == list(SETTLED_AT)
    for window in windows:
        assert window.closes_at == operation_start(CALENDAR, MODEL, PLAN, SETTLED_AT[window.group.code])
        assert window.frozen_at is None
    assert windows[1].closes_at == T0


@rows("ended", [ProductStatus.CANCELLED, ProductStatus.SCRAPPED])
def test_nothing_may_change_on_a_unit_that_has_ended(ended: ProductStatus) -> None:
    state = STATES[ended]
    for window in change_windows(state, PLAN, MODEL, CALENDAR):
        assert window.closes_at is None
        assert window.frozen_at is not None


def test_windows_of_a_unit_without_a_plan_have_no_time() -> None:
    assert {window.closes_at for window in change_windows(FRESH, None, MODEL, CALENDAR)} == {None}


@rows("model", list(catalogue().model.values()))
def test_every_group_of_a_seeded_model_freezes_when_its_last_operation_begins(model: Model) -> None:
    assert all(frozen_at(FRESH, model, group) is None for group in model.option_groups)
    begun = fold([event(ProductionKind.OPERATION_STARTED, 10, model.routing[-1].code)])
    assert all(frozen_at(begun, model, group) == at(10) for group in model.option_groups)


def changed_at(minutes: float, wanted: Selections) -> Event:
    return replace(event(ChangeKind.DESIGN_CHANGED, minutes), payload=Change(wanted, Decimal(0)))


@rows("code", SETTLED_AT)
def test_a_start_from_before_an_accepted_change_that_arrives_after_it_is_found(code: str) -> None:
    accepted = changed_at(20, OTHER[code])
    operation = SETTLED_AT[code]

    def found(*later: Event) -> list[str]:
        return [found.group or "" for found in deviations(fold([accepted, *later]), MODEL)]

    assert found() == []
    assert found(event(ProductionKind.OPERATION_STARTED, 20, operation)) == []
    assert found(event(ProductionKind.OPERATION_STARTED, 30, operation)) == []
    assert found(event(ProductionKind.OPERATION_STARTED, 10, operation)) == [code]
    assert found(event(InspectionKind.INSPECTION_PASSED, 10, "PACKING")) == [code]
    late_first = (
        event(ProductionKind.OPERATION_STARTED, 30, operation),
        event(ProductionKind.OPERATION_STARTED, 10, operation),
    )
    assert found(*late_first) == [code]


def test_a_group_that_was_never_changed_is_never_built_otherwise() -> None:
    state = fold([changed_at(20, OTHER["LABEL"]), event(ProductionKind.OPERATION_STARTED, 10, "PAINTING")])
    assert list(deviations(state, MODEL)) == []
