"""Gives units their first place in their line's sequence and announces it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from app.actions.journal import Moot, append, at_head, settle
from app.domain.capacity import Standing
from app.domain.event import Event, StepKind
from app.domain.journey import State
from app.domain.line_pace import PlanningRules, Waiting
from app.domain.line_plan import LineState, PlanChange, PlanChangeKind, reserve
from app.domain.order import Product
from app.domain.planning import Plan, Stop
from app.domain.status import begun_at
from app.store.journal import PlaceTaken
from app.store.place import Built
from app.world import World

APPENDS_MAX = 8


def planning_rules(world: World) -> PlanningRules:
    settings = world.settings
    return PlanningRules(
        lead=timedelta(hours=settings.planning_lead_hours),
        frozen=timedelta(hours=settings.frozen_hours),
        tolerance=timedelta(hours=settings.promise_tolerance_hours),
        drift=timedelta(minutes=settings.drift_minutes),
    )


async def schedule(world: World, products: Sequence[Product]) -> Sequence[Product]:
    """Plan units that have no place yet. Units of one line get the next places behind its last.

    One that was announced, but got no place because of a crash, gets another: its own may be taken by now.
    A unit that replaces another one waits for the planner, which lets it go first.
    """
    unplanned = [product for product in products if product.plan is None and not _is_over(product.state)]
    planned = [product for product in unplanned if product.replaces and not product.state.plan]
    new = [product for product in unplanned if product not in planned]
    for line in dict.fromkeys(product.line for product in new):
        planned += await _schedule_line(world, line, [product for product in new if product.line == line])
    return await settle(world, planned)


def _is_over(state: State) -> bool:
    return bool(state.cancelled_at or state.scrapped_at)


async def _schedule_line(world: World, line: str, products: Sequence[Product]) -> Sequence[Product]:
    """Reserve places, announce them to the customers, write them to the units, and tell the plant: in this order."""
    units = [waiting(world, unit) for unit in products]
    plans: Mapping[str, Plan] = {}

    def place(state: LineState) -> LineState:
        nonlocal plans
        found = reserve(world.calendar(line), state, units, world.now(), planning_rules(world))
        plans = found.plans
        return replace(state, tail=found.tail)

    state = await change_line(world, line, place)
    planned = await announce_places(world, products, plans)
    await world.stores.places.place(plans, {}, state.version)
    await tell_plant(world, line, PlanChangeKind.RESERVED, state.version, len(planned))
    return planned


def waiting(world: World, unit: Product) -> Waiting:
    """Say what the planner has to know of a unit that waits."""
    return Waiting(unit.code, world.model(unit.model), unit.state.selections, unit.ordered_at, unit.plan)


def standing(world: World, unit: Built) -> Standing:
    """Say where a unit stands that no longer moves, and since when, or from when on."""
    at = begun_at(unit.state) or unit.plan.starts_at
    return Standing(unit.plan.position, at, world.model(unit.model), unit.state.selections)


S = TypeVar("S", LineState, LineState | None)


async def change_line(world: World, line: str, decide: Callable[[LineState], S]) -> S:
    """Write what `decide` makes of a line's state; where another was first, it is asked again."""
    while True:
        wanted = decide(await world.stores.lines.get(line))
        if wanted is None:
            return wanted
        written = await world.stores.lines.change(line, wanted)
        if written is not None:
            return written


async def tell_plant(
    world: World, line: str, kind: PlanChangeKind, version: int, moved: int = 0, stop: Stop | None = None
) -> None:
    """Append to the line's journal what its plan now says."""
    while True:
        head = await world.stores.plan_changes.head(line)
        sequence = head.sequence + 1 if head else 1
        change = PlanChange(line, sequence, kind, world.now(), version, moved, stop)
        with suppress(PlaceTaken):
            return await world.stores.plan_changes.append(change)


async def announce_places(world: World, products: Sequence[Product], plans: Mapping[str, Plan]) -> Sequence[Product]:
    """Write the first plan of units into their journals."""
    gate = asyncio.Semaphore(APPENDS_MAX)
    return await asyncio.gather(*(_announce(world, gate, unit, plans[unit.code]) for unit in products))


async def _announce(world: World, gate: asyncio.Semaphore, product: Product, plan: Plan) -> Product:
    def decide(state: State) -> Event:
        if state.plan is not None or _is_over(state):
            raise Moot
        return Event(kind=StepKind.SCHEDULED, event_id="scheduled:1", occurred_at=world.now(), plan=plan)

    async with gate:
        try:
            return (await append(world, product, decide))[1]
        except Moot:
            return await at_head(world, product)
