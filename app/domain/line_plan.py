"""The plan of one line: which unit is built at which place, and when; what may still move, and how it is ordered.

Places are numbered along the line and one takt apart. The sequence is frozen up to a horizon: nothing moves there, a
cancelled place stays empty. Behind it, it is levelled anew whenever a unit has come, gone or changed. Times follow the
line as it really runs: they are counted on from the unit that began last.
"""

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.catalogue import Model
from app.domain.clock import to_millisecond
from app.domain.configuration import Selections
from app.domain.levelling import Job, Load, classes_of, level
from app.domain.planning import Calendar, Plan, PlanReason, Stop, Timeline, work_seconds
from app.domain.pricing import added_days
from app.domain.refusal import InvalidInput

MIX_BEFORE_MAX = 1_000
"""How many frozen places count for the mix of those behind them."""
LOOK_BACK = timedelta(days=14)
"""How far back a line's last sign of life is believed to say something of its pace."""


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


class PlanChangeKind(StrEnum):
    """What changed a line's plan."""

    RESERVED = "RESERVED"
    REPLANNED = "REPLANNED"
    STOPPED = "STOPPED"
    RESUMED = "RESUMED"


@dataclass(frozen=True)
class Tail:
    """The last place given and its planned start; and of the places before, those whose options are limited.

    `limited`: (place, start, options) of what counts for the capacities of the next place.
    """

    position: int = 0
    starts_at: datetime | None = None
    limited: tuple[tuple[int, datetime, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class LineState:
    """What a line's plan stands on: its tail and the stops that are known.

    `version` counts the changes: a new one is made by whoever is first to write the next.
    """

    version: int = 0
    tail: Tail = Tail()
    stops: tuple[Stop, ...] = ()


@dataclass(frozen=True)
class PlanChange:
    """One entry of a line's own journal, numbered 1, 2, 3 … without holes: told once the units have their places.

    `moved`: how many units got another place or time by the plan's `version`; the units themselves say which.
    """

    line: str
    sequence: int
    kind: PlanChangeKind
    occurred_at: datetime
    version: int
    moved: int = 0
    stop: Stop | None = None


STOPS_MAX, STOP_DAYS_MAX, STOP_REASON_LENGTH_MAX = 20, 90, 200


def stopped(state: LineState, stop: Stop, now: datetime) -> LineState:
    """Take a span out of a line's working time; raises InvalidInput where it is none that can be."""
    if len(stop.reason) > STOP_REASON_LENGTH_MAX or not stop.reason.strip():
        raise InvalidInput(f"A reason has 1 to {STOP_REASON_LENGTH_MAX} characters.", ("reason",))
    if stop.ends_at <= max(now, stop.begins_at):
        raise InvalidInput("A stop ends after it begins, and in the future.", ("until",))
    if stop.ends_at > now + timedelta(days=STOP_DAYS_MAX):
        raise InvalidInput(f"A stop ends within {STOP_DAYS_MAX} days.", ("until",))
    known = [other for other in state.stops if other.ends_at > now]
    if len(known) >= STOPS_MAX:
        raise InvalidInput(f"At most {STOPS_MAX} stops of a line are known at a time.", ("lineId",))
    return replace(state, stops=(*known, stop))


def resumed(state: LineState, now: datetime) -> LineState | None:
    """End the stops that last just now; None where the line runs."""
    left = tuple(stop for stop in state.stops if stop.begins_at > now)
    runs = not any(stop.begins_at <= now < stop.ends_at for stop in state.stops)
    return None if runs else replace(state, stops=left)


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

    @property
    def mix(self) -> str:
        return hashlib.sha256("|".join(classes_of(self.model, self.selections)).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Vacated:
    """The place of a unit that was cancelled before it began, while nobody has closed the gap."""

    code: str
    plan: Plan


@dataclass(frozen=True)
class Begun:
    """The unit that began last, by its place."""

    position: int
    at: datetime


@dataclass(frozen=True)
class Replanned:
    """The plans that changed. `levelled`: the units put in order now, with their mix, and the gaps that were closed."""

    plans: Mapping[str, Plan]
    levelled: Mapping[str, str]
    tail: Tail


CLOSED = "closed"
Places = list[tuple[int, Waiting]]


def reserve(
    calendar: Calendar, state: LineState, units: Sequence[Waiting], now: datetime, rules: PlanningRules
) -> Replanned:
    """Give new units the next places behind the last one that the line's capacities allow."""
    takt, tail, load = calendar.line.takt_seconds, state.tail, Load(calendar.line.capacities)
    start = now + rules.lead
    if tail.starts_at is not None:
        start = max(start, calendar.after_work(tail.starts_at, takt))
    timeline = Timeline(calendar, min([start, *(at for _, at, _ in tail.limited)]))
    for place, at, options in tail.limited:
        load.build(options, place, timeline.shift_at(at))
    position, seconds = tail.position, timeline.worked(start) - takt
    plans: dict[str, Plan] = {}
    for unit in units:
        limited, fits = load.limited(classes_of(unit.model, unit.selections)), False
        while not fits:
            position, seconds = position + 1, seconds + takt
            shift = timeline.start_of(seconds)[1]
            fits = load.bears(limited, position, shift)
        load.build(limited, position, shift)
        plans[unit.code] = _plan(timeline, position, seconds, unit, rules)
    return Replanned(plans, {}, _tail(calendar, timeline, tail, [(plans[unit.code], unit) for unit in units]))


def _tail(calendar: Calendar, timeline: Timeline, before: Tail, planned: Sequence[tuple[Plan, Waiting]]) -> Tail:
    """Describe the end of a sequence: its last place, and what counts for the capacities of the next one."""
    last, load = planned[-1][0], Load(calendar.line.capacities)
    known = [entry for entry in before.limited if entry[0] < planned[0][0].position]
    known += [
        (plan.position, plan.starts_at, options)
        for plan, unit in planned
        if (options := tuple(sorted(load.limited(classes_of(unit.model, unit.selections)))))
    ]
    shift = timeline.shift_at(last.starts_at)
    counting = [
        entry
        for entry in known
        if entry[0] > last.position - load.width or (load.by_shift and timeline.shift_at(entry[1]) == shift)
    ]
    return Tail(last.position, last.starts_at, tuple(counting))


def replan(
    calendar: Calendar,
    state: LineState,
    units: Sequence[Waiting],
    vacated: Sequence[Vacated],
    begun: Begun | None,
    now: datetime,
    rules: PlanningRules,
) -> Replanned:
    """Plan all units that wait for a line. The same input gives the same plan, and what is right stays as it is.

    Units that have no place yet are left to who reserves it, but for those that go `first`; while there are any, the
    tail stays where it is, for they are about to use a place before it.
    """
    horizon = now + rules.frozen
    waiting = [unit for unit in units if unit.plan or unit.first]
    movable = [unit for unit in waiting if not _frozen(unit.plan, horizon)]
    fixed = _in_places(unit for unit in waiting if _frozen(unit.plan, horizon))
    taken = {v.plan.position: v.plan.starts_at for v in vacated if _frozen(v.plan, horizon)}
    taken |= {begun.position: begun.at} if begun else {}
    clock = _Clock(calendar, waiting, begun, now, rules)
    gaps = [v.code for v in vacated if not _frozen(v.plan, horizon)]
    levelled: dict[str, str] = {}
    behind = _in_places(movable, above=fixed[-1][0] if fixed else 0)
    if gaps or any(unit.levelled != unit.mix for unit in movable):
        planned = [plan.position for plan in (*(u.plan for u in movable), *(v.plan for v in vacated)) if plan]
        last = max(
            [*taken, *(position for position, _ in fixed)], default=min(planned, default=state.tail.position + 1) - 1
        )
        behind = _levelled(clock, calendar, fixed, movable, last + 1)
        levelled = {unit.code: unit.mix for unit in movable} | dict.fromkeys(gaps, CLOSED)
    places = fixed + behind
    plans = clock.plans(places, levelled)
    tail = state.tail
    if places and (len(waiting) == len(units) or places[-1][0] >= tail.position):
        tail = _tail(calendar, clock.timeline, tail, [(plans[unit.code], unit) for _, unit in places])
    elif taken and not units:
        tail = Tail(*max(taken.items()))
    changed = {unit.code: plans[unit.code] for unit in waiting if plans[unit.code] != unit.plan}
    return Replanned(changed, levelled, tail)


def _frozen(plan: Plan | None, horizon: datetime) -> bool:
    return plan is not None and plan.starts_at <= horizon


def _in_places(units: Iterable[Waiting], above: int = 0) -> Places:
    """Put units in the order of their places; where two claim one, the later order goes on to the next."""
    places: Places = []
    for unit in sorted(
        (unit for unit in units if unit.plan), key=lambda u: (u.plan.position if u.plan else 0, u.ordered_at, u.code)
    ):
        assert unit.plan is not None
        above = max(unit.plan.position, above + 1)
        places.append((above, unit))
    return places


def _levelled(clock: "_Clock", calendar: Calendar, fixed: Places, movable: Sequence[Waiting], first: int) -> Places:
    """Level the movable units over the places from `first` on."""
    at = clock.start_at(first, fixed)
    takt = clock.takt

    def job(unit: Waiting) -> Job:
        return Job(unit.code, classes_of(unit.model, unit.selections), clock.latest_place(unit, at))

    by_code = {unit.code: unit for unit in movable}
    order = level(
        [job(unit) for unit in sorted(movable, key=lambda unit: (not unit.first, unit.ordered_at, unit.code))],
        {position - first: job(unit) for position, unit in fixed[-MIX_BEFORE_MAX:]},
        calendar.line.capacities,
        lambda place: clock.timeline.start_of(max(0.0, at + place * takt))[1],
    )
    return [(first + place, by_code[job.code]) for place, job in enumerate(order) if job is not None]


class _Clock:
    """When places begin, in seconds of work on one timeline."""

    def __init__(
        self,
        calendar: Calendar,
        waiting: Sequence[Waiting],
        begun: Begun | None,
        now: datetime,
        rules: PlanningRules,
    ) -> None:
        self.takt = calendar.line.takt_seconds
        self._rules, self._begun = rules, begun
        self._stopped = any(stop.ends_at > now for stop in calendar.stops)
        self._reference = min((unit.plan.starts_at for unit in waiting if unit.plan), default=None)
        moments = [now, self._reference or now, begun.at if begun else now]
        self.timeline = Timeline(calendar, max(min(moments), now - LOOK_BACK))
        self._now = self.timeline.worked(now)

    def _base(self, position: int) -> float:
        """Return when the first place that waits begins: as planned, or as the line really runs if that is far off."""
        worked = self.timeline.worked
        planned = None if self._reference is None else worked(self._reference)
        expected = self._now
        if self._begun is not None:
            expected = max(expected, worked(self._begun.at) + self.takt * (position - self._begun.position))
        elif planned is not None:
            expected = max(expected, planned)
        if planned is not None and abs(expected - planned) <= self._rules.drift.total_seconds():
            return planned
        return expected

    def starts(self, places: Places) -> list[float]:
        """Count on from place to place, one takt each; nothing begins before its order has had its lead."""
        starts: list[float] = []
        before = 0
        for position, unit in places:
            at = starts[-1] + self.takt * (position - before) if starts else self._base(position)
            starts.append(max(at, self.timeline.worked(unit.ordered_at + self._rules.lead)))
            before = position
        return starts

    def start_at(self, position: int, fixed: Places) -> float:
        """Return when a place behind the fixed ones begins."""
        if not fixed:
            return self._base(position)
        return self.starts(fixed)[-1] + self.takt * (position - fixed[-1][0])

    def latest_place(self, unit: Waiting, first_at: float) -> int:
        """Return the last place, counted from the first movable one, at which a unit keeps its promise."""
        if unit.first or unit.plan is None:
            return -1
        built_by = (unit.plan.promised_at or unit.plan.finishes_at) - _days(unit)
        return int((self.timeline.worked(built_by) - work_seconds(unit.model) - first_at) // self.takt)

    def plans(self, places: Places, levelled: Container[str]) -> dict[str, Plan]:
        """Make the plans of units in their places; one that stays as it is keeps its reason."""
        plans = {}
        for (position, unit), at in zip(places, self.starts(places), strict=True):
            plan = _plan(self.timeline, position, at, unit, self._rules)
            if unit.plan is not None:
                plan = replace(plan, reason=self._reason(unit.plan, plan, unit.code in levelled))
            plans[unit.code] = plan
        return plans

    def _reason(self, before: Plan, after: Plan, levelled: bool) -> PlanReason | None:
        if (before.position, before.starts_at, before.finishes_at) == (
            after.position,
            after.starts_at,
            after.finishes_at,
        ):
            return before.reason
        if before.starts_at == after.starts_at and not self._stopped:
            return PlanReason.CHANGED
        by_place = timedelta(seconds=self.takt * abs(after.position - before.position))
        if self._stopped and after.finishes_at - before.finishes_at > by_place:
            return PlanReason.LINE_STOPPED
        return PlanReason.LEVELLED if levelled and by_place else PlanReason.LINE_DRIFTED


def _plan(timeline: Timeline, position: int, at: float, unit: Waiting, rules: PlanningRules) -> Plan:
    starts_at, _ = timeline.start_of(at)
    finishes_at = to_millisecond(timeline.end_of(at + work_seconds(unit.model)) + _days(unit))
    promised_at = unit.plan.promised_at if unit.plan else finishes_at + rules.tolerance
    return Plan(position, to_millisecond(starts_at), finishes_at, promised_at)


def _days(unit: Waiting) -> timedelta:
    """Return the days that special options add: spent off the line, so that they hold up nobody behind."""
    return timedelta(days=added_days(unit.model, unit.selections))
