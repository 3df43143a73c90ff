"""Is the state a function of the set of reports and acts, whatever their order and however often they come?"""

import random
from dataclasses import fields, replace
from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.unit.delivery_slot import DeliverySlot
from app.domain.unit.event import REPORT_KINDS, STAGE_OF, Change, DecisionEntry, Event, Stage, StepKind
from app.domain.unit.journey import State, Times, Unit, append, follow
from app.domain.unit.status import ProductStatus, product_status, progress
from tests.domain.build import (
    ACTS_AND_ANNOUNCEMENTS,
    EVENTS,
    FRESH,
    MODEL,
    PLAN,
    STATES,
    T0,
    at,
    event,
    fold,
    measured,
    sign,
)
from tests.domain.story import Story, stories

UNIT = Unit("7K3M9QXT2CHVE", MODEL.sku, MODEL.line)
RED = {**FRESH.selections, "COLOUR": ("RED",)}
QUESTION = DecisionEntry("q1", at(500), measured(NOISE=71))
SLOT = DeliverySlot(date(2026, 11, 9), time(8), time(12))
MEASURABLE = {"readings"}
MAY_CHANGE: dict[StepKind, set[str]] = {
    StepKind.ORDER_PLACED: set(),
    StepKind.SCHEDULED: {"plan", "announced"},
    StepKind.RESCHEDULED: {"plan", "announced"},
    StepKind.DESIGN_CHANGED: {"past_choices", "selections", "design_revision", "price_delta"},
    StepKind.ADDRESS_CHANGED: set(),
    StepKind.ORDER_CANCELLED: {"cancelled_at", "cancelled_unbegun"},
    StepKind.OPERATION_STARTED: {"operations"},
    StepKind.OPERATION_COMPLETED: {"operations"},
    StepKind.COMPONENT_FITTED: {"component_fitted", "components", "signs"},
    StepKind.INSPECTION_PASSED: {"first_attempts", "attempts", "readings", "unproven"},
    StepKind.INSPECTION_FAILED: {"first_attempts", "attempts", "readings", "failed"},
    StepKind.DECISION_REQUESTED: {"requested", "announced"},
    StepKind.DECISION_MADE: {"decided", "price_delta"},
    StepKind.REWORK_STARTED: {"rework_started_at", "signs"},
    StepKind.REWORK_COMPLETED: {"rework_completed_at", "signs"},
    StepKind.RELEASED: {"announced", "released_by", "released_upon"},
    StepKind.NONCONFORMANCE_RAISED: {"announced"},
    StepKind.NONCONFORMANCE_DISPOSED: {"disposed", "scrapped_at"},
    StepKind.SCRAPPED: {"scrapped_at", "successor"},
    StepKind.PACKED: {"transport", "packed_at", "handed_over_at", "packages"},
    StepKind.DISPATCHED: {"transport", "packed_at", "handed_over_at"},
    StepKind.ARRIVED_AT_HUB: {"transport", "packed_at", "handed_over_at"},
    StepKind.DEPARTED_HUB: {"transport", "packed_at", "handed_over_at"},
    StepKind.OUT_FOR_DELIVERY: {"transport", "packed_at", "handed_over_at"},
    StepKind.DELIVERY_ATTEMPTED: {"transport", "packed_at", "handed_over_at"},
    StepKind.DELIVERED: {"transport", "packed_at", "handed_over_at"},
    StepKind.INSTALLED: {"transport", "packed_at", "handed_over_at"},
    StepKind.DELIVERY_SLOT_CHOSEN: {"slot"},
}
STAGES = {
    "ORDER": "ORDER_PLACED DESIGN_CHANGED ADDRESS_CHANGED ORDER_CANCELLED",
    "PLANNING": "SCHEDULED RESCHEDULED",
    "PRODUCTION": "OPERATION_STARTED OPERATION_COMPLETED COMPONENT_FITTED",
    "QUALITY": "INSPECTION_PASSED INSPECTION_FAILED DECISION_REQUESTED DECISION_MADE REWORK_STARTED REWORK_COMPLETED"
    " RELEASED NONCONFORMANCE_RAISED NONCONFORMANCE_DISPOSED SCRAPPED",
    "LOGISTICS": "PACKED DISPATCHED ARRIVED_AT_HUB DEPARTED_HUB OUT_FOR_DELIVERY DELIVERY_ATTEMPTED DELIVERED"
    " DELIVERY_SLOT_CHOSEN",
    "INSTALLATION": "INSTALLED",
}


