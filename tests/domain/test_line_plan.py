"""Does a line's plan keep what is frozen, close gaps, keep promises and follow the line as it runs?"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.catalogue import Capacity, Shift
from app.domain.configuration import Selections
from app.domain.line_plan import (
    CLOSED,
    Begun,
    LineState,
    PlanningRules,
    Replanned,
    Vacated,
    Waiting,
    replan,
    reserve,
    resumed,
    stopped,
)
from app.domain.planning import Calendar, PlanReason, Stop, work_seconds
from app.domain.refusal import InvalidInput
from tests.domain.build import MODEL, calendar

TAKT = timedelta(seconds=60)
HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
ALWAYS = calendar("UTC", Shift((1, 2, 3, 4, 5, 6, 7), time(0), time(23, 59, 59)))
ONE_SHIFT = calendar("UTC", Shift((1, 2, 3, 4, 5, 6, 7), time(6), time(14)))
RULES = PlanningRules(
    lead=timedelta(hours=1), frozen=timedelta(hours=2), tolerance=timedelta(hours=24), drift=timedelta(minutes=10)
)
WHITE, BLACK = {"COLOUR": ("WHITE",)}, {"COLOUR": ("BLACK",)}


@dataclass
class Plant:
    """One line with its units, planned and replanned as time goes on."""

    calendar: Calendar = ALWAYS
    state: LineState = field(default_factory=LineState)
    units: dict[str, Waiting] = field(default_factory=dict)
    vacated: list[Vacated] = field(default_factory=list)
    begun: Begun | None = None
    now: datetime = NOW

    def order(self, *selections: Selections) -> None:
        new = [
            Waiting(f"U{len(self.units) + number:04}", MODEL, chosen, self.now, None)
            for number, chosen in enumerate(selections)
        ]
        self.take(new, reserve(self.calendar, self.state, new, self.now, RULES))

    def replan(self) -> Replanned:
        found = replan(self.calendar, self.state, list(self.units.values()), self.vacated, self.begun, self.now, RULES)
        self.take(list(self.units.values()), found)
        self.vacated = [v for v in self.vacated if found.levelled.get(v.code) != CLOSED]
        return found

    def take(self, units: Sequence[Waiting], found: Replanned) -> None:
        self.state = replace(self.state, tail=found.tail)
        for unit in units:
            plan = found.plans.get(unit.code, unit.plan)
            self.units[unit.code] = replace(unit, plan=plan, levelled=found.levelled.get(unit.code, unit.levelled))

    def cancel(self, code: str) -> None:
        plan = self.units.pop(code).plan
        assert plan is not None
        self.vacated.append(Vacated(code, plan))

    def begin(self, code: str, at: datetime) -> None:
        plan = self.units.pop(code).plan
        assert plan is not None
        self.begun = Begun(plan.position, at)

    def position(self, code: str) -> int:
        plan = self.units[code].plan
        assert plan is not None
        return plan.position

    def starts_at(self, code: str) -> datetime:
        plan = self.units[code].plan
        assert plan is not None
        return plan.starts_at

    @property
    def sequence(self) -> list[str]:
        return sorted(self.units, key=self.position)

    @property
    def colours(self) -> str:
        return "".join(self.units[code].selections["COLOUR"][0][0] for code in self.sequence)


def test_the_first_units_of_an_idle_line_begin_after_their_lead_one_takt_apart() -> None:
    plant = Plant()
    plant.order(WHITE, WHITE, BLACK)
    assert [plant.position(code) for code in plant.sequence] == [1, 2, 3]
    assert [plant.starts_at(code) for code in plant.sequence] == [NOW + HOUR + n * TAKT for n in range(3)]
    for unit in plant.units.values():
        assert unit.plan is not None
        assert unit.plan.finishes_at == unit.plan.starts_at + timedelta(seconds=work_seconds(MODEL))
        assert unit.plan.promised_at == unit.plan.finishes_at + RULES.tolerance


def test_a_plan_that_is_right_stays_as_it_is() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 100, *[BLACK] * 100)
    assert plant.replan().plans
    for minutes in (0, 1, 30, 59):
        plant.now = NOW + timedelta(minutes=minutes)
        found = plant.replan()
        assert (found.plans, found.tail) == ({}, plant.state.tail)


def test_behind_the_horizon_colours_are_levelled_and_before_it_nothing_moves() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 150, *[BLACK] * 150)
    before = {code: plant.position(code) for code in plant.sequence}
    plant.replan()
    frozen = [code for code in before if NOW + HOUR + (before[code] - 1) * TAKT <= NOW + RULES.frozen]
    assert len(frozen) == 61
    assert all(plant.position(code) == before[code] for code in frozen)
    assert sorted(plant.position(code) for code in plant.units) == list(range(1, 301))
    assert "BBBB" in plant.colours[61:140], "black is behind its share and catches up"
    assert "WWWW" not in plant.colours[61:]


def test_a_cancelled_place_in_the_frozen_part_stays_empty() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 10)
    before = {code: plant.starts_at(code) for code in plant.units}
    plant.cancel("U0004")
    assert plant.replan().plans == {}
    assert all(plant.starts_at(code) == before[code] for code in plant.units)


def test_a_cancelled_place_behind_it_is_closed() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 200)
    plant.replan()
    plant.cancel("U0100")
    found = plant.replan()
    assert found.levelled["U0100"] == CLOSED
    assert sorted(plant.position(code) for code in plant.units) == list(range(1, 200))
    assert plant.state.tail.position == 199
    assert plant.replan().plans == {}


def test_a_cancelled_place_at_the_edge_of_the_frozen_part_stays_empty_too() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 70)
    plant.replan()
    plant.cancel("U0060")
    plant.order(BLACK)
    plant.replan()
    assert 61 not in {plant.position(code) for code in plant.units}


def test_when_all_is_cancelled_the_line_begins_anew() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 300)
    for code in list(plant.units):
        plant.cancel(code)
    plant.replan()
    plant.order(WHITE)
    assert plant.starts_at("U0000") <= NOW + RULES.frozen + TAKT


def test_a_replacement_is_the_first_behind_the_horizon() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 200)
    plant.replan()
    edge = next(code for code in plant.sequence if plant.starts_at(code) > NOW + RULES.frozen)
    place = plant.position(edge)
    plant.units["NEW"] = Waiting("NEW", MODEL, BLACK, NOW, None, first=True)
    plant.replan()
    assert plant.position("NEW") == place
    assert plant.position(edge) == place + 1


def test_units_that_wait_for_their_first_place_are_left_to_who_reserves_it() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 3)
    tail = plant.state.tail
    plant.cancel("U0002")
    plant.units["NEW"] = Waiting("NEW", MODEL, BLACK, NOW, None)
    found = plant.replan()
    assert "NEW" not in found.plans
    assert found.tail == tail


@pytest.mark.parametrize("minutes", [-30, 30])
def test_times_follow_the_line_when_it_is_far_from_its_plan(minutes: int) -> None:
    plant = Plant()
    plant.order(*[WHITE] * 300)
    plant.replan()
    plant.now = NOW + 3 * HOUR
    begun, following = "U0100", "U0101"
    planned = plant.starts_at(following)
    for code in plant.sequence[: plant.position(begun) - 1]:
        del plant.units[code]
    plant.begin(begun, plant.starts_at(begun) + timedelta(minutes=minutes))
    found = plant.replan()
    assert plant.starts_at(following) == max(plant.now, planned + timedelta(minutes=minutes))
    assert {plan.reason for plan in found.plans.values()} == {PlanReason.LINE_DRIFTED}
    assert plant.sequence == sorted(plant.units)
    assert plant.replan().plans == {}


def test_a_small_drift_moves_nothing() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 10)
    plant.begin("U0000", NOW + HOUR + timedelta(minutes=9))
    plant.now = NOW + HOUR + timedelta(minutes=9)
    assert plant.replan().plans == {}


def test_units_that_should_have_begun_are_moved_to_now() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 10)
    plant.now = NOW + 5 * HOUR
    plant.replan()
    assert [plant.starts_at(code) for code in plant.sequence] == [plant.now + n * TAKT for n in range(10)]


def test_a_stop_moves_what_lies_behind_it() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 10)
    before = {code: plant.starts_at(code) for code in plant.units}
    plant.state = stopped(plant.state, Stop(NOW + HOUR + 5 * TAKT, NOW + 6 * HOUR, "press tool broken"), NOW)
    plant.calendar = replace(plant.calendar, stops=plant.state.stops)
    found = plant.replan()
    assert {plan.reason for plan in found.plans.values()} == {PlanReason.LINE_STOPPED}
    assert [code for code in plant.sequence if plant.starts_at(code) == before[code]] == plant.sequence[:5]
    assert plant.starts_at("U0005") == NOW + 6 * HOUR
    again = resumed(plant.state, NOW + 2 * HOUR)
    assert again is not None
    plant.state, plant.calendar, plant.now = again, replace(plant.calendar, stops=again.stops), NOW + 2 * HOUR
    plant.replan()
    assert plant.starts_at("U0000") == plant.now


@pytest.mark.parametrize(
    ("stop", "path"),
    [
        (Stop(NOW, NOW, "x"), "until"),
        (Stop(NOW, NOW - HOUR, "x"), "until"),
        (Stop(NOW + HOUR, NOW + HOUR, "x"), "until"),
        (Stop(NOW, NOW + timedelta(days=91), "x"), "until"),
        (Stop(NOW, NOW + HOUR, " "), "reason"),
        (Stop(NOW, NOW + HOUR, "x" * 201), "reason"),
    ],
)
def test_a_stop_that_cannot_be_is_refused(stop: Stop, path: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        stopped(LineState(), stop, NOW)
    assert refusal.value.path == (path,)


def test_no_more_than_twenty_stops_are_known_and_past_ones_do_not_count() -> None:
    state = LineState(stops=tuple(Stop(NOW - 2 * HOUR, NOW - HOUR, "x") for _ in range(20)))
    for number in range(20):
        state = stopped(state, Stop(NOW + number * HOUR, NOW + (number + 1) * HOUR, "x"), NOW)
    with pytest.raises(InvalidInput):
        stopped(state, Stop(NOW, NOW + HOUR, "x"), NOW)


def test_a_line_that_runs_is_not_resumed() -> None:
    assert resumed(LineState(), NOW) is None
    assert resumed(LineState(stops=(Stop(NOW + HOUR, NOW + 2 * HOUR, "x"),)), NOW) is None


def limited(*capacities: Capacity, works: Calendar = ALWAYS) -> Plant:
    return Plant(replace(works, line=replace(works.line, capacities=capacities)))


def test_reserved_places_heed_what_stations_bear_over_many_orders() -> None:
    plant = limited(Capacity("COLOUR.BLACK", 1, 3))
    for _ in range(3):
        plant.order(BLACK, BLACK)
    plant.order(WHITE)
    assert [plant.position(code) for code in plant.sequence] == [1, 4, 7, 10, 13, 16, 17]
    assert plant.replan().plans == {}


def test_levelling_fills_the_places_that_reserving_had_to_leave_empty() -> None:
    plant = limited(Capacity("COLOUR.BLACK", 1, 3))
    plant.order(*[WHITE] * 61)
    plant.order(*[BLACK] * 20, *[WHITE] * 40)
    plant.replan()
    assert sorted(plant.position(code) for code in plant.units) == list(range(1, 122))
    assert all(plant.colours[start : start + 3].count("B") <= 1 for start in range(120))


def test_a_shift_bears_only_so_many() -> None:
    plant = limited(Capacity("COLOUR.BLACK", 5), works=ONE_SHIFT)
    plant.order(*[BLACK] * 7)
    plant.order(BLACK)
    days = [plant.starts_at(code).date().day for code in plant.sequence]
    assert days == [2] * 5 + [3] * 3


def test_a_changed_unit_is_levelled_again() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 200)
    plant.replan()
    unit = plant.units["U0150"]
    plant.units["U0150"] = replace(unit, selections=BLACK)
    found = plant.replan()
    assert found.levelled["U0150"] == plant.units["U0150"].mix != unit.mix


def test_two_units_at_one_place_are_set_one_after_the_other() -> None:
    plant = Plant()
    plant.order(WHITE, WHITE, WHITE)
    plant.units["U0002"] = replace(plant.units["U0002"], plan=plant.units["U0001"].plan)
    plant.replan()
    assert [plant.position(code) for code in plant.sequence] == [1, 2, 3]


events = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(1, 40)),
        st.tuples(st.just("cancel"), st.integers(0, 500)),
        st.tuples(st.just("begin"), st.integers(-20, 60)),
        st.tuples(st.just("wait"), st.integers(1, 90)),
        st.tuples(st.just("replace"), st.just(0)),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(events, st.sampled_from([ALWAYS, ONE_SHIFT]))
def test_whatever_happens_each_unit_has_one_place_the_frozen_ones_stay_and_nothing_begins_too_soon(
    events: list[tuple[str, int]], works: Calendar
) -> None:
    plant = limited(Capacity("COLOUR.BLACK", 2, 5), works=works)
    count = 0
    for what, number in events:
        match what:
            case "order":
                new = [
                    Waiting(f"V{count + n:04}", MODEL, BLACK if (count + n) % 3 else WHITE, plant.now, None)
                    for n in range(number)
                ]
                count += number
                plant.take(new, reserve(plant.calendar, plant.state, new, plant.now, RULES))
            case "cancel" if plant.units:
                plant.cancel(plant.sequence[number % len(plant.units)])
            case "begin" if plant.units:
                first = plant.sequence[0]
                plant.begin(first, min(plant.now, plant.starts_at(first) + timedelta(minutes=number)))
            case "wait":
                plant.now += timedelta(minutes=number)
            case "replace":
                count += 1
                plant.units[f"R{count:04}"] = Waiting(f"R{count:04}", MODEL, WHITE, plant.now, None, first=True)
        horizon = plant.now + RULES.frozen
        frozen = {
            code: unit.plan.position
            for code, unit in plant.units.items()
            if unit.plan and unit.plan.starts_at <= horizon
        }
        plant.replan()
        places = [plant.position(code) for code in plant.units]
        assert len(set(places)) == len(places)
        assert max(places, default=0) <= plant.state.tail.position
        assert all(plant.position(code) == place for code, place in frozen.items())
        starts = [plant.starts_at(code) for code in plant.sequence]
        assert starts == sorted(starts)
        assert all(unit.plan and unit.plan.starts_at >= unit.ordered_at + RULES.lead for unit in plant.units.values())
        plant.replan()  # what a delay moved behind the horizon is put in order now
        again = plant.replan()
        assert (again.plans, again.levelled) == ({}, {})
