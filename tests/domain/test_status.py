"""Is a unit where its reports say, is the customer asked only what may be asked, and is nothing concluded twice?"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.unit.conclusion import conclusions, decision_made, due_at
from app.domain.unit.decision import choices, default_choice
from app.domain.unit.event import Event, StepKind
from app.domain.unit.fact import failure_id
from app.domain.unit.failure import Failure, failures
from app.domain.unit.kinds.change import ChangeKind
from app.domain.unit.kinds.decision import DecisionKind, Question
from app.domain.unit.kinds.inspection import InspectionKind, first_attempts
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.quality import QualityKind, Succession
from app.domain.unit.kinds.rework import ReworkKind
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.nonconformance import nonconformances
from app.domain.unit.stage import STAGE_OF_STATUS, ProductStatus, Stage
from app.domain.unit.state import State
from app.domain.unit.status import LEFT, concessions, is_released, open_failures, product_status, progress
from tests.domain.build import (
    EVENTS,
    FRESH,
    GOOD,
    INSPECTION_PLAN,
    MODEL,
    PLAN,
    RELEASED_BY,
    STATES,
    at,
    event,
    fold,
    inspections,
    measured,
)
from tests.domain.kind_table import EXPECTED, example
from tests.domain.reference import SENT_TO, Reference
from tests.domain.story import CURRENCY, NOW, Story, retests, stories
from tests.rows import rows

S = ProductStatus
LIVE = [status for status in S if status not in (S.CANCELLED, S.SCRAPPED)]
COLOUR_FAILED = Failure("m1/FINAL_INSPECTION:50", at(50), ())
STAGES = {
    "ORDER": (S.ORDERED, S.CANCELLED),
    "PLANNING": (S.PLANNED,),
    "PRODUCTION": (S.IN_PRODUCTION,),
    "QUALITY": (S.IN_INSPECTION, S.ON_HOLD, S.IN_REWORK, S.RELEASED, S.SCRAPPED),
    "LOGISTICS": (S.PACKED, S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.DELIVERED),
    "INSTALLATION": (S.INSTALLED,),
}
CONCEDED = decision_made(COLOUR_FAILED, choices((MODEL.characteristics["COLOUR_DELTA"],), CURRENCY)[0], at(90))
NEXT = {kind: (example(kind), expected.leads) for kind, expected in EXPECTED.items() if expected.leads is not None}
NEXT[DecisionKind.DECISION_MADE] = CONCEDED, {S.ON_HOLD: S.RELEASED}


@rows("status", S)
def test_each_status_is_reached(status: ProductStatus) -> None:
    assert product_status(STATES[status], MODEL) == status


@rows(("status", "kind"), list(product(S, NEXT)))
def test_a_step_leads_from_each_status_to_the_next(status: ProductStatus, kind: StepKind) -> None:
    step, leads = NEXT[kind]
    assert product_status(fold([step], STATES[status]), MODEL) == leads.get(status, status)


def test_every_status_has_its_stage() -> None:
    expected = {status: Stage(stage) for stage, found in STAGES.items() for status in found}
    assert expected == STAGE_OF_STATUS
    assert set(expected) == set(S)


@given(st.one_of(stories(), retests()), st.randoms(use_true_random=False))
def test_status_stage_progress_and_values_equal_the_reference(story: Story, source: random.Random) -> None:
    reference = Reference(story)
    events = [*story.events, *story.events[:3]]
    source.shuffle(events)
    state = fold(events)
    status = product_status(state, MODEL)
    assert status == reference.status()
    assert STAGE_OF_STATUS[status] == next(stage for stage, found in STAGES.items() if status in found)
    assert progress(state, MODEL) == pytest.approx(reference.progress(), abs=1e-4)
    assert is_released(state, MODEL) is reference.released()
    assert state.begun_at == reference.begun_at()
    values = {code: reading.measurement.value for code, reading in state.readings.items()}
    assert values == {code: value for code, (_, value) in reference.last_values().items()}
    assert {failure.event for failure in failures(state, MODEL)} == set(reference.standing())
    firsts = {code: first.event for code, first in first_attempts(state).items()}
    assert firsts == {code: each.key for code, each in reference.first_inspections().items()}
    assert {place: fitted.component.serial for place, fitted in state.components.items()} == reference.components()
    listed = {each.id: each.closed_at is None for each in nonconformances(state, MODEL)}
    standing = {*reference.standing(), *([LEFT] if reference.left_unreleased() else [])}
    standing = set() if reference.scrapped() else standing
    assert {id for id, is_open in listed.items() if is_open} == {failure_id(key) for key in standing}
    assert {failure_id(key) for key in reference.ever_failed()} <= set(listed)
    asked = {found.event: {m.characteristic for m in found.evidence} for found in open_failures(state, MODEL)}
    assert asked == reference.questions()


SUCCESSION = Succession("0000000000000")


def conclude(state: State, now: datetime) -> Iterator[Event]:
    return conclusions(state, MODEL, CURRENCY, now)


def succeeded(concluded: Event) -> Event:
    """Name a successor, as the journal does where a unit ends as scrap."""
    return replace(concluded, payload=SUCCESSION) if concluded.kind == QualityKind.SCRAPPED else concluded


def settle(state: State, now: datetime = NOW) -> tuple[State, list[str]]:
    """Write everything that follows, as the journal does, until nothing is left."""
    written: list[str] = []
    while found := [succeeded(each) for each in conclude(state, now)]:
        assert len(written) < 20, "conclusions never end"
        written += [each.event_id for each in found]
        state = fold(found, state)
    return state, written


@given(stories(), st.randoms(use_true_random=False), st.integers(0, 100))
def test_the_same_is_concluded_in_whatever_order_and_only_once(story: Story, source: random.Random, hours: int) -> None:
    state, written = settle(fold(story.events))
    assert len(set(written)) == len(written)
    assert settle(state)[1] == []
    other, written_there = settle(fold(source.sample(list(story.events), len(story.events))))
    assert set(written_there) == set(written)
    later = NOW + timedelta(hours=hours)
    state, defaulted = settle(state, later)
    assert set(settle(other, later)[1]) == set(defaulted)
    assert settle(state, later)[1] == []
    assert len({*written, *defaulted}) == len(written) + len(defaulted)
    if hours > 48:
        assert product_status(state, MODEL) != S.ON_HOLD


@given(stories())
def test_a_unit_is_released_only_with_everything_inside_its_limits_or_conceded(story: Story) -> None:
    reference = Reference(story)
    announced = {each.kind for each in conclusions(fold(story.events), MODEL, CURRENCY, NOW)}
    if QualityKind.RELEASED in announced:
        assert all(reference.settled(code) for code in reference.plan)
    assert (QualityKind.RELEASED in announced) is (reference.released() and not reference.scrapped())
    assert (QualityKind.SCRAPPED in announced) is reference.scrapped()


@given(stories())
def test_the_customer_is_never_asked_about_a_safety_characteristic(story: Story) -> None:
    asked = [
        each
        for each in conclusions(fold(story.events), MODEL, CURRENCY, NOW)
        if each.kind == DecisionKind.DECISION_REQUESTED
    ]
    for each in asked:
        assert each.carried(Question).evidence
        for measurement in each.carried(Question).evidence:
            checked = MODEL.characteristics[measurement.characteristic]
            assert not measurement.passed
            assert not checked.safety
            assert checked.concession
    told = {each.carried(Question).id for each in asked}
    assert told == {failure_id(key) for key in Reference(story).questions()}


FINAL = [c.code for c in INSPECTION_PLAN if c.operation == "FINAL_INSPECTION"]
BAD = {"INSULATION": 1.0, "COLOUR_DELTA": 1.5, "NOISE": 75.0, "LEVEL": 3.0, "APPEARANCE": 0.0}


@rows(
    ("failed", "offered"),
    [
        ((), False),
        (("COLOUR_DELTA",), True),
        (("NOISE",), True),
        (("COLOUR_DELTA", "NOISE"), True),
        (("LEVEL",), False),
        (("APPEARANCE",), False),
        (("COLOUR_DELTA", "LEVEL"), False),
        (("INSULATION",), False),
        (("COLOUR_DELTA", "INSULATION"), False),
    ],
)
def test_a_concession_is_offered_only_where_every_failed_characteristic_allows_it(
    failed: Sequence[str], offered: bool
) -> None:
    evidence = measured(**{code: BAD[code] for code in failed})
    assert [c.code for c in concessions(MODEL, evidence)] == (list(failed) if offered else [])
    state = fold(inspections(50, **{code: BAD[code] for code in failed}))
    assert bool(open_failures(state, MODEL)) is offered


def test_a_safety_characteristic_is_never_conceded_even_where_the_catalogue_says_so() -> None:
    colour = MODEL.characteristics["COLOUR_DELTA"]
    plan = tuple(replace(colour, safety=True) if c is colour else c for c in INSPECTION_PLAN)
    model = replace(MODEL, inspection_plan=plan)
    assert concessions(model, measured(COLOUR_DELTA=1.5)) == ()
    assert product_status(STATES[S.ON_HOLD], model) == S.IN_REWORK
    assert list(conclusions(STATES[S.ON_HOLD], model, CURRENCY, NOW)) == []


def test_a_concession_does_not_stand_for_a_safety_check_that_nobody_made() -> None:
    plan = tuple(replace(c, operation="FINAL_INSPECTION") for c in INSPECTION_PLAN)
    model = replace(MODEL, inspection_plan=plan)
    values = {**GOOD, "COLOUR_DELTA": 1.5}
    del values["WATER_TIGHT"]
    failed = event(InspectionKind.INSPECTION_FAILED, 50, "FINAL_INSPECTION", **values)
    (failure,) = open_failures(fold([failed]), model)
    conceded = decision_made(failure, choices(concessions(model, failure.evidence), CURRENCY)[0], at(60))
    assert product_status(fold([failed, conceded]), model) == S.IN_INSPECTION
    tight = event(InspectionKind.INSPECTION_PASSED, 70, "FINAL_INSPECTION", WATER_TIGHT=1)
    assert product_status(fold([failed, conceded, tight]), model) == S.RELEASED


def hold(**failed: float) -> tuple[State, Event]:
    """Fail the final inspection and ask the customer."""
    state = fold(inspections(50, **failed))
    (asked,) = conclusions(state, MODEL, CURRENCY, at(60))
    return fold([asked], state), asked


@rows(
    ("failed", "hours", "discount", "days", "default", "then"),
    [
        ({"COLOUR_DELTA": 1.5}, 48, "20", 2, "REWORK", S.IN_REWORK),
        ({"NOISE": 75.0}, 24, "5.5", 1, "CONCESSION", S.RELEASED),
        ({"COLOUR_DELTA": 1.5, "NOISE": 75.0}, 24, "25.5", 2, "REWORK", S.IN_REWORK),
    ],
)
def test_the_default_applies_at_the_deadline(
    failed: dict[str, float], hours: int, discount: str, days: int, default: str, then: ProductStatus
) -> None:
    state, asked = hold(**failed)
    question = asked.carried(Question)
    deadline = at(60) + timedelta(hours=hours)
    assert question.deadline == deadline
    assert {m.characteristic for m in question.evidence} == set(failed)
    offered = concessions(MODEL, question.evidence)
    concession, rework = choices(offered, CURRENCY)
    assert (concession.choice, concession.price_delta, concession.delay_days) == ("CONCESSION", -Decimal(discount), 0)
    assert (rework.choice, rework.price_delta, rework.delay_days) == ("REWORK", Decimal(0), days)
    assert default_choice(offered) == default

    before = deadline - timedelta(milliseconds=1)
    assert list(conclusions(state, MODEL, CURRENCY, before)) == []
    assert product_status(state, MODEL) == S.ON_HOLD
    planned = replace(state, plan=PLAN)
    assert due_at(planned, MODEL, CURRENCY, before) == deadline
    assert due_at(planned, MODEL, CURRENCY, deadline) == deadline

    after, (first, *_) = settle(state, deadline)
    assert first == f"decided:{question.id}"
    assert after.decided[question.id].choice == default
    assert after.price_delta == (-Decimal(discount) if default == "CONCESSION" else 0)
    assert product_status(after, MODEL) == then
    assert due_at(replace(after, plan=PLAN), MODEL, CURRENCY, deadline) is None


@rows(("choice", "then"), [("CONCESSION", S.RELEASED), ("REWORK", S.IN_REWORK)])
def test_the_customers_choice_settles_the_question(choice: str, then: ProductStatus) -> None:
    state, _ = hold(COLOUR_DELTA=1.5)
    (failure,) = open_failures(state, MODEL)
    offered = choices(concessions(MODEL, failure.evidence), CURRENCY)
    made = decision_made(failure, next(c for c in offered if c.choice == choice), at(70), key="k1")
    assert made.event_id == f"decided:{failure.decision_id}"
    after = fold([made], state)
    assert open_failures(after, MODEL) == ()
    assert product_status(after, MODEL) == then
    assert after.decided[failure.decision_id].idempotency_key == "k1"
    assert settle(after, at(10_000))[1] == (["released:1"] if choice == "CONCESSION" else [])


def test_after_rework_a_unit_is_inspected_again_and_released() -> None:
    events = list(EVENTS[S.IN_REWORK])
    seen = []
    for each in (
        event(ReworkKind.REWORK_STARTED, 60),
        event(ReworkKind.REWORK_COMPLETED, 70),
        event(ReworkKind.REWORK_STARTED, 80),
        event(ReworkKind.REWORK_COMPLETED, 90),
        event(InspectionKind.INSPECTION_PASSED, 95, "FINAL_INSPECTION"),
        event(InspectionKind.INSPECTION_PASSED, 100, "SAFETY_TEST", INSULATION=5),
    ):
        events.append(each)
        seen.append(product_status(fold(events), MODEL))
    assert seen == [S.IN_REWORK, S.IN_INSPECTION, S.IN_REWORK, S.IN_INSPECTION, S.IN_INSPECTION, S.RELEASED]


@rows(
    ("started", "completed", "then"),
    [
        ([], [60], S.IN_INSPECTION),
        ([], [40], S.IN_REWORK),
        ([60], [60], S.IN_INSPECTION),
        ([60], [70], S.IN_INSPECTION),
        ([70], [60], S.IN_REWORK),
        ([70, 55], [60, 52], S.IN_REWORK),
        ([55, 60], [70, 58], S.IN_INSPECTION),
        ([], [50], S.IN_INSPECTION),
    ],
)
def test_rework_is_over_when_its_last_completion_follows_its_last_start_and_the_last_failure(
    started: list[float], completed: list[float], then: ProductStatus
) -> None:
    failed = [*inspections(30, WATER_TIGHT=0.0), *inspections(50, INSULATION=1.0)]
    failed = [each for each in failed if each.event_id in ("LEAK_TEST:30", "SAFETY_TEST:50")]
    reports = [event(ReworkKind.REWORK_STARTED, minutes) for minutes in started]
    reports += [event(ReworkKind.REWORK_COMPLETED, minutes) for minutes in completed]
    for order in ([*failed, *reports], [*reports[::-1], *failed[::-1]]):
        assert product_status(fold(order), MODEL) == then


@rows("kind", SENT_TO)
@rows("before", [True, False])
def test_a_question_stays_open_wherever_the_unit_is_and_its_default_applies(kind: TransportKind, before: bool) -> None:
    sent = event(kind, 40 if before else 60)
    asked, _ = hold(COLOUR_DELTA=1.5)
    state = fold([sent], asked)
    assert product_status(state, MODEL) == SENT_TO[kind]
    (failure,) = open_failures(state, MODEL)
    assert due_at(replace(state, plan=PLAN), MODEL, CURRENCY, at(61)) == asked.requested[failure.decision_id].deadline
    _, written = settle(state, at(60) + timedelta(hours=48))
    assert written == [f"decided:{failure.decision_id}"]
    rework, conceded = (
        fold([decision_made(failure, choice, at(70), key="k")], state)
        for choice in choices(concessions(MODEL, failure.evidence), CURRENCY)[::-1]
    )
    assert not is_released(rework, MODEL)
    assert settle(conceded)[1] == ["released:1"]


def test_no_unit_is_released_before_its_final_inspection_even_with_every_value_known() -> None:
    measured_early = event(InspectionKind.INSPECTION_PASSED, 50, "SAFETY_TEST", **GOOD)
    assert not is_released(fold([measured_early]), MODEL)
    assert is_released(fold([measured_early, event(InspectionKind.INSPECTION_PASSED, 60, "FINAL_INSPECTION")]), MODEL)


@rows("code", GOOD)
def test_no_unit_is_released_while_a_value_is_outside_its_limits(code: str) -> None:
    outside = {**BAD, "WATER_TIGHT": 0.0}[code]
    state = fold([*inspections(50, **{code: outside}), event(InspectionKind.INSPECTION_PASSED, 60, "FINAL_INSPECTION")])
    assert not is_released(state, MODEL)
    again = event(InspectionKind.INSPECTION_PASSED, 70, MODEL.characteristics[code].operation, **{code: GOOD[code]})
    assert is_released(fold([again], state), MODEL)


@rows("missing", [c.code for c in INSPECTION_PLAN if c.unit is not None])
def test_no_unit_is_released_without_every_value(missing: str) -> None:
    measurements = [replace(e, measurements=measured(**{c: GOOD[c] for c in kept})) for e, kept in whole_but(missing)]
    assert not is_released(fold(measurements), MODEL)


def whole_but(missing: str) -> list[tuple[Event, list[str]]]:
    return [(e, [m.characteristic for m in e.measurements if m.characteristic != missing]) for e in inspections(50)]


@rows("operation", ["LEAK_TEST", "SAFETY_TEST", "FINAL_INSPECTION"])
def test_no_unit_is_released_without_every_inspection(operation: str) -> None:
    assert not is_released(fold(e for e in inspections(50) if e.operation != operation), MODEL)


@rows("end", [ChangeKind.ORDER_CANCELLED, QualityKind.SCRAPPED])
@rows("status", S)
def test_nothing_is_concluded_about_a_unit_that_has_ended(status: ProductStatus, end: StepKind) -> None:
    state = fold([event(end, 200)], STATES[status])
    assert list(conclusions(state, MODEL, CURRENCY, NOW)) == []
    assert due_at(state, MODEL, CURRENCY, NOW) is None


@rows("status", LIVE)
def test_what_is_due_now_is_what_can_be_concluded_or_planned_now(status: ProductStatus) -> None:
    state = STATES[status]
    now = status == S.ORDERED or any(conclusions(state, MODEL, CURRENCY, NOW))
    assert due_at(state, MODEL, CURRENCY, NOW) == (NOW if now else None)
    assert due_at(replace(state, plan=None), MODEL, CURRENCY, NOW) == NOW


@rows("status", S)
def test_progress_is_a_share_and_complete_from_the_release_on(status: ProductStatus) -> None:
    done = progress(STATES[status], MODEL)
    from_release = (S.RELEASED, S.PACKED, S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.DELIVERED, S.INSTALLED)
    assert done == (1.0 if status in from_release else 0.0)


def test_progress_grows_with_each_completed_operation_by_its_standard_time() -> None:
    state, seconds = FRESH, 0
    for operation in MODEL.routing:
        state = fold([event(ProductionKind.OPERATION_STARTED, 10, operation.code)], state)
        assert progress(state, MODEL) == round(seconds / 2160, 4)
        state = fold([event(ProductionKind.OPERATION_COMPLETED, 20, operation.code)], state)
        seconds += operation.standard_seconds
        assert progress(state, MODEL) == round(seconds / 2160, 4)


def test_packed_may_arrive_before_the_inspection_that_allowed_it() -> None:
    packed = event(TransportKind.PACKED, 60)
    assert product_status(fold([packed]), MODEL) == S.PACKED
    state, written = settle(fold([packed, *RELEASED_BY]))
    assert product_status(state, MODEL) == S.PACKED
    assert written == ["released:1"]


def test_a_lost_start_leaves_a_unit_where_its_completion_says() -> None:
    assert (
        product_status(fold([event(ProductionKind.OPERATION_COMPLETED, 10, "FINAL_INSPECTION")]), MODEL)
        == S.IN_INSPECTION
    )
    assert product_status(fold([event(ReworkKind.REWORK_COMPLETED, 10)]), MODEL) == S.IN_PRODUCTION
