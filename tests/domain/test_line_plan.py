"""Does a line's plan keep what is frozen, close gaps, keep promises and follow the line as it runs?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Capacity, Model, Option, OptionGroup, Shift
from app.domain.configuration.configuration import Selections
from app.domain.line.calendar import Calendar, PlanReason, Stop, work_seconds
from app.domain.line.capacity import PlacedUnit, exceeded_by
from app.domain.line.pace import PlanningRules, WaitingUnit, furthest_unit, refitted
from app.domain.line.plan import CLOSED, PlanOutcome, VacatedPlace, replan, reserve
from app.domain.line.state import LineState
from app.domain.line.stop import resumed, stopped
from app.domain.shared.refusal import InvalidInput
from tests.domain.build import MODEL, calendar, text
from tests.rows import rows

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
    units: dict[str, WaitingUnit] = field(default_factory=dict)
    vacated: list[VacatedPlace] = field(default_factory=list)
    begun: list[PlacedUnit] = field(default_factory=list)
    now: datetime = NOW
    ordered: int = 0

    def order(self, *selections: Selections) -> None:
        new = [
            WaitingUnit(f"U{self.ordered + number:04}", MODEL, chosen, self.now, None)
            for number, chosen in enumerate(selections)
        ]
        self.ordered += len(new)
        self.take(new, reserve(self.calendar, self.state, new, self.now, RULES))

    def replan(self) -> PlanOutcome:
        found = replan(self.calendar, self.state, list(self.units.values()), self.vacated, self.begun, self.now, RULES)
        self.take(list(self.units.values()), found)
        self.vacated = [v for v in self.vacated if found.levelled.get(v.code) != CLOSED]
        return found

    def take(self, units: Sequence[WaitingUnit], found: PlanOutcome) -> None:
        self.state = replace(self.state, tail=found.tail, frozen=found.frozen)
        for unit in units:
            plan = found.plans.get(unit.code, unit.plan)
            self.units[unit.code] = replace(unit, plan=plan, levelled=found.levelled.get(unit.code, unit.levelled))

    def cancel(self, code: str) -> None:
        plan = self.units.pop(code).plan
        assert plan is not None
        self.vacated.append(VacatedPlace(code, plan))

    def begin(self, code: str, at: datetime) -> None:
        unit = self.units.pop(code)
        assert unit.plan is not None
        self.begun.append(PlacedUnit(unit.plan.position, at, unit.model, unit.selections))

    def heed(self, state: LineState) -> None:
        self.state, self.calendar = state, replace(self.calendar, stops=state.stops)

    def change(self, code: str, wanted: Selections) -> None:
        """Change a unit as its customer may: a frozen one only where the line can bear it."""
        unit = self.units[code]
        if self.is_frozen(unit) and unit.plan:
            place = PlacedUnit(unit.plan.position, unit.plan.starts_at, MODEL, unit.selections)
            others = [other for other in self.standing if other.position != place.position]
            if exceeded_by(self.calendar, others, place, wanted):
                return
        self.units[code] = replace(unit, selections=wanted)

    def is_frozen(self, unit: WaitingUnit) -> bool:
        return unit.plan is not None and unit.plan.position <= self.state.frozen

    @property
    def standing(self) -> list[PlacedUnit]:
        """What no longer moves: what has begun, and what is frozen."""
        frozen = [unit for unit in self.units.values() if self.is_frozen(unit)]
        return self.begun + [
            PlacedUnit(unit.plan.position, unit.plan.starts_at, MODEL, unit.selections) for unit in frozen if unit.plan
        ]

    def black_places(self) -> list[int]:
        waiting = [self.position(code) for code, unit in self.units.items() if unit.selections == BLACK]
        return waiting + [unit.position for unit in self.begun if unit.selections == BLACK]

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
    assert plant.starts_at("U0300") <= NOW + RULES.frozen + TAKT


def test_a_replacement_is_the_first_behind_the_horizon() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 200)
    plant.replan()
    edge = next(code for code in plant.sequence if plant.starts_at(code) > NOW + RULES.frozen)
    place = plant.position(edge)
    plant.units["NEW"] = WaitingUnit("NEW", MODEL, BLACK, NOW, None, first=True)
    plant.replan()
    assert plant.position("NEW") == place
    assert plant.position(edge) == place + 1


def test_units_that_wait_for_their_first_place_are_left_to_who_reserves_it() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 3)
    tail = plant.state.tail
    plant.cancel("U0002")
    plant.units["NEW"] = WaitingUnit("NEW", MODEL, BLACK, NOW, None)
    found = plant.replan()
    assert "NEW" not in found.plans
    assert found.tail == tail


def test_a_place_that_was_reserved_and_is_not_written_yet_is_given_to_nobody_else() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 100)
    reserved = plant.units["U0080"]
    plant.units["U0080"] = replace(reserved, plan=None)
    plant.order(*[BLACK] * 100)
    plant.cancel("U0090")
    plant.replan()
    plant.units["U0080"] = reserved
    assert sorted(plant.position(code) for code in plant.units) == list(range(1, 200))
    plant.replan()
    assert sorted(plant.position(code) for code in plant.units) == list(range(1, 200))
    assert "WWWW" not in plant.colours[61:], "it was levelled meanwhile"


@rows("minutes", [-30, 30])
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


@rows(
    ("stop", "path"),
    [
        (Stop(NOW, NOW, "x"), "until"),
        (Stop(NOW, NOW - HOUR, "x"), "until"),
        (Stop(NOW + HOUR, NOW + HOUR, "x"), "until"),
        (Stop(NOW, NOW + timedelta(days=91), "x"), "until"),
        (Stop(NOW - 25 * HOUR, NOW + HOUR, "x"), "beginsAt"),
        (Stop(NOW - timedelta(days=3_000), NOW + HOUR, "x"), "beginsAt"),
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
    assert found.levelled["U0150"] == plant.units["U0150"].load_class != unit.load_class


def test_two_units_at_one_place_are_set_one_after_the_other() -> None:
    plant = Plant()
    plant.order(WHITE, WHITE, WHITE)
    plant.units["U0002"] = replace(plant.units["U0002"], plan=plant.units["U0001"].plan)
    plant.replan()
    assert [plant.position(code) for code in plant.sequence] == [1, 2, 3]


def test_a_start_far_ahead_takes_its_own_place_and_no_other() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 700)
    plant.replan()
    for _ in range(150):
        plant.begin(plant.sequence[0], plant.starts_at(plant.sequence[0]))
    plant.now = NOW + HOUR + 150 * TAKT
    ahead = plant.sequence[-1]
    before = {code: plant.units[code].plan for code in plant.sequence[:-1]}
    plant.begin(ahead, plant.now)
    assert plant.replan().plans == {}
    plant.order(WHITE)
    plant.replan()
    moved = [code for code, plan in before.items() if plan and abs(plant.starts_at(code) - plan.starts_at) > 2 * TAKT]
    assert moved == []
    assert sorted(plant.position(code) for code in plant.units) == [*range(151, 700), 701]


def test_a_place_that_was_taken_far_ahead_is_skipped_where_gaps_are_closed_and_where_places_are_given() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 200)
    plant.replan()
    plant.begin(plant.sequence[189], NOW)
    for code in plant.sequence[100:110]:
        plant.cancel(code)
    plant.replan()
    assert sorted(plant.position(code) for code in plant.units) == list(range(1, 190))
    assert plant.state.tail.taken == (190,)
    plant.order(WHITE, WHITE)
    assert [plant.position(code) for code in plant.sequence[-2:]] == [191, 192]


def test_a_unit_that_was_left_behind_holds_up_nobody() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 300)
    plant.replan()
    left = plant.sequence[4]
    for code in [code for code in plant.sequence[:100] if code != left]:
        plant.begin(code, plant.starts_at(code))
    plant.now = NOW + HOUR + 100 * TAKT
    before = {code: plant.starts_at(code) for code in plant.sequence[1:]}
    plant.replan()
    assert {code: plant.starts_at(code) for code in before} == before
    assert plant.starts_at(left) == plant.now
    plant.now += 5 * HOUR
    plant.replan()
    assert plant.starts_at(plant.sequence[1]) == plant.now
    assert plant.replan().plans == {}


@rows("works", [ALWAYS, ONE_SHIFT])
def test_times_rest_where_all_that_waits_was_left_behind(works: Calendar) -> None:
    plant = Plant(works)
    plant.order(WHITE, WHITE, WHITE)
    for code in plant.sequence[1:]:
        plant.begin(code, NOW)
    plant.replan()
    assert plant.replan().plans == {}


@rows("hours", [1, 24, 24 * 20])
def test_what_is_frozen_stays_frozen_when_the_line_stops(hours: int) -> None:
    plant = Plant()
    plant.order(*[WHITE] * 150, *[BLACK] * 150)
    plant.replan()
    frozen = plant.sequence[: plant.state.frozen]
    assert len(frozen) == 61
    plant.state = stopped(plant.state, Stop(NOW, NOW + timedelta(hours=hours), "press tool broken"), NOW)
    plant.calendar = replace(plant.calendar, stops=plant.state.stops)
    plant.order(*[BLACK] * 50)
    plant.cancel(plant.sequence[-1])
    plant.units["NEW"] = WaitingUnit("NEW", MODEL, BLACK, NOW, None, first=True)
    plant.replan()
    assert plant.sequence[:62] == [*frozen, "NEW"]
    assert [plant.position(code) for code in frozen] == list(range(1, 62))


def test_a_cancelled_place_stays_empty_where_a_delay_moved_it_behind_the_horizon() -> None:
    plant = Plant()
    plant.order(*[WHITE] * 100)
    plant.replan()
    plant.state = stopped(plant.state, Stop(NOW, NOW + 24 * HOUR, "x"), NOW)
    plant.calendar = replace(plant.calendar, stops=plant.state.stops)
    plant.replan()
    plant.cancel(plant.sequence[30])
    plant.replan()
    assert sorted(plant.position(code) for code in plant.units) == [*range(1, 31), *range(32, 101)]


def test_what_a_change_makes_too_much_is_not_frozen_but_put_in_order() -> None:
    plant = limited(Capacity("COLOUR.BLACK", 1, 3))
    plant.order(*[WHITE] * 200)
    plant.replan()
    edge = plant.state.frozen
    for code in plant.sequence[edge : edge + 3]:
        plant.units[code] = replace(plant.units[code], selections=BLACK)
    plant.now += 10 * TAKT
    plant.replan()
    assert plant.state.frozen == edge + 1
    assert plant.colours.index("B") >= edge
    assert all(plant.colours[start : start + 3].count("B") <= 1 for start in range(200))
    assert plant.colours.count("B") == 3


def test_a_shift_that_a_stop_divides_bears_no_more_than_a_whole_one() -> None:
    stop = Stop(NOW + timedelta(hours=10), NOW + timedelta(hours=11), "x")
    plant = limited(Capacity("COLOUR.BLACK", 5), works=replace(ONE_SHIFT, stops=(stop,)))
    plant.order(*[WHITE] * 200, *[BLACK] * 12)
    plant.replan()
    assert most_in_a_day(plant) == 5
    whole = limited(Capacity("COLOUR.BLACK", 5), works=replace(ONE_SHIFT, stops=(stop,)))
    whole.order(*[BLACK] * 12)
    assert most_in_a_day(whole) == 5


def most_in_a_day(plant: Plant) -> int:
    black = [code for code in plant.units if plant.units[code].selections == BLACK]
    return max(Counter(plant.starts_at(code).date() for code in black).values(), default=0)


def test_what_began_in_this_shift_counts_for_the_shift() -> None:
    plant = limited(Capacity("COLOUR.BLACK", 5), works=ONE_SHIFT)
    plant.now = NOW + timedelta(hours=6)
    plant.order(*[BLACK] * 5, *[WHITE] * 100)
    for code in plant.sequence[:5]:
        plant.begin(code, plant.starts_at(code))
    plant.now += 2 * HOUR
    plant.order(*[BLACK] * 5)
    plant.replan()
    black = [code for code in plant.units if plant.units[code].selections == BLACK]
    assert {plant.starts_at(code).date().day for code in black} == {3}


SLOW_OPTIONS = (Option("WHITE", text("White")), Option("GOLD", text("Gold"), added_days=9))
SLOW = replace(MODEL, option_groups=(OptionGroup("COLOUR", text("Colour"), SLOW_OPTIONS),))
GOLD = {"COLOUR": ("GOLD",)}


@rows(("before", "after", "days"), [(WHITE, GOLD, 9), (GOLD, WHITE, -9)])
def test_a_change_moves_the_promise_by_the_days_that_it_adds_or_takes_away_and_nobody_jumps_the_queue(
    before: Selections, after: Selections, days: int
) -> None:
    plant = Plant()
    new = units(SLOW, before, 200)
    plant.take(new, reserve(plant.calendar, plant.state, new, NOW, RULES))
    plant.replan()
    code = plant.sequence[-1]
    place, plan = plant.position(code), plant.units[code].plan
    plant.units[code] = replace(plant.units[code], selections=after)
    plant.replan()
    changed = plant.units[code].plan
    assert plan is not None
    assert changed is not None
    assert plan.promised_at is not None
    assert changed.promised_at == plan.promised_at + timedelta(days=days)
    assert changed.finishes_at - plan.finishes_at == timedelta(days=days) + (changed.starts_at - plan.starts_at)
    assert changed.reason == PlanReason.CHANGED
    assert abs(plant.position(code) - place) < 100
    assert plant.replan().plans == {}
    fitted = refitted(plant.calendar, plan, plant.units[code])
    assert (fitted.promised_at, fitted.reason) == (changed.promised_at, PlanReason.CHANGED)
    assert fitted.finishes_at == plan.finishes_at + timedelta(days=days)
    assert refitted(plant.calendar, fitted, plant.units[code]) == fitted


def units(model: Model, selections: Selections, count: int) -> list[WaitingUnit]:
    return [WaitingUnit(f"S{number:04}", model, selections, NOW, None) for number in range(count)]


@rows(("seconds", "reason"), [(0.005, PlanReason.LEVELLED), (599, PlanReason.LEVELLED), (660, PlanReason.CHANGED)])
def test_a_small_move_keeps_the_former_reason(seconds: float, reason: PlanReason) -> None:
    plant = Plant()
    plant.order(*[WHITE] * 3)
    unit = plant.units["U0001"]
    assert unit.plan is not None
    late = unit.plan.finishes_at + timedelta(seconds=seconds)
    plant.units["U0001"] = replace(unit, plan=replace(unit.plan, finishes_at=late, reason=PlanReason.LEVELLED))
    plant.replan()
    assert plant.units["U0001"].plan == replace(unit.plan, reason=reason)


@rows(
    ("begun", "waiting", "front"),
    [
        ([], [1, 2], None),
        ([1, 2, 3], [4, 5], 3),
        ([1, 2, 3], [], 3),
        ([1, 2, 4], [3, 5], 4),
        ([1, 2, 700], list(range(3, 700)), 2),
        ([700], list(range(1, 700)), None),
        ([1, 2, 3, 5, 6, 7, 8], [4, 9], 8),
        ([1, 2, 500, 600, 700], [*range(3, 500), *range(501, 600)], 2),
    ],
)
def test_a_line_has_come_as_far_as_most_reports_say(begun: list[int], waiting: list[int], front: int | None) -> None:
    found = furthest_unit([PlacedUnit(place, NOW, MODEL, WHITE) for place in begun], waiting)
    assert (found.position if found else None) == front


STEAM_LIMIT = Capacity("COLOUR.BLACK", 2, 5)


@rows(
    ("black", "place", "full"),
    [
        ([], 5, False),
        ([4], 5, False),
        ([3, 4], 5, True),
        ([4, 6], 5, True),
        ([6, 7], 5, True),
        ([1, 4], 5, True),
        ([0, 4], 5, False),
        ([4, 9], 5, False),
        ([1, 9], 5, False),
        ([7, 9], 5, True),
        ([7, 10], 5, False),
    ],
)
@rows("capacity", [STEAM_LIMIT, Capacity("COLOUR.BLACK", 2)])
def test_a_frozen_unit_gets_a_limited_option_only_where_every_window_and_its_shift_have_room(
    black: list[int], place: int, full: bool, capacity: Capacity
) -> None:
    works = replace(ALWAYS, line=replace(ALWAYS.line, capacities=(capacity,)))
    others = [PlacedUnit(at, NOW + at * TAKT, MODEL, BLACK) for at in black]
    unit = PlacedUnit(place, NOW + place * TAKT, MODEL, WHITE)
    expected = full if capacity is STEAM_LIMIT else len(black) >= 2
    assert exceeded_by(works, others, unit, BLACK) == (capacity if expected else None)
    assert exceeded_by(works, others, unit, WHITE) is None
    assert exceeded_by(works, others, replace(unit, selections=BLACK), BLACK) is None


@rows("hours", [0, -23, 5])
def test_a_stop_may_have_begun_within_a_day(hours: int) -> None:
    begins_at = NOW + timedelta(hours=hours)
    assert stopped(LineState(), Stop(begins_at, NOW + 6 * HOUR, "x"), NOW).stops[0].begins_at == begins_at


events = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(1, 40)),
        st.tuples(st.just("cancel"), st.integers(0, 500)),
        st.tuples(st.just("begin"), st.integers(0, 500)),
        st.tuples(st.just("begin first"), st.integers(-20, 60)),
        st.tuples(st.just("change"), st.integers(0, 500)),
        st.tuples(st.just("wait"), st.integers(1, 90)),
        st.tuples(st.just("stop"), st.integers(1, 3_000)),
        st.tuples(st.just("resume"), st.just(0)),
        st.tuples(st.just("replace"), st.just(0)),
    ),
    min_size=1,
    max_size=25,
)
WINDOW, SHIFT = Capacity("COLOUR.BLACK", 2, 5), Capacity("COLOUR.BLACK", 20)


def happen(plant: Plant, what: str, number: int, count: int) -> None:
    """Let something happen to a line that one unit of two black ones in three is ordered for."""
    match what:
        case "order":
            new = [
                WaitingUnit(f"V{count + n:04}", MODEL, BLACK if (count + n) % 3 else WHITE, plant.now, None)
                for n in range(number)
            ]
            plant.take(new, reserve(plant.calendar, plant.state, new, plant.now, RULES))
        case "cancel" if plant.units:
            plant.cancel(plant.sequence[number % len(plant.units)])
        case "begin" if plant.units:
            plant.begin(plant.sequence[number % len(plant.units)], plant.now)
        case "begin first" if plant.units:
            first = plant.sequence[0]
            plant.begin(first, min(plant.now, plant.starts_at(first) + timedelta(minutes=number)))
        case "change" if plant.units:
            code = plant.sequence[number % len(plant.units)]
            plant.change(code, BLACK if plant.units[code].selections == WHITE else WHITE)
        case "wait":
            plant.now += timedelta(minutes=number)
        case "stop" if len(plant.state.stops) < 20:
            stop = Stop(plant.now, plant.now + timedelta(minutes=number), "x")
            plant.heed(stopped(plant.state, stop, plant.now))
        case "resume":
            plant.heed(resumed(plant.state, plant.now) or plant.state)
        case "replace":
            plant.units[f"R{count:04}"] = WaitingUnit(f"R{count:04}", MODEL, WHITE, plant.now, None, first=True)


@given(events, st.sampled_from([ALWAYS, ONE_SHIFT]))
def test_whatever_happens_each_unit_has_one_place_what_is_frozen_stays_and_no_capacity_is_exceeded(
    events: list[tuple[str, int]], works: Calendar
) -> None:
    plant = limited(WINDOW, works=works)
    count = 0
    for what, number in events:
        frozen_before = plant.state.frozen
        happen(plant, what, number, count)
        count += number if what == "order" else 1
        frozen = {code: plant.position(code) for code, unit in plant.units.items() if plant.is_frozen(unit)}
        plant.replan()
        assert plant.state.frozen >= frozen_before
        assert all(plant.position(code) == place for code, place in frozen.items())
        places = [*(plant.position(code) for code in plant.units), *(unit.position for unit in plant.begun)]
        assert len(set(places)) == len(places)
        assert max((plant.position(code) for code in plant.units), default=0) <= plant.state.tail.position
        black = sorted(plant.black_places())
        assert all(last - first >= 5 for first, last in zip(black, black[2:], strict=False))
        starts = [plant.starts_at(code) for code in plant.sequence]
        assert starts == sorted(starts)
        assert all(unit.plan and unit.plan.starts_at >= unit.ordered_at + RULES.lead for unit in plant.units.values())
        plant.replan()  # what a delay moved behind the horizon is put in order now
        again = plant.replan()
        assert (again.plans, again.levelled) == ({}, {})


@given(events.map(lambda them: [each for each in them if each[0] not in ("stop", "resume", "begin", "begin first")]))
def test_no_shift_is_given_more_of_an_option_than_it_bears(events: list[tuple[str, int]]) -> None:
    stop = Stop(NOW + timedelta(hours=10), NOW + timedelta(hours=11), "x")
    plant = limited(SHIFT, works=replace(ONE_SHIFT, stops=(stop,)))
    count = 0
    for what, number in events:
        if what == "wait":
            plant.now += timedelta(seconds=number)  # a line that keeps to its plan: nothing is due yet
        else:
            happen(plant, what, number, count)
        count += number if what == "order" else 1
        plant.replan()
        assert most_in_a_day(plant) <= SHIFT.at_most
