"""The plan of one line: which unit is built at which place, and when; what may still move, and how it is ordered.

Places are numbered along the line, one takt apart. Up to one place the sequence is frozen: nothing moves there, and
the place of a cancelled unit stays empty. The last frozen place never goes back, even where times do. Behind it the
sequence is levelled anew whenever a unit is added, cancelled or changed. Times follow the line as it really runs: they
are counted from the last unit that the line has really begun.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.line.calendar import Calendar, Plan, Timeline
from app.domain.line.capacity import Load, PlacedUnit, classes_of
from app.domain.line.levelling import Job, level
from app.domain.line.pace import Pace, Places, PlanningRules, WaitingUnit, plan_of
from app.domain.line.state import LineState, Tail

MIX_BEFORE_MAX = 1_000
"""How many of the last frozen places the levelling of the places behind them takes into account."""


@dataclass(frozen=True)
class VacatedPlace:
    """The place of a unit that was cancelled before it began, until the planner closes the gap."""

    code: str
    plan: Plan


@dataclass(frozen=True)
class PlanOutcome:
    """What planning changed: new plans by unit.

    `levelled`: the load class of each unit that was put in order now; CLOSED for the codes of units whose gap was
    closed. `frozen`: the last place that is frozen from now on.
    """

    plans: Mapping[str, Plan]
    levelled: Mapping[str, str]
    tail: Tail
    frozen: int = 0


CLOSED = "closed"
End = tuple[int, datetime]
"""The last place of a sequence and its planned start."""


def reserve(
    calendar: Calendar, state: LineState, units: Sequence[WaitingUnit], now: datetime, rules: PlanningRules
) -> PlanOutcome:
    """Give new units the next places behind the last one that are free and that the line's capacities allow."""
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
        limited, fits = _limited(load, unit), False
        while not fits:
            position, seconds = position + 1, seconds + takt
            shift = timeline.start_of(seconds)[1]
            fits = position not in tail.taken and load.bears(limited, position, shift)
        load.build(limited, position, shift)
        plans[unit.code] = plan_of(timeline, position, seconds, unit, rules)
    planned = [(plan.position, plan.starts_at, _limited(load, unit)) for unit in units for plan in [plans[unit.code]]]
    last = planned[-1][:2]
    counting = [*tail.limited, *planned]
    return PlanOutcome(plans, {}, _tail(load, timeline, counting, last, tail.taken), state.frozen)


def _limited(load: Load, unit: WaitingUnit) -> frozenset[str]:
    return load.limited(unit.classes)


def _tail(
    load: Load,
    timeline: Timeline,
    known: Iterable[tuple[int, datetime, Iterable[str]]],
    last: End,
    taken: Iterable[int] = (),
) -> Tail:
    """Describe the end of a sequence: its last place, and what counts for the capacities of the next one."""
    position, starts_at = last
    shift = timeline.shift_at(starts_at)
    counting = [
        (place, at, tuple(sorted(options)))
        for place, at, options in sorted(known, key=lambda entry: entry[0])
        if options and (place > position - load.width or (load.by_shift and timeline.shift_at(at) == shift))
    ]
    return Tail(position, starts_at, tuple(counting), tuple(sorted(place for place in taken if place > position)))


def replan(
    calendar: Calendar,
    state: LineState,
    units: Sequence[WaitingUnit],
    vacated: Sequence[VacatedPlace],
    begun: Sequence[PlacedUnit],
    now: datetime,
    rules: PlanningRules,
) -> PlanOutcome:
    """Plan all units that wait for a line. The same input gives the same plan; plans that are right do not change.

    `begun`: the units that have begun, of the latest places. Units without a place wait for `reserve`, but those that
    go `first` get one here. While any wait for `reserve`, the tail stays where it is and no free place before it is
    given away, because `reserve` counts on them.
    """
    waiting = [unit for unit in units if unit.plan or unit.first]
    placed = _in_places(waiting)
    pace = Pace(calendar, waiting, begun, now, rules)
    frozen = _frozen_to(calendar, pace, state, placed, vacated, begun, now + rules.frozen)
    fixed = [(position, unit) for position, unit in placed if position <= frozen]
    behind = placed[len(fixed) :]
    movable = [unit for _, unit in behind] + [unit for unit in waiting if unit.plan is None]
    gaps = [gone.code for gone in vacated if gone.plan.position > frozen]
    levelled: dict[str, str] = {}
    changed = gaps or any(unit.levelled != unit.load_class for unit in movable)
    if changed or not _bears(calendar, pace, begun, fixed, behind):
        first = frozen + 1 if frozen else min((place for place, _ in behind), default=state.tail.position + 1)
        held = set(range(first, state.tail.position + 1) if len(waiting) < len(units) else ())
        held -= {unit.plan.position for unit in waiting if unit.plan} | {gone.plan.position for gone in vacated}
        behind = _levelled(calendar, pace, begun, fixed, movable, first, held)
        levelled = {unit.code: unit.load_class for unit in movable} | dict.fromkeys(gaps, CLOSED)
    places = fixed + behind
    plans = pace.plans(places, levelled)
    tail = state.tail
    if places and (len(waiting) == len(units) or places[-1][0] >= tail.position):
        tail = _end(calendar, pace, begun, [(plans[unit.code], unit) for _, unit in places], frozen)
    elif not units:
        tail = _emptied(calendar, pace, begun, vacated, frozen) or tail
    different = {unit.code: plans[unit.code] for unit in waiting if plans[unit.code] != unit.plan}
    return PlanOutcome(different, levelled, tail, frozen)


