"""Keeps each line's plan right: compared every few seconds with what happens, by one process at a time for each line.

Nothing has to tell it of orders, cancellations, changes, stops or delays: it looks at the units as they are. What a
crash leaves half done looks wrong at the next look, and is done again.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.actions.journal import Moot, append, settle
from app.actions.schedule import announce_places, planning_rules, standing, tell_plant
from app.actions.sweep import HOLDER
from app.domain.capacity import reach
from app.domain.eta import finish_of
from app.domain.event import Event, StepKind
from app.domain.journey import State
from app.domain.line_pace import Waiting
from app.domain.line_plan import LineState, PlanChangeKind, Replanned, replan
from app.domain.order import Product
from app.domain.planning import Plan, PlanReason
from app.domain.status import BEFORE_PRODUCTION, product_status
from app.store.database import UNAVAILABLE
from app.store.place import WORKING, Placed
from app.world import World

log = logging.getLogger(__name__)
WORKING_EVERY = 12
"""At each how manieth look units on the line are looked at, too: their delays are counted in hours."""
BEGUN_MIN = 100
"""How many units that began last say how far a line has come."""
IDLE_MAX = timedelta(minutes=1)
"""For how long, by the factory, a line on which nothing happens need not be looked at: times move on even so."""
SETTLED_AFTER = timedelta(seconds=10)
"""How long after a step was written the record of its unit may still follow."""
AGAIN_AFTER = timedelta(days=1)
UNTOLD = "untold"
UNFINISHED = BEFORE_PRODUCTION | frozenset(WORKING)


@dataclass(frozen=True)
class Seen:
    """What a process knows of a line that it has looked after.

    `steps` and `state`: how many steps there were in all, and the state on which the line's plan was made. `looked_at`
    is on the factory's clock; `changed_at`, when something was last different, on the wall.
    """

    steps: int
    state: LineState
    looked_at: datetime
    changed_at: datetime


async def plan_forever(world: World) -> None:
    """Look after all lines again and again; a database that does not answer is waited for."""
    look = 0
    seen: dict[str, Seen] = {}
    while True:
        for line in world.catalogue.line:
            try:
                await look_at(world, line, seen, also_working=look % WORKING_EVERY == 0)
            except UNAVAILABLE as error:
                log.warning("the planner waits for the database", extra={"error": type(error).__name__})
            except Exception:
                log.exception("a line could not be planned; it is tried again", extra={"line": line})
        look += 1
        await asyncio.sleep(world.settings.planning_seconds)


async def look_at(world: World, line: str, seen: dict[str, Seen], also_working: bool) -> None:
    """Make one line's plan right, unless nothing can have changed since this process did so last.

    What it knows it knows for itself: whoever takes over a line looks at it first. A step comes before the record of
    its unit, so a line is looked at for some seconds more after the last change anywhere.
    """
    steps, state = await world.stores.steps.count_all(), await world.stores.lines.get(line)
    world.heed_stops(line, state.stops)
    known, now, wall = seen.pop(line, None), world.now(), world.wall()
    same = known is not None and (known.steps, known.state) == (steps, state)
    changed_at = known.changed_at if known and same else wall
    idle = wall - changed_at > SETTLED_AFTER and known is not None and now - known.looked_at < IDLE_MAX
    if known is not None and idle and not also_working:
        seen[line] = known
    elif await plan_line(world, line, also_working) is not None:
        seen[line] = Seen(steps, state, now, changed_at)


async def plan_line(world: World, line: str, also_working: bool = True) -> int | None:
    """Make one line's plan right and return how many units were moved; None where another process is at it.

    Units move one after the other. Until all of them have, and the plant was told, the lease names the plan's version
    as untold; who takes the lease after a crash finds it there, and tells it once all is right.
    """
    state = await world.stores.lines.get(line)
    world.heed_stops(line, state.stops)
    seconds = 4 * world.settings.planning_seconds + 30
    lease = await world.stores.plant.take_lease(plan_lease(line), HOLDER, world.wall(), seconds)
    if lease is None:
        return None
    placed = await world.stores.places.waiting(line)
    moved = await _plan(world, line, state, placed, lease.get(UNTOLD))
    if also_working:
        for unit in await world.stores.places.working(line):
            await _announce_delay(world, unit)
    return moved


def plan_lease(line: str) -> str:
    """Name the lease of whoever plans a line."""
    return f"plan:{line}"


async def _tell(world: World, line: str, version: int, moved: int) -> None:
    await tell_plant(world, line, PlanChangeKind.REPLANNED, version, moved)
    await world.stores.plant.note_on_lease(plan_lease(line), HOLDER, {UNTOLD: None})


async def _plan(world: World, line: str, state: LineState, placed: Sequence[Placed], untold: int | None) -> int | None:
    last_begun = await world.stores.places.begun(line, BEGUN_MIN + reach(world.catalogue.line[line]))
    begun = [standing(world, unit) for unit in last_begun]
    vacated = await world.stores.places.vacated(line, min((unit.position for unit in begun), default=0))

    def find() -> Replanned:
        units = [_waiting(world, unit) for unit in placed]
        return replan(world.calendar(line), state, units, vacated, begun, world.now(), planning_rules(world))

    found = await asyncio.to_thread(find)
    anew = found.plans or found.tail != state.tail
    freezes = found.frozen != state.frozen and not anew
    if freezes and not await world.stores.lines.freeze(line, state, found.frozen):
        return None
    if anew:
        await world.stores.plant.note_on_lease(plan_lease(line), HOLDER, {UNTOLD: state.version + 1})
        version = await _write(world, line, state, found)
        if version is None:
            return None
        await world.stores.places.place(found.plans, found.levelled, version)
        await _tell(world, line, version, len(found.plans))
    else:
        await world.stores.places.place({}, found.levelled, state.version)
        if untold is not None:
            await _tell(world, line, untold, 0)
    await _announce(world, {unit.code: (unit, found.plans.get(unit.code, unit.plan)) for unit in placed})
    return len(found.plans)


def _waiting(world: World, unit: Placed) -> Waiting:
    model = world.model(unit.model)
    return Waiting(unit.code, model, unit.selections, unit.ordered_at, unit.plan, bool(unit.replaces), unit.levelled)


async def _write(world: World, line: str, known: LineState, found: Replanned) -> int | None:
    """Make the plan that was found the line's; return its version, or None where it has to be made anew.

    Places that were reserved in the meantime lie behind all that is planned here, unless the plan grew.
    """
    state, tail = known, found.tail
    while True:
        now = world.now()
        stops = tuple(stop for stop in state.stops if stop.ends_at > now)
        wanted = replace(state, tail=tail, stops=stops, frozen=found.frozen)
        written = await world.stores.lines.change(line, wanted)
        if written is not None:
            return written.version
        state = await world.stores.lines.get(line)
        overtaken = (state.stops, state.frozen, state.changes) != (known.stops, known.frozen, known.changes)
        if found.tail.position > known.tail.position or overtaken:
            return None
        tail = state.tail


async def _announce(world: World, plans: Mapping[str, tuple[Placed, Plan | None]]) -> None:
    """Tell customers of first plans, and of those that moved their unit's finish by more than a little."""
    first = {code: plan for code, (unit, plan) in plans.items() if plan and unit.announced is None}
    later = {code: plan for code, (unit, plan) in plans.items() if plan and _is_news(world, unit.announced, plan)}
    products = await world.stores.products.find_all([*first, *later])
    await announce_places(world, [unit for code, unit in products.items() if code in first], first)
    for code, plan in later.items():
        await _reschedule(world, products[code], plan)


