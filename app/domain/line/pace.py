"""How far a line has come, and when its places begin: counted on from the unit up to which it has really built."""

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
from app.domain.line.capacity import Standing, classes_of
from app.domain.shared.clock import to_millisecond

LOOK_BACK = timedelta(days=14)
"""How far back a line's last sign of life is believed to say something of its pace."""

FIRST = -(10**9)
"""The place that goes before those of units that are late already."""


@dataclass(frozen=True)
class PlanningRules:
    """`lead`: from the order to the first operation, at least. `frozen`: the horizon in which nothing moves.

    `tolerance`: by how much a unit may finish later than first planned, and its customer is told so. `drift`: how far
    the line may be from its plan before times are counted anew.
    """

    lead: timedelta
    frozen: timedelta
    tolerance: timedelta
    drift: timedelta


@dataclass(frozen=True)
class Waiting:
    """A unit whose production has not begun. `levelled`: with which mix it was last put in order, if it was."""

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
        """The days of special options: spent off the line, so that they hold up nobody behind."""
        return added_days(self.model, self.selections)

    @cached_property
    def load_class(self) -> str:
        return hashlib.sha256("|".join(self.classes).encode()).hexdigest()[:12]


Places = list[tuple[int, Waiting]]


def front_of(begun: Sequence[Standing], waiting: Sequence[int]) -> Standing | None:
    """Choose the begun unit up to which the line has come; None where it stands before all of them.

    The one with the fewest units on its wrong side: those that wait at places before it, and those that began beyond
    it. So neither a report of a start far ahead nor a unit that was left behind says how far the line is.
    """
    begun, waiting = sorted(begun, key=lambda unit: unit.position), sorted(waiting)
    wrong = [bisect_left(waiting, unit.position) + len(begun) - 1 - index for index, unit in enumerate(begun)]
    fewest = min(wrong, default=0)
    if not begun or fewest > len(begun):
        return None
    return next(unit for unit, count in zip(reversed(begun), reversed(wrong), strict=True) if count == fewest)


def refitted(calendar: Calendar, plan: Plan, unit: Waiting) -> Plan:
    """Give a unit that waits the finish and the promise of other choices at the same place: as the planner will."""
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

    What waits at or before the front was left behind: it is built as soon as the line can, and holds up nobody.
    """

    def __init__(
        self,
        calendar: Calendar,
        waiting: Sequence[Waiting],
        begun: Sequence[Standing],
        now: datetime,
        rules: PlanningRules,
    ) -> None:
        plans = [unit.plan for unit in waiting if unit.plan]
        self.takt = calendar.line.takt_seconds
        self._rules, self._begun = rules, front_of(begun, [plan.position for plan in plans])
        self.front = self._begun.position if self._begun else 0
        self._stopped = any(stop.ends_at > now for stop in calendar.stops)
        ahead = [plan for plan in plans if plan.position > self.front] or plans
        self._reference = min(ahead, key=lambda plan: plan.starts_at, default=None)
        moments = [now, *(plan.starts_at for plan in plans), *(unit.at for unit in begun)]
        self.timeline = Timeline(calendar, max(min(moments), now - LOOK_BACK))
        self._now = self.timeline.worked(now)
        self._leads: dict[datetime, float] = {}

    def _base(self, position: int) -> float:
        """Return when the first place that waits begins: as planned, or as the line really runs if that is far off."""
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
        """Count on from place to place, one takt each; nothing begins before its order has had its lead.

        `following`: the place behind these, where it is known.
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
        """Return when what was ordered then may begin; units of one order were ordered at once."""
        if ordered_at not in self._leads:
            self._leads[ordered_at] = self.timeline.worked(ordered_at + self._rules.lead)
        return self._leads[ordered_at]

    def start_at(self, position: int, fixed: Places) -> float:
        """Return when a place behind the fixed ones begins."""
        if not fixed:
            return self._base(position)
        left_behind = fixed[-1][0] <= self.front
        places = 0 if left_behind else position - fixed[-1][0]
        return self.starts(fixed, position)[-1] + self.takt * places

    def shift_at(self, seconds: float) -> int:
        """Return the number of the shift that works after so many seconds of work."""
        return self.timeline.start_of(max(0.0, seconds))[1]

    def latest_place(self, unit: Waiting, first_at: float) -> int:
        """Return the last place, counted from the first movable one, at which a unit keeps its promise."""
        if unit.first or unit.plan is None:
            return FIRST
        built_by = promise_of(unit.plan, unit) - timedelta(days=unit.added_days)
        return int((self.timeline.worked(built_by) - work_seconds(unit.model) - first_at) // self.takt)

    def plans(self, places: Places, levelled: Container[str]) -> dict[str, Plan]:
        """Make the plans of units in their places; one that stays as it is keeps its reason."""
        plans = {}
        for (position, unit), at in zip(places, self.starts(places), strict=True):
            plan = plan_of(self.timeline, position, at, unit, self._rules)
            if unit.plan is not None:
                plan = replace(plan, reason=self._reason(unit.plan, plan, unit.code in levelled))
            plans[unit.code] = plan
        return plans

    def _reason(self, before: Plan, after: Plan, levelled: bool) -> PlanReason | None:
        """Say why a plan is another one; a small move at the same place has no reason of its own."""
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


def plan_of(timeline: Timeline, position: int, at: float, unit: Waiting, rules: PlanningRules) -> Plan:
    """Make the plan of a unit at a place that begins after so many seconds of work."""
    starts_at, days = to_millisecond(timeline.start_of(at)[0]), unit.added_days
    finishes_at = to_millisecond(timeline.end_of(at + work_seconds(unit.model)) + timedelta(days=days))
    promised_at = promise_of(unit.plan, unit) if unit.plan else finishes_at + rules.tolerance
    return Plan(position, starts_at, finishes_at, promised_at, added_days=days)


def promise_of(plan: Plan, unit: Waiting) -> datetime:
    """Return the finish that a customer is promised: it moves by the days that their own change adds or takes away."""
    return plan.promised_at + timedelta(days=unit.added_days - plan.added_days)
