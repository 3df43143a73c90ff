"""Keeps each line's plan right: compared every few seconds with what happens, by one process at a time for each line.

Nothing has to tell it of orders, cancellations, changes, stops or delays: it looks at the units as they are. What a
crash leaves half done looks wrong at the next look, and is done again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from app.actions.background.sweep import HOLDER
from app.actions.journal import NothingToAppend
from app.actions.schedule import announce_places, append_plan_change, change_line, placed_unit, planning_rules
from app.actions.unit import append_step, conclude_and_project
from app.deps import Deps
from app.domain.line.calendar import Plan, PlanReason
from app.domain.line.capacity import window_width
from app.domain.line.pace import WaitingUnit
from app.domain.line.plan import PlanOutcome, replan
from app.domain.line.state import LineState, PlanChangeKind
from app.domain.order.order import Product
from app.domain.unit.eta import finish_of
from app.domain.unit.event import Event
from app.domain.unit.kinds.planning import Planned, PlanningKind
from app.domain.unit.stage import BEFORE_PRODUCTION
from app.domain.unit.state import State
from app.domain.unit.status import product_status
from app.store.place import WORKING, PlannedUnit
from app.store.retry import apart, run_forever

WORKING_EVERY = 12
"""At each how manieth look units on the line are looked at, too: their delays are counted in hours."""
BEGUN_MIN = 100
"""How many units that began last say how far a line has come."""
IDLE_MAX = timedelta(minutes=1)
"""For how long, by the factory, a line on which nothing happens need not be looked at: times move on even so."""
SETTLED_AFTER = timedelta(seconds=10)
"""How long after a step was written the record of its unit may still follow."""
AGAIN_AFTER = timedelta(days=1)
UNANNOUNCED = "unannounced"
UNFINISHED = BEFORE_PRODUCTION | frozenset(WORKING)


@dataclass(frozen=True)
class LineLook:
    """What a process knows of a line that it has looked after.

    `steps` and `state`: how many steps there were in all, and the state on which the line's plan was made. `looked_at`
    is on the factory's clock; `changed_at`, when something was last different, on the wall.
    """

    steps: int
    state: LineState
    looked_at: datetime
    changed_at: datetime


async def plan_forever(deps: Deps) -> None:
    """Look after all lines again and again; a line that fails holds up no other."""
    looks = count()
    seen: dict[str, LineLook] = {}

    async def look_at_all() -> None:
        also_working = next(looks) % WORKING_EVERY == 0
        for line in deps.catalogue.line:
            await apart("a line could not be planned", look_at(deps, line, seen, also_working), line=line)

    await run_forever("the planner", deps.settings.planning_seconds, look_at_all)


async def look_at(deps: Deps, line: str, seen: dict[str, LineLook], also_working: bool) -> None:
    """Make one line's plan right, unless nothing can have changed since this process did so last.

    What it knows it knows for itself: whoever takes over a line looks at it first. A step comes before the record of
    its unit, so a line is looked at for some seconds more after the last change anywhere.
    """
    steps, state = await deps.stores.steps.count_all(), await deps.stores.lines.get(line)
    deps.set_stops(line, state.stops)
    known, now, wall = seen.pop(line, None), deps.now(), deps.wall()
    same = known is not None and (known.steps, known.state) == (steps, state)
    changed_at = known.changed_at if known and same else wall
    idle = wall - changed_at > SETTLED_AFTER and known is not None and now - known.looked_at < IDLE_MAX
    if known is not None and idle and not also_working:
        seen[line] = known
    elif await plan_line(deps, line, also_working) is not None:
        seen[line] = LineLook(steps, state, now, changed_at)


async def plan_line(deps: Deps, line: str, also_working: bool = True) -> int | None:
    """Make one line's plan right and return how many units were moved; None where another process is at it.

    Units move one after the other. Until all have moved and the plan change is in the line's journal, the lease
    names the version as unannounced; whoever takes the lease after a crash finds it there and announces it.
    """
    state = await deps.stores.lines.get(line)
    deps.set_stops(line, state.stops)
    seconds = 4 * deps.settings.planning_seconds + 30
    lease = await deps.stores.plant.take_lease(plan_lease(line), HOLDER, deps.wall(), seconds)
    if lease is None:
        return None
    placed = await deps.stores.places.waiting(line)
    moved = await _plan(deps, line, state, placed, lease.get(UNANNOUNCED))
    if also_working:
        for unit in await deps.stores.places.working(line):
            await _announce_delay(deps, unit)
    return moved


def plan_lease(line: str) -> str:
    """Name the lease of whoever plans a line."""
    return f"plan:{line}"


async def _announce_version(deps: Deps, line: str, version: int, moved: int) -> None:
    await append_plan_change(deps, line, PlanChangeKind.REPLANNED, version, moved)
    await deps.stores.plant.note_on_lease(plan_lease(line), HOLDER, {UNANNOUNCED: None})


async def _plan(
    deps: Deps, line: str, state: LineState, placed: Sequence[PlannedUnit], unannounced: int | None
) -> int | None:
    last_begun = await deps.stores.places.begun(line, BEGUN_MIN + window_width(deps.catalogue.line[line]))
    begun = [placed_unit(deps, unit) for unit in last_begun]
    vacated = await deps.stores.places.vacated(line, min((unit.position for unit in begun), default=0))

    def find() -> PlanOutcome:
        units = [_waiting(deps, unit) for unit in placed]
        return replan(deps.calendar(line), state, units, vacated, begun, deps.now(), planning_rules(deps))

    found = await asyncio.to_thread(find)
    anew = found.plans or found.tail != state.tail
    freezes = found.frozen != state.frozen and not anew
    if freezes and not await deps.stores.lines.freeze(line, state, found.frozen):
        return None
    if anew:
        await deps.stores.plant.note_on_lease(plan_lease(line), HOLDER, {UNANNOUNCED: state.version + 1})
        version = await _write(deps, line, state, found)
        if version is None:
            return None
        await deps.stores.places.place(found.plans, found.levelled, version)
        await _announce_version(deps, line, version, len(found.plans))
    else:
        await deps.stores.places.place({}, found.levelled, state.version)
        if unannounced is not None:
            await _announce_version(deps, line, unannounced, 0)
    await _announce(deps, {unit.code: (unit, found.plans.get(unit.code, unit.plan)) for unit in placed})
    return len(found.plans)


def _waiting(deps: Deps, unit: PlannedUnit) -> WaitingUnit:
    model = deps.model_of(unit)
    return WaitingUnit(
        unit.code, model, unit.selections, unit.ordered_at, unit.plan, bool(unit.replaces), unit.levelled
    )


async def _write(deps: Deps, line: str, known: LineState, found: PlanOutcome) -> int | None:
    """Make the plan that was found the line's; return its version, or None where it has to be made anew.

    Places that were reserved in the meantime lie behind all that is planned here, unless the plan grew.
    """

    def decide(state: LineState) -> LineState | None:
        now, reserved = deps.now(), state.version != known.version
        if (state.stops, state.frozen, state.changes) != (known.stops, known.frozen, known.changes):
            return None
        if reserved and found.tail.position > known.tail.position:
            return None
        stops = tuple(stop for stop in state.stops if stop.ends_at > now)
        return replace(state, tail=state.tail if reserved else found.tail, stops=stops, frozen=found.frozen)

    written = await change_line(deps, line, decide, known)
    return written.version if written else None


async def _announce(deps: Deps, plans: Mapping[str, tuple[PlannedUnit, Plan | None]]) -> None:
    """Tell customers of first plans, and of those that moved their unit's finish by more than a little."""
    first = {code: plan for code, (unit, plan) in plans.items() if plan and unit.announced is None}
    later = {code: plan for code, (unit, plan) in plans.items() if plan and _is_news(deps, unit.announced, plan)}
    products = await deps.stores.products.find_all([*first, *later])
    await announce_places(deps, [unit for code, unit in products.items() if code in first], first)
    for code, plan in later.items():
        await _reschedule(deps, products[code], plan)