def _in_places(units: Iterable[WaitingUnit]) -> Places:
    """Put units in the order of their places; where two claim one, the later order goes on to the next."""
    places: Places = []
    above = 0
    for unit in sorted(
        (unit for unit in units if unit.plan), key=lambda u: (u.plan.position if u.plan else 0, u.ordered_at, u.code)
    ):
        assert unit.plan is not None
        above = max(unit.plan.position, above + 1)
        places.append((above, unit))
    return places


def _frozen_to(
    calendar: Calendar,
    pace: Pace,
    state: LineState,
    placed: Places,
    vacated: Sequence[VacatedPlace],
    begun: Sequence[PlacedUnit],
    horizon: datetime,
) -> int:
    """Return the last frozen place: the last one that is planned to begin by the horizon; it never goes back.

    It stops before a unit that exceeds a capacity since it was changed: that unit is put in order first.
    """
    frozen = max(state.frozen, pace.front)
    ends = [(position, unit.plan.starts_at) for position, unit in placed if unit.plan]
    ends += [(gone.plan.position, gone.plan.starts_at) for gone in vacated]
    reached = max((position for position, starts_at in ends if starts_at <= horizon), default=0)
    load = _load(calendar, pace, begun, [(position, unit) for position, unit in placed if position <= frozen])
    for position, unit in placed:
        if frozen < position <= reached:
            limited = _limited(load, unit)
            if limited and unit.plan:
                shift = pace.timeline.shift_at(unit.plan.starts_at)
                if not load.bears(limited, position, shift):
                    return max(frozen, position - 1)
                load.build(limited, position, shift)
    return max(frozen, reached)


def _load(calendar: Calendar, pace: Pace, begun: Sequence[PlacedUnit], fixed: Places) -> Load:
    """Count what is built and what is to be built at places that do not move."""
    load = Load(calendar.line.capacities)
    for unit in begun:
        if limited := unit.limited(load):
            load.build(limited, unit.position, pace.timeline.shift_at(unit.at))
    for (position, waits), at in zip(fixed, pace.starts(fixed), strict=True):
        if limited := _limited(load, waits):
            load.build(limited, position, pace.shift_at(at))
    return load


def _bears(calendar: Calendar, pace: Pace, begun: Sequence[PlacedUnit], fixed: Places, behind: Places) -> bool:
    """Tell whether the line can bear the movable units where they are."""
    load, starts = _load(calendar, pace, begun, fixed), pace.starts(fixed + behind)[len(fixed) :]
    for (position, unit), at in zip(behind, starts, strict=True):
        if limited := _limited(load, unit):
            shift = pace.shift_at(at)
            if not load.bears(limited, position, shift):
                return False
            load.build(limited, position, shift)
    return True


def _levelled(
    calendar: Calendar,
    pace: Pace,
    begun: Sequence[PlacedUnit],
    fixed: Places,
    movable: Sequence[WaitingUnit],
    first: int,
    held: Iterable[int],
) -> Places:
    """Level the movable units over the free places from `first` on, leaving out those that are held for others."""
    at, takt = pace.start_at(first, fixed), pace.takt
    before = {unit.position - first: Job("", classes_of(unit.model, unit.selections)) for unit in begun}
    shifts = {unit.position - first: pace.timeline.shift_at(unit.at) for unit in begun}
    for (position, unit), start in zip(fixed, pace.starts(fixed, first), strict=True):
        before[position - first] = Job(unit.code, unit.classes)
        shifts[position - first] = pace.shift_at(start)
    before = {place: before[place] for place in sorted(before)[-MIX_BEFORE_MAX:]}
    before |= {place - first: Job("", ()) for place in held if place - first not in before}
    by_code = {unit.code: unit for unit in movable}
    order = level(
        [
            Job(unit.code, unit.classes, pace.latest_place(unit, at))
            for unit in sorted(movable, key=lambda unit: (not unit.first, unit.ordered_at, unit.code))
        ],
        before,
        calendar.line.capacities,
        lambda place: shifts[place] if place in shifts else pace.shift_at(at + place * takt),
    )
    return [(first + place, by_code[job.code]) for place, job in enumerate(order) if job is not None]


def _end(
    calendar: Calendar,
    pace: Pace,
    begun: Sequence[PlacedUnit],
    planned: Sequence[tuple[Plan, WaitingUnit]],
    frozen: int,
) -> Tail:
    """Describe the end of the planned sequence. No place of the frozen part is given away again."""
    load, last = Load(calendar.line.capacities), planned[-1][0]
    counting = [(unit.position, unit.at, unit.limited(load)) for unit in begun]
    counting += [(plan.position, plan.starts_at, _limited(load, unit)) for plan, unit in planned]
    end = (last.position, last.starts_at)
    if frozen > last.position:
        seconds = pace.timeline.worked(last.starts_at) + pace.takt * (frozen - last.position)
        end = (frozen, pace.timeline.start_of(seconds)[0])
    return _tail(load, pace.timeline, counting, end, [unit.position for unit in begun])


def _emptied(
    calendar: Calendar, pace: Pace, begun: Sequence[PlacedUnit], vacated: Sequence[VacatedPlace], frozen: int
) -> Tail | None:
    """Describe the end of a line for which no unit waits: its last place that was built or that stays empty."""
    ends = {unit.position: unit.at for unit in begun if unit.position <= frozen}
    ends |= {gone.plan.position: gone.plan.starts_at for gone in vacated if gone.plan.position <= frozen}
    if not ends:
        return None
    position, starts_at = max(ends.items())
    load = Load(calendar.line.capacities)
    counting = [(unit.position, unit.at, unit.limited(load)) for unit in begun]
    end = (max(position, frozen), starts_at)
    return _tail(load, pace.timeline, counting, end, [unit.position for unit in begun])
