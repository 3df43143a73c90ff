"""When does a unit arrive, and what is that known from?"""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Carrier, Model, Option, OptionGroup
from app.domain.line.calendar import PlanReason, work_seconds
from app.domain.unit.conclusion import conclusions, decision_made
from app.domain.unit.decision import choices
from app.domain.unit.eta import CONFIDENCE, Eta, EtaBasis, estimate, transit
from app.domain.unit.event import StepKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.stage import DELIVERED, ENDED, ProductStatus
from app.domain.unit.state import State
from app.domain.unit.status import concessions, open_failures
from tests.domain.build import CALENDAR, MODEL, PLAN, STATES, T0, at, catalogue, event, fold, inspections, text
from tests.domain.story import Story, stories
from tests.rows import rows

S, K = ProductStatus, StepKind
CARRIER = Carrier("HUAXIA", "Huaxia", {"CN": (2, 4), "*": (20, 30)})
DAY = timedelta(days=1)
SLOW = OptionGroup("SLOW", text("Slow"), (Option("GOLD", text("Gold"), added_days=3),))
SLOW_MODEL = replace(MODEL, option_groups=(SLOW,))
BASIS = {
    S.ORDERED: None,
    S.PLANNED: EtaBasis.PLAN,
    S.IN_PRODUCTION: EtaBasis.LINE,
    S.IN_INSPECTION: EtaBasis.LINE,
    S.ON_HOLD: EtaBasis.LINE,
    S.IN_REWORK: EtaBasis.LINE,
    S.RELEASED: EtaBasis.LINE,
    S.PACKED: EtaBasis.LINE,
    S.IN_TRANSIT: EtaBasis.CARRIER,
    S.OUT_FOR_DELIVERY: EtaBasis.CARRIER,
    S.DELIVERED: EtaBasis.ACTUAL,
    S.INSTALLED: EtaBasis.ACTUAL,
    S.CANCELLED: None,
    S.SCRAPPED: None,
}


def eta(state: State, now: datetime = T0, country: str = "CN", model: Model = MODEL) -> Eta | None:
    return estimate(state, state.plan, model, CALENDAR, CARRIER, country, now)


@rows("status", S)
def test_each_status_has_its_basis_and_its_reason(status: ProductStatus) -> None:
    found = eta(STATES[status], at(120))
    assert (found.basis if found else None) == BASIS[status]
    if found:
        assert found.confidence == CONFIDENCE[found.basis]
        assert found.reason == {S.ON_HOLD: PlanReason.ON_HOLD, S.IN_REWORK: PlanReason.IN_REWORK}.get(status)


def test_the_nearer_the_fact_the_greater_the_confidence() -> None:
    shares = [CONFIDENCE[basis] for basis in EtaBasis]
    assert shares == sorted(set(shares))
    assert shares[-1] == 1.0


@rows(("country", "days"), [("CN", (2, 4)), ("DE", (20, 30))])
def test_transport_takes_the_carriers_days(country: str, days: tuple[int, int]) -> None:
    assert transit(CARRIER, country) == (days[0] * DAY, days[1] * DAY)
    found = eta(STATES[S.PLANNED], T0, country)
    assert found is not None
    assert (found.earliest, found.latest) == (PLAN.finishes_at + days[0] * DAY, PLAN.finishes_at + days[1] * DAY)


def test_nobodys_transport_takes_no_time() -> None:
    assert transit(None, "CN") == (0 * DAY, 0 * DAY)
    assert transit(replace(CARRIER, transit_days={"CN": (2, 4)}), "DE") == (0 * DAY, 0 * DAY)


def test_a_plan_that_has_passed_is_moved_to_now() -> None:
    now = PLAN.finishes_at + 5 * DAY
    assert eta(STATES[S.PLANNED], now) == Eta(now + 2 * DAY, now + 4 * DAY, EtaBasis.PLAN)


def test_before_it_is_built_a_unit_may_arrive_as_late_as_was_promised() -> None:
    plan = replace(PLAN, promised_at=PLAN.finishes_at + DAY, reason=PlanReason.LEVELLED)
    state = STATES[S.PLANNED]
    found = estimate(state, plan, MODEL, CALENDAR, CARRIER, "CN", T0)
    assert found == Eta(PLAN.finishes_at + 2 * DAY, PLAN.finishes_at + 5 * DAY, EtaBasis.PLAN, PlanReason.LEVELLED)


def test_a_unit_that_was_packed_without_a_report_of_its_operations_is_finished() -> None:
    state = fold([event(TransportKind.PACKED, 10)], STATES[S.PLANNED])
    assert eta(state, at(20)) == Eta(at(20) + 2 * DAY, at(20) + 4 * DAY, EtaBasis.LINE)


