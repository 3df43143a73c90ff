"""Gives units their place in their line's sequence and announces it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.actions.journal import Moot, append, at_head, settle
from app.domain.event import Event, StepKind
from app.domain.journey import State
from app.domain.order import Product
from app.domain.planning import Plan, plan_unit
from app.domain.pricing import added_days
from app.world import World

APPENDS_MAX = 8


async def schedule(world: World, products: Sequence[Product]) -> Sequence[Product]:
    """Plan units that have no plan yet. Units of one line get consecutive places, one takt apart."""
    waiting = [product for product in products if product.state.plan is None and not product.state.cancelled_at]
    planned: list[Product] = []
    for line in dict.fromkeys(product.line for product in waiting):
        planned += await _schedule_line(world, line, [product for product in waiting if product.line == line])
    return await settle(world, planned)


async def _schedule_line(world: World, line: str, units: Sequence[Product]) -> Sequence[Product]:
    def plan(place: int, last: datetime | None) -> Sequence[Plan]:
        return _plan(world, units, place, last)

    plans = await world.stores.plant.reserve(line, plan)
    gate = asyncio.Semaphore(APPENDS_MAX)
    return await asyncio.gather(*(_announce(world, gate, *pair) for pair in zip(units, plans, strict=True)))


def _plan(world: World, units: Sequence[Product], place: int, last: datetime | None) -> list[Plan]:
    plans: list[Plan] = []
    for unit in units:
        model, calendar = world.model(unit.model), world.calendar(unit.line)
        not_before = unit.ordered_at + timedelta(hours=world.settings.planning_lead_hours)
        if last is not None:
            not_before = max(not_before, calendar.after_work(last, calendar.line.takt_seconds))
        plan = plan_unit(calendar, model, place + len(plans) + 1, not_before, added_days(model, unit.state.selections))
        plans.append(plan)
        last = plan.starts_at
    return plans


async def _announce(world: World, gate: asyncio.Semaphore, product: Product, plan: Plan) -> Product:
    def decide(state: State) -> Event:
        if state.plan is not None or state.cancelled_at or state.scrapped_at:
            raise Moot
        return Event(kind=StepKind.SCHEDULED, event_id="scheduled:1", occurred_at=world.now(), plan=plan)

    async with gate:
        try:
            return (await append(world, product, decide))[1]
        except Moot:
            return await at_head(world, product)
