"""The plan of one line: which unit is built at which place, and when; what may still move, and how it is ordered.

Places are numbered along the line and one takt apart. The sequence is frozen up to a place that never goes back, even
if times do: nothing moves there, a cancelled place stays empty. Behind it, it is levelled anew whenever a unit has
come, gone or changed. Times follow the line as it really runs: they are counted on from the unit up to which it has
built.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.line.calendar import Calendar, Plan, Stop, Timeline
from app.domain.line.capacity import Load, Standing, classes_of
from app.domain.line.levelling import Job, level
from app.domain.line.pace import Pace, Places, PlanningRules, Waiting, plan_of
from app.domain.shared.refusal import InvalidInput

MIX_BEFORE_MAX = 1_000
"""How many frozen places count for the mix of those behind them."""


class PlanChangeKind(StrEnum):
    """What changed a line's plan."""

    RESERVED = "RESERVED"
    REPLANNED = "REPLANNED"
    STOPPED = "STOPPED"
    RESUMED = "RESUMED"


@dataclass(frozen=True)
class Tail:
    """The last place given and its planned start; and of the places before, those whose options are limited.

    `limited`: (place, start, options) of what counts for the capacities of the next place. `taken`: places behind it
    whose units began before their turn.
    """

    position: int = 0
    starts_at: datetime | None = None
    limited: tuple[tuple[int, datetime, tuple[str, ...]], ...] = ()
    taken: tuple[int, ...] = ()


@dataclass(frozen=True)
class LineState:
    """What a line's plan stands on: its tail, the stops that are known, and the last place that is frozen.

    `version` counts the changes: a new one is made by whoever is first to write the next. `frozen` never goes down.
    `changes` counts the units that got an option of which the line bears only so many.
    """

    version: int = 0
    tail: Tail = Tail()
    stops: tuple[Stop, ...] = ()
    frozen: int = 0
    changes: int = 0


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
STOP_PAST_MAX = timedelta(days=1)


def stopped(state: LineState, stop: Stop, now: datetime) -> LineState:
    """Take a span out of a line's working time; raises InvalidInput where it is none that can be."""
    if len(stop.reason) > STOP_REASON_LENGTH_MAX or not stop.reason.strip():
        raise InvalidInput(f"A reason has 1 to {STOP_REASON_LENGTH_MAX} characters.", ("reason",))
    if stop.begins_at < now - STOP_PAST_MAX:
        raise InvalidInput("A stop began within the last 24 hours, or is still to begin.", ("beginsAt",))
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
class Vacated:
    """The place of a unit that was cancelled before it began, while nobody has closed the gap."""

    code: str
    plan: Plan


@dataclass(frozen=True)
class Replanned:
    """The plans that changed. `levelled`: the units put in order now, with their mix, and the gaps that were closed.

    `frozen`: the last place of which the plan may make no other use any more.
    """

    plans: Mapping[str, Plan]
    levelled: Mapping[str, str]
    tail: Tail
    frozen: int = 0


CLOSED = "closed"
End = tuple[int, datetime]
"""A place and its planned start."""


def reserve(
    calendar: Calendar, state: LineState, units: Sequence[Waiting], now: datetime, rules: PlanningRules
) -> Replanned:
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
    return Replanned(plans, {}, _tail(load, timeline, counting, last, tail.taken), state.frozen)


def _limited(load: Load, unit: Waiting) -> frozenset[str]:
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
    units: Sequence[Waiting],
    vacated: Sequence[Vacated],
    begun: Sequence[Standing],
    now: datetime,
    rules: PlanningRules,
) -> Replanned:
    """Plan all units that wait for a line. The same input gives the same plan, and what is right stays as it is.

    `begun`: the latest places whose units have begun. Units that have no place yet are left to who reserves it, but for
    those that go `first`; while there are any, the tail stays where it is and no free place before it is given, for
    they are about to use one.
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
    return Replanned(different, levelled, tail, frozen)


def _in_places(units: Iterable[Waiting]) -> Places:
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
    vacated: Sequence[Vacated],
    begun: Sequence[Standing],
    horizon: datetime,
) -> int:
    """Move the end of the frozen part on: to what is planned to begin by the horizon, and never back.

    Not over a unit that exceeds a capacity since it was changed: it is put in order first.
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


def _load(calendar: Calendar, pace: Pace, begun: Sequence[Standing], fixed: Places) -> Load:
    """Count what is built and what is to be built at places that do not move."""
    load = Load(calendar.line.capacities)
    for unit in begun:
        if limited := unit.limited(load):
            load.build(limited, unit.position, pace.timeline.shift_at(unit.at))
    for (position, waits), at in zip(fixed, pace.starts(fixed), strict=True):
        if limited := _limited(load, waits):
            load.build(limited, position, pace.shift_at(at))
    return load


def _bears(calendar: Calendar, pace: Pace, begun: Sequence[Standing], fixed: Places, behind: Places) -> bool:
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
    begun: Sequence[Standing],
    fixed: Places,
    movable: Sequence[Waiting],
    first: int,
    held: Iterable[int],
) -> Places:
    """Level the movable units over the free places from `first` on, but for those that are held for others."""
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
    calendar: Calendar, pace: Pace, begun: Sequence[Standing], planned: Sequence[tuple[Plan, Waiting]], frozen: int
) -> Tail:
    """Describe the end of all that is planned; no place of the frozen part is given again."""
    load, last = Load(calendar.line.capacities), planned[-1][0]
    counting = [(unit.position, unit.at, unit.limited(load)) for unit in begun]
    counting += [(plan.position, plan.starts_at, _limited(load, unit)) for plan, unit in planned]
    end = (last.position, last.starts_at)
    if frozen > last.position:
        seconds = pace.timeline.worked(last.starts_at) + pace.takt * (frozen - last.position)
        end = (frozen, pace.timeline.start_of(seconds)[0])
    return _tail(load, pace.timeline, counting, end, [unit.position for unit in begun])


def _emptied(
    calendar: Calendar, pace: Pace, begun: Sequence[Standing], vacated: Sequence[Vacated], frozen: int
) -> Tail | None:
    """Describe the end of a line for which nothing waits: its last place that is built or stays empty for good."""
    ends = {unit.position: unit.at for unit in begun if unit.position <= frozen}
    ends |= {gone.plan.position: gone.plan.starts_at for gone in vacated if gone.plan.position <= frozen}
    if not ends:
        return None
    position, starts_at = max(ends.items())
    load = Load(calendar.line.capacities)
    counting = [(unit.position, unit.at, unit.limited(load)) for unit in begun]
    end = (max(position, frozen), starts_at)
    return _tail(load, pace.timeline, counting, end, [unit.position for unit in begun])