def example(kind: StepKind, minutes: float = 90) -> Event:
    """Make an event of a kind with all that the kind carries."""
    operation = (
        "PAINTING"
        if "OPERATION" in kind
        else "FINAL_INSPECTION"
        if "INSPECTION" in kind or kind == StepKind.RELEASED
        else None
    )
    made = event(kind, minutes, operation, **({"NOISE": 65.0} if "INSPECTION" in kind else {}))
    if kind == StepKind.DESIGN_CHANGED:
        return replace(made, change=Change(RED, Decimal("2.50")))
    if kind == StepKind.PACKED:
        return replace(made, sscc="195240000000000016")
    if kind == StepKind.DELIVERY_SLOT_CHOSEN:
        return replace(made, slot=SLOT)
    if kind == StepKind.DECISION_REQUESTED:
        return replace(made, decision=QUESTION)
    if kind == StepKind.DECISION_MADE:
        return replace(made, decision=DecisionEntry("q1", choice="CONCESSION", price_delta=Decimal("-5.50")))
    return made


def unnumbered(state: State) -> State:
    return replace(state, sequence=0)


def test_every_kind_has_its_stage() -> None:
    expected = {StepKind(kind): Stage(stage) for stage, kinds in STAGES.items() for kind in kinds.split()}
    assert expected == STAGE_OF
    assert set(expected) == set(StepKind) == set(MAY_CHANGE)


def test_what_is_not_reported_is_an_act_or_an_announcement() -> None:
    assert REPORT_KINDS.isdisjoint(ACTS_AND_ANNOUNCEMENTS)
    assert set(StepKind) == REPORT_KINDS | ACTS_AND_ANNOUNCEMENTS


@pytest.mark.parametrize("kind", StepKind)
@pytest.mark.parametrize("status", ProductStatus)
def test_a_step_takes_the_next_number_and_changes_only_what_is_its_own(status: ProductStatus, kind: StepKind) -> None:
    before = STATES[status]
    after = follow(before, example(kind), at(91))
    assert after.sequence == before.sequence + 1
    changed = {field.name for field in fields(State) if getattr(before, field.name) != getattr(after, field.name)}
    assert changed <= MAY_CHANGE[kind] | {"sequence"}


@pytest.mark.parametrize("kind", sorted(REPORT_KINDS))
@pytest.mark.parametrize("status", ProductStatus)
def test_a_doubled_report_changes_nothing_but_the_number(status: ProductStatus, kind: StepKind) -> None:
    once = follow(STATES[status], example(kind), at(91))
    assert unnumbered(follow(once, example(kind), at(92))) == unnumbered(once)


@pytest.mark.parametrize("status", ProductStatus)
def test_the_way_to_each_status_may_be_walked_in_any_order(status: ProductStatus) -> None:
    source = random.Random(status)
    for _ in range(20):
        events = source.sample(EVENTS[status], len(EVENTS[status]))
        assert unnumbered(fold([*events, *events])) == unnumbered(STATES[status])


@settings(max_examples=250, deadline=None)
@given(stories(), st.randoms(use_true_random=False))
def test_permuted_and_doubled_reports_and_acts_make_the_same_state(story: Story, source: random.Random) -> None:
    expected = fold(story.events)
    for _ in range(3):
        events = [*story.events, *source.choices(story.events, k=4)] if story.events else []
        source.shuffle(events)
        assert unnumbered(fold(events)) == unnumbered(expected)