def test_what_was_announced_before_is_told() -> None:
    state = replace(STATES[S.PLANNED], plan=replace(PLAN, previous_finish_at=T0))
    found = eta(state)
    assert found is not None
    assert found.previous == T0 + 2 * DAY


def test_a_unit_on_hold_is_expected_to_wait_until_the_deadline() -> None:
    held = STATES[S.ON_HOLD]
    state = fold(list(conclusions(held, MODEL, "EUR", at(120))), held)
    (request,) = state.requested.values()
    for now in (at(120), request.deadline - DAY):
        found = eta(state, now)
        assert found is not None
        assert found.earliest >= request.deadline + 2 * DAY


def test_rework_that_a_customer_chose_takes_the_days_that_were_named() -> None:
    held = STATES[S.ON_HOLD]
    asked = fold(list(conclusions(held, MODEL, "EUR", at(120))), held)
    (failure,) = open_failures(asked, MODEL)
    rework = choices(concessions(MODEL, failure.evidence), "EUR")[1]
    state = fold([decision_made(failure, rework, at(130))], asked)
    for now in (at(131), at(131) + DAY / 2):
        found = eta(state, now)
        assert found is not None
        assert found.earliest >= at(130) + rework.delay_days * DAY + 2 * DAY
        assert found.reason == PlanReason.IN_REWORK


def test_on_the_line_the_rest_of_the_work_is_counted_in_working_time() -> None:
    completed = [event(ProductionKind.OPERATION_COMPLETED, 10, operation.code) for operation in MODEL.routing[:4]]
    state = fold(completed, STATES[S.PLANNED])
    left = work_seconds(MODEL) - sum(operation.standard_seconds for operation in MODEL.routing[:4])
    found = eta(state, at(20))
    assert found is not None
    assert abs(found.earliest - 2 * DAY - CALENDAR.after_work(at(20), left)) < timedelta(seconds=1)


def test_the_days_of_special_options_are_added_until_the_unit_is_finished() -> None:
    started = fold([event(ProductionKind.OPERATION_STARTED, 10, "PRESSING")], State({"SLOW": ("GOLD",)}, plan=PLAN))
    finished = fold(inspections(50), started)
    for state, days in ((started, 3), (finished, 0)):
        plain = eta(replace(state, selections={}), at(60))
        slow = eta(state, at(60), model=SLOW_MODEL)
        assert plain is not None
        assert slow is not None
        assert slow.earliest - plain.earliest == days * DAY


@rows(
    "kind",
    [
        TransportKind.DISPATCHED,
        TransportKind.ARRIVED_AT_HUB,
        TransportKind.DEPARTED_HUB,
        TransportKind.OUT_FOR_DELIVERY,
    ],
)
def test_the_carriers_days_count_from_its_first_sign_even_where_the_dispatch_was_lost(kind: StepKind) -> None:
    state = fold(
        [event(TransportKind.PACKED, 55), event(kind, 60), event(TransportKind.DELIVERY_ATTEMPTED, 90)],
        STATES[S.RELEASED],
    )
    assert eta(state, at(100)) == Eta(at(60) + 2 * DAY, at(60) + 4 * DAY, EtaBasis.CARRIER)
    assert eta(state, at(60) + 3 * DAY) == Eta(at(60) + 3 * DAY, at(60) + 4 * DAY, EtaBasis.CARRIER)
    assert eta(state, at(60) + 9 * DAY) == Eta(at(60) + 9 * DAY, at(60) + 9 * DAY, EtaBasis.CARRIER)


def test_an_arrival_is_as_it_was() -> None:
    delivered, installed = event(TransportKind.DELIVERED, 70), event(TransportKind.INSTALLED, 90)
    for events, minutes in (([delivered], 70), ([delivered, installed], 70), ([installed], 90)):
        state = fold(events, STATES[S.OUT_FOR_DELIVERY])
        assert eta(state, at(9999)) == Eta(at(minutes), at(minutes), EtaBasis.ACTUAL)


@given(stories(), st.integers(-1000, 100_000), st.booleans(), st.sampled_from(["CN", "DE", "US"]))
def test_an_estimate_is_a_range_that_is_never_in_the_past(
    story: Story, minutes: int, planned: bool, country: str
) -> None:
    state = replace(fold(story.events), plan=PLAN if planned else None)
    carrier = catalogue().carrier_to("CN", country)
    found = estimate(state, state.plan, MODEL, CALENDAR, carrier, country, at(minutes))
    if found is None:
        assert not planned or state.scrapped_at
        return
    assert found.earliest <= found.latest
    assert found.basis == EtaBasis.ACTUAL or found.earliest >= at(minutes)


def test_an_ended_unit_never_arrives_and_an_arrived_one_has() -> None:
    assert {status for status in S if eta(STATES[status]) is None} == ENDED | {S.ORDERED}
    assert {status for status in S if BASIS[status] == EtaBasis.ACTUAL} == DELIVERED
