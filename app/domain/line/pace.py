"""How far a line has come, and when its places begin: counted from the last unit that it has really begun."""

import hashlib
from bisect import bisect_left
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from app.domain.catalogue.catalogue import Model
from app.domain.configuration.configuration import Selections
from app.domain.configuration.pricing import added_days
from app.domain.line.calendar import Calendar, Plan, PlanReason, Timeline, work_seconds
from app.domain.line.capacity import PlacedUnit, classes_of
from app.domain.shared.clock import to_millisecond

LOOK_BACK = timedelta(days=14)
"""How far back the last report of a line may lie to say anything about its pace."""

FIRST = -(10**9)
"""Sorts before the latest place of any unit, units that are already late included."""


@dataclass(frozen=True)
class PlanningRules:
    """The rules of planning.

    `lead`: the least time from an order to its first operation. `frozen`: what begins within this time does not move.
    `tolerance`: how much later than first planned a unit may finish; the promised date includes it. `drift`: how far
    the line may be from its plan before times are counted anew.
    """

    lead: timedelta
    frozen: timedelta
    tolerance: timedelta
    drift: timedelta


@dataclass(frozen=True)
class WaitingUnit:
    """A unit whose production has not begun. `levelled`: its load class when it was last put in order, or None."""

    code: str
    model: Model
    selections: Selections
    ordered_at: datetime
    plan: Plan | None
    first: bool = False
    levelled: str | None = None

    @cached_property
    def classes(self) -> tuple[str, ...]:
        return classes_of(self.model, self.selections)

    @cached_property
    def added_days(self) -> int:
        """The days that special options add. They are spent off the line, so they delay no other unit."""
        return added_days(self.model, self.selections)

    @cached_property
    def load_class(self) -> str:
        return hashlib.sha256("|".join(self.classes).encode()).hexdigest()[:12]


Places = list[tuple[int, WaitingUnit]]


def furthest_unit(begun: Sequence[PlacedUnit], waiting: Sequence[int]) -> PlacedUnit | None:
    """Choose the begun unit that tells how far the line has come; None where the line has reached none of them.

    It is the unit with the fewest others on its wrong side: units that still wait at places before it, and units that
    have begun at places behind it. So one early report of a start, or one unit left behind, does not mislead.
    """
    begun, waiting = sorted(begun, key=lambda unit: unit.position), sorted(waiting)
    wrong = [bisect_left(waiting, unit.position) + len(begun) - 1 - index for index, unit in enumerate(begun)]
    fewest = min(wrong, default=0)
    if not begun or fewest > len(begun):
        return None
    return next(unit for unit, count in zip(reversed(begun), reversed(wrong), strict=True) if count == fewest)


def refitted(calendar: Calendar, plan: Plan, unit: WaitingUnit) -> Plan:
    """Return the plan of a waiting unit with other choices at the same place, as the planner would make it."""
    days = unit.added_days
    if days == plan.added_days:
        return plan
    work = calendar.after_work(plan.starts_at, work_seconds(unit.model))
    return replace(
        plan,
        finishes_at=to_millisecond(work + timedelta(days=days)),
        promised_at=promise_of(plan, unit),
        added_days=days,
        reason=PlanReason.CHANGED,
    )


