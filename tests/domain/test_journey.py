"""Is the state a function of the set of reports and acts, whatever their order and however often they come?"""

import random
from dataclasses import fields, replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.unit.event import Event, StepKind
from app.domain.unit.fact import Times
from app.domain.unit.journey import FORM, Summary, Unit, append, follow
from app.domain.unit.kinds.change import ChangeKind
from app.domain.unit.kinds.decision import DecisionKind
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.planning import Planned, PlanningKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.quality import QualityKind
from app.domain.unit.kinds.table import REPORT_KINDS
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.stage import STAGE_OF_STATUS, ProductStatus
from app.domain.unit.state import State
from app.domain.unit.status import product_status, progress
from tests.domain.build import (
    EVENTS,
    FRESH,
    MODEL,
    PLAN,
    RED,
    STATES,
    at,
    event,
    fold,
    sign,
)
from tests.domain.kind_table import example
from tests.domain.story import Story, stories
from tests.rows import rows

UNIT = Unit("7K3M9QXT2CHVE", MODEL.sku, 1, MODEL.line)


def unnumbered(state: State) -> State:
    return replace(state, sequence=0)


def test_a_doubled_report_changes_nothing_but_the_number() -> None:
    for kind in REPORT_KINDS:
        for status in ProductStatus:
            once = follow(STATES[status], example(kind))
            assert unnumbered(follow(once, example(kind))) == unnumbered(once), (kind, status)


@rows("status", ProductStatus)
def test_the_way_to_each_status_may_be_walked_in_any_order(status: ProductStatus) -> None:
    source = random.Random(status)
    for _ in range(20):
        events = source.sample(EVENTS[status], len(EVENTS[status]))
        assert unnumbered(fold([*events, *events])) == unnumbered(STATES[status])


@given(stories(), st.randoms(use_true_random=False))
def test_permuted_and_doubled_reports_and_acts_make_the_same_state(story: Story, source: random.Random) -> None:
    expected = fold(story.events)
    for _ in range(3):
        events = [*story.events, *source.choices(story.events, k=4)] if story.events else []
        source.shuffle(events)
        assert unnumbered(fold(events)) == unnumbered(expected)


@given(stories(), st.randoms(use_true_random=False))
def test_announcements_are_no_part_of_what_is_reported(story: Story, source: random.Random) -> None:
    expected = fold(story.events)
    announced: list[Event] = [example(QualityKind.RELEASED), example(DecisionKind.DECISION_REQUESTED)]
    events = [*story.events, *announced]
    source.shuffle(events)
    state = fold(events)
    assert state.readings == expected.readings
    assert product_status(state, MODEL) == product_status(expected, MODEL)
    assert progress(state, MODEL) == progress(expected, MODEL)


@given(stories())
def test_steps_are_numbered_from_one_without_holes(story: Story) -> None:
    state = FRESH
    for number, each in enumerate(story.events, 1):
        entry = append(UNIT, MODEL, state, each, at(1000), sign)
        step, state = entry.step, entry.state
        assert entry.sequence == step.sequence == state.sequence == number
        assert (step.product, step.model, step.line, step.recorded_at) == (UNIT.code, UNIT.model, UNIT.line, at(1000))
        assert all(getattr(step, field.name) == getattr(each, field.name) for field in fields(Event))
        assert (step.form, state.hash) == (FORM, step.hash)
        status = product_status(state, MODEL)
        assert step.after == Summary(status, STAGE_OF_STATUS[status], progress(state, MODEL))
    assert state == fold(story.events)


def test_the_earliest_start_and_completion_of_an_operation_count() -> None:
    started, completed = ProductionKind.OPERATION_STARTED, ProductionKind.OPERATION_COMPLETED
    reports = [event(started, m, "PAINTING") for m in (30, 10, 20)]
    reports += [event(completed, m, "PAINTING") for m in (50, 40)]
    assert fold(reports).operations == {"PAINTING": Times(at(10), at(40))}


def test_the_latest_value_of_a_characteristic_counts_by_its_own_time() -> None:
    late = event(InspectionKind.INSPECTION_FAILED, 10, "FINAL_INSPECTION", NOISE=75, LEVEL=0.5)
    new = event(InspectionKind.INSPECTION_PASSED, 20, "FINAL_INSPECTION", NOISE=65)
    for events in ([late, new], [new, late]):
        state = fold(events)
        assert state.readings["NOISE"].measurement.value == 65
        assert state.readings["LEVEL"].measurement.value == 0.5
        assert state.attempts["FINAL_INSPECTION"].passed


def test_a_value_measured_with_any_report_is_known() -> None:
    state = fold([event(ProductionKind.OPERATION_COMPLETED, 10, "LEAK_TEST", WATER_TIGHT=1)])
    assert state.readings["WATER_TIGHT"].measurement.passed


def test_a_changed_design_takes_its_choices_and_adds_its_price() -> None:
    state = follow(follow(FRESH, example(ChangeKind.DESIGN_CHANGED)), example(ChangeKind.DESIGN_CHANGED, 91))
    assert (state.selections, state.design_revision, state.price_delta) == (RED, 3, Decimal("5.00"))


def test_a_decision_is_kept_with_its_question_and_its_price() -> None:
    asked = follow(FRESH, example(DecisionKind.DECISION_REQUESTED))
    assert (asked.requested["q1"].raised_at, asked.requested["q1"].deadline) == (at(90), at(500))
    decided = follow(asked, example(DecisionKind.DECISION_MADE))
    assert decided.requested == asked.requested
    assert (decided.decided["q1"].choice, decided.decided["q1"].decided_at) == ("CONCESSION", at(90))
    assert decided.price_delta == Decimal("-5.50")


def test_a_plan_replaces_the_one_before() -> None:
    later = replace(PLAN, position=9)
    state = follow(STATES[ProductStatus.PLANNED], replace(example(PlanningKind.RESCHEDULED), payload=Planned(later)))
    assert state.plan == later


@rows("kind", [ChangeKind.ORDER_CANCELLED, QualityKind.SCRAPPED])
def test_the_earliest_end_counts(kind: StepKind) -> None:
    for order in ((20, 30), (30, 20)):
        state = fold([event(kind, minutes) for minutes in order])
        assert (state.cancelled_at or state.scrapped_at) == at(20)


def test_events_are_told_apart_by_reporter_and_id() -> None:
    one = event(TransportKind.PACKED, 10)
    assert one.key == "m1/PACKED:10"
    assert replace(one, reporter="m2").key != one.key