@settings(max_examples=150, deadline=None)
@given(stories(), st.randoms(use_true_random=False))
def test_announcements_are_no_part_of_what_is_reported(story: Story, source: random.Random) -> None:
    expected = fold(story.events)
    announced: list[Event] = [example(StepKind.RELEASED), example(StepKind.DECISION_REQUESTED)]
    events = [*story.events, *announced]
    source.shuffle(events)
    state = fold(events)
    assert state.readings == expected.readings
    assert product_status(state, MODEL) == product_status(expected, MODEL)
    assert progress(state, MODEL) == progress(expected, MODEL)


@settings(max_examples=100, deadline=None)
@given(stories())
def test_steps_are_numbered_from_one_without_holes(story: Story) -> None:
    state = FRESH
    for number, each in enumerate(story.events, 1):
        step = append(UNIT, state, each, at(1000), sign)
        assert step.sequence == step.state.sequence == number
        assert (step.product, step.model, step.line, step.recorded_at) == (UNIT.code, UNIT.model, UNIT.line, at(1000))
        assert all(getattr(step, field.name) == getattr(each, field.name) for field in fields(Event))
        assert step.stage == STAGE_OF[each.kind]
        state = step.state
    assert state == fold(story.events)


def test_the_earliest_start_and_completion_of_an_operation_count() -> None:
    started, completed = StepKind.OPERATION_STARTED, StepKind.OPERATION_COMPLETED
    reports = [event(started, m, "PAINTING") for m in (30, 10, 20)]
    reports += [event(completed, m, "PAINTING") for m in (50, 40)]
    assert fold(reports).operations == {"PAINTING": Times(at(10), at(40))}


def test_the_latest_value_of_a_characteristic_counts_by_its_own_time() -> None:
    late = event(StepKind.INSPECTION_FAILED, 10, "FINAL_INSPECTION", NOISE=75, LEVEL=0.5)
    new = event(StepKind.INSPECTION_PASSED, 20, "FINAL_INSPECTION", NOISE=65)
    for events in ([late, new], [new, late]):
        state = fold(events)
        assert state.readings["NOISE"].measurement.value == 65
        assert state.readings["LEVEL"].measurement.value == 0.5
        assert state.attempts["FINAL_INSPECTION"].passed


def test_a_value_measured_with_any_report_is_known() -> None:
    state = fold([event(StepKind.OPERATION_COMPLETED, 10, "LEAK_TEST", WATER_TIGHT=1)])
    assert state.readings["WATER_TIGHT"].measurement.passed


def test_a_changed_design_takes_its_choices_and_adds_its_price() -> None:
    state = follow(follow(FRESH, example(StepKind.DESIGN_CHANGED), T0), example(StepKind.DESIGN_CHANGED, 91), T0)
    assert (state.selections, state.design_revision, state.price_delta) == (RED, 3, Decimal("5.00"))


def test_a_decision_is_kept_with_its_question_and_its_price() -> None:
    asked = follow(FRESH, example(StepKind.DECISION_REQUESTED), at(95))
    assert (asked.requested["q1"].raised_at, asked.requested["q1"].deadline) == (at(95), at(500))
    decided = follow(asked, example(StepKind.DECISION_MADE), at(96))
    assert decided.requested == asked.requested
    assert (decided.decided["q1"].choice, decided.decided["q1"].decided_at) == ("CONCESSION", at(90))
    assert decided.price_delta == Decimal("-5.50")


def test_a_plan_replaces_the_one_before() -> None:
    later = replace(PLAN, position=9)
    state = follow(STATES[ProductStatus.PLANNED], replace(example(StepKind.RESCHEDULED), plan=later), at(91))
    assert state.plan == later


@pytest.mark.parametrize("kind", [StepKind.ORDER_CANCELLED, StepKind.SCRAPPED])
def test_the_earliest_end_counts(kind: StepKind) -> None:
    for order in ((20, 30), (30, 20)):
        state = fold([event(kind, minutes) for minutes in order])
        assert (state.cancelled_at or state.scrapped_at) == at(20)


def test_events_are_told_apart_by_reporter_and_id() -> None:
    one = event(StepKind.PACKED, 10)
    assert one.key == "m1/PACKED:10"
    assert replace(one, reporter="m2").key != one.key