class Pace:
    """When places begin, in seconds of work on one timeline.

    `front` is the place of the furthest begun unit. A unit that still waits at or before it was left behind: it is
    built as soon as the line can, and delays no other unit.
    """

    def __init__(
        self,
        calendar: Calendar,
        waiting: Sequence[WaitingUnit],
        begun: Sequence[PlacedUnit],
        now: datetime,
        rules: PlanningRules,
    ) -> None:
        plans = [unit.plan for unit in waiting if unit.plan]
        self.takt = calendar.line.takt_seconds
        self._rules, self._begun = rules, furthest_unit(begun, [plan.position for plan in plans])
        self.front = self._begun.position if self._begun else 0
        self._stopped = any(stop.ends_at > now for stop in calendar.stops)
        ahead = [plan for plan in plans if plan.position > self.front] or plans
        self._reference = min(ahead, key=lambda plan: plan.starts_at, default=None)
        moments = [now, *(plan.starts_at for plan in plans), *(unit.at for unit in begun)]
        self.timeline = Timeline(calendar, max(min(moments), now - LOOK_BACK))
        self._now = self.timeline.worked(now)
        self._leads: dict[datetime, float] = {}

    def _base(self, position: int) -> float:
        """Return when the first waiting place begins: as planned or, if the line is far off its plan, as it runs."""
        expected, planned, known = self._now, None, self._reference
        if known is not None:
            place = max(known.position, self.front + 1)
            planned = self.timeline.worked(known.starts_at) + self.takt * (position - place)
        if self._begun is not None:
            done = self.takt * (position - self._begun.position)
            expected = max(expected, self.timeline.worked(self._begun.at) + done)
        elif planned is not None:
            expected = max(expected, planned)
        if planned is not None and abs(expected - planned) <= self._rules.drift.total_seconds():
            return planned
        return expected

    def starts(self, places: Places, following: int | None = None) -> list[float]:
        """Return the start of each place, one takt apart; no unit begins before the lead of its order has passed.

        `following`: the place behind these, if it is known.
        """
        ahead = next((place for place, _ in places if place > self.front), following or self.front + 1)
        starts: list[float] = []
        before = ahead
        for position, unit in places:
            place = max(position, ahead)
            at = starts[-1] + self.takt * (place - before) if starts else self._base(ahead)
            starts.append(max(at, self._soonest(unit.ordered_at)))
            before = place
        return starts

    def _soonest(self, ordered_at: datetime) -> float:
        """Return when a unit ordered at this time may begin, at the earliest; remembered for the units of one order."""
        if ordered_at not in self._leads:
            self._leads[ordered_at] = self.timeline.worked(ordered_at + self._rules.lead)
        return self._leads[ordered_at]

    def start_at(self, position: int, fixed: Places) -> float:
        """Return when a place behind the fixed ones begins, in seconds of work."""
        if not fixed:
            return self._base(position)
        left_behind = fixed[-1][0] <= self.front
        places = 0 if left_behind else position - fixed[-1][0]
        return self.starts(fixed, position)[-1] + self.takt * places

    def shift_at(self, seconds: float) -> int:
        """Return the number of the shift that works after so many seconds of work."""
        return self.timeline.start_of(max(0.0, seconds))[1]

    def latest_place(self, unit: WaitingUnit, first_at: float) -> int:
        """Return the last place, counted from the first movable one, at which a unit keeps its promise."""
        if unit.first or unit.plan is None:
            return FIRST
        built_by = promise_of(unit.plan, unit) - timedelta(days=unit.added_days)
        return int((self.timeline.worked(built_by) - work_seconds(unit.model) - first_at) // self.takt)

    def plans(self, places: Places, levelled: Container[str]) -> dict[str, Plan]:
        """Make the plans of units in their places; a plan that does not change keeps its reason."""
        plans = {}
        for (position, unit), at in zip(places, self.starts(places), strict=True):
            plan = plan_of(self.timeline, position, at, unit, self._rules)
            if unit.plan is not None:
                plan = replace(plan, reason=self._reason(unit.plan, plan, unit.code in levelled))
            plans[unit.code] = plan
        return plans

    def _reason(self, before: Plan, after: Plan, levelled: bool) -> PlanReason | None:
        """Return why a plan changed; a small move at the same place has no reason of its own."""
        if before.added_days != after.added_days:
            return PlanReason.CHANGED
        moves = (after.starts_at - before.starts_at, after.finishes_at - before.finishes_at)
        small = all(abs(move) <= self._rules.drift for move in moves)
        if small and before.position == after.position:
            return before.reason
        if before.starts_at == after.starts_at and not self._stopped:
            return PlanReason.CHANGED
        by_place = timedelta(seconds=self.takt * abs(after.position - before.position))
        if self._stopped and after.finishes_at - before.finishes_at > by_place:
            return PlanReason.LINE_STOPPED
        return PlanReason.LEVELLED if levelled and by_place else PlanReason.LINE_DRIFTED


def plan_of(timeline: Timeline, position: int, at: float, unit: WaitingUnit, rules: PlanningRules) -> Plan:
    """Make the plan of a unit at a place that begins after so many seconds of work."""
    starts_at, days = to_millisecond(timeline.start_of(at)[0]), unit.added_days
    finishes_at = to_millisecond(timeline.end_of(at + work_seconds(unit.model)) + timedelta(days=days))
    promised_at = promise_of(unit.plan, unit) if unit.plan else finishes_at + rules.tolerance
    return Plan(position, starts_at, finishes_at, promised_at, added_days=days)


def promise_of(plan: Plan, unit: WaitingUnit) -> datetime:
    """Return the finish that the customer is promised; it moves by the days that their own change adds or removes."""
    return plan.promised_at + timedelta(days=unit.added_days - plan.added_days)