def _is_news(deps: Deps, announced: datetime | None, plan: Plan) -> bool:
    limit = timedelta(hours=deps.settings.announce_hours)
    return announced is not None and abs(plan.finishes_at - announced) > limit


async def _announce_delay(deps: Deps, unit: Product) -> None:
    """Tell the customer of a unit on the line when it will be finished much later, or earlier, than announced.

    A delay of a unit that stands still is announced once, and then once a day, because it grows at each look.
    """
    model, plan = deps.model_of(unit), unit.state.plan
    if plan is not None:
        finish, reason = finish_of(unit.state, plan, model, deps.calendar(unit.line), deps.now())
        if plan.previous_finish_at is None or abs(finish - plan.finishes_at) > AGAIN_AFTER:
            await _reschedule(deps, unit, replace(plan, finishes_at=finish, reason=reason or PlanReason.LINE_DRIFTED))


async def _reschedule(deps: Deps, unit: Product, plan: Plan) -> None:
    def decide(state: State) -> Event:
        known = state.plan
        over = product_status(state, deps.model_of(unit)) not in UNFINISHED
        if known is None or over or not _is_news(deps, known.finishes_at, plan):
            raise NothingToAppend
        number = 1 + sum(name.startswith("rescheduled:") for name in state.announced)
        return Event(
            kind=PlanningKind.RESCHEDULED,
            event_id=f"rescheduled:{number}",
            occurred_at=deps.now(),
            payload=Planned(replace(plan, previous_finish_at=known.finishes_at)),
        )

    entry, unit = await append_step(deps, unit, decide)
    if entry is not None:
        await conclude_and_project(deps, [unit])