def _is_news(world: World, announced: datetime | None, plan: Plan) -> bool:
    limit = timedelta(hours=world.settings.announce_hours)
    return announced is not None and abs(plan.finishes_at - announced) > limit


async def _announce_delay(world: World, unit: Product) -> None:
    """Tell the customer of a unit on the line when it will be finished much later, or earlier, than announced.

    Of one that stands still they are told once, and then once a day: it is later at each look.
    """
    model, plan = world.model(unit.model), unit.state.plan
    if plan is not None:
        finish, reason = finish_of(unit.state, plan, model, world.calendar(unit.line), world.now())
        if plan.previous_finish_at is None or abs(finish - plan.finishes_at) > AGAIN_AFTER:
            await _reschedule(world, unit, replace(plan, finishes_at=finish, reason=reason or PlanReason.LINE_DRIFTED))


async def _reschedule(world: World, unit: Product, plan: Plan) -> None:
    def decide(state: State) -> Event:
        known = state.plan
        moot = known is None or product_status(state, world.model(unit.model)) not in UNFINISHED
        if known is None or moot or not _is_news(world, known.finishes_at, plan):
            raise Moot
        number = 1 + sum(name.startswith("rescheduled:") for name in state.announced)
        return Event(
            kind=StepKind.RESCHEDULED,
            event_id=f"rescheduled:{number}",
            occurred_at=world.now(),
            plan=replace(plan, previous_finish_at=known.finishes_at),
        )

    with suppress(Moot):
        _, unit = await append(world, unit, decide)
        await settle(world, [unit])
