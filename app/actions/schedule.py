"""Gives units their first place in their line's sequence and announces it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from app.actions.journal import NothingToAppend, append, at_head, conclude_and_project
from app.deps import Deps
from app.domain.line.calendar import Plan, Stop
from app.domain.line.capacity import Standing
from app.domain.line.pace import PlanningRules, Waiting
from app.domain.line.plan import LineState, PlanChange, PlanChangeKind, reserve
from app.domain.order.order import Product
from app.domain.unit.event import Event, StepKind
from app.domain.unit.journey import State
from app.domain.unit.status import begun_at
from app.store.journal import SequenceTaken
from app.store.place import Built

APPENDS_MAX = 8


def planning_rules(deps: Deps) -> PlanningRules:
    settings = deps.settings
    return PlanningRules(
        lead=timedelta(hours=settings.planning_lead_hours),
        frozen=timedelta(hours=settings.frozen_hours),
        tolerance=timedelta(hours=settings.promise_tolerance_hours),
        drift=timedelta(minutes=settings.drift_minutes),
    )


async def schedule(deps: Deps, products: Sequence[Product]) -> Sequence[Product]:
    """Plan units that have no place yet. Units of one line get the next places behind its last.

    One that was announced, but got no place because of a crash, gets another: its own may be taken by now.
    A unit that replaces another one waits for the planner, which lets it go first.
    """
    unplanned = [product for product in products if product.plan is None and not _is_over(product.state)]
    planned = [product for product in unplanned if product.replaces and not product.state.plan]
    new = [product for product in unplanned if product not in planned]
    for line in dict.fromkeys(product.line for product in new):
        planned += await _schedule_line(deps, line, [product for product in new if product.line == line])
    return await conclude_and_project(deps, planned)


def _is_over(state: State) -> bool:
    return bool(state.cancelled_at or state.scrapped_at)


async def _schedule_line(deps: Deps, line: str, products: Sequence[Product]) -> Sequence[Product]:
    """Reserve places, announce them to the customers, write them to the units, and tell the plant: in this order."""
    units = [waiting(deps, unit) for unit in products]
    plans: Mapping[str, Plan] = {}

    def place(state: LineState) -> LineState:
        nonlocal plans
        found = reserve(deps.calendar(line), state, units, deps.now(), planning_rules(deps))
        plans = found.plans
        return replace(state, tail=found.tail)

    state = await change_line(deps, line, place)
    planned = await announce_places(deps, products, plans)
    await deps.stores.places.place(plans, {}, state.version)
    await append_plan_change(deps, line, PlanChangeKind.RESERVED, state.version, len(planned))
    return planned


def waiting(deps: Deps, unit: Product) -> Waiting:
    """Say what the planner has to know of a unit that waits."""
    return Waiting(unit.code, deps.model(unit.model), unit.state.selections, unit.ordered_at, unit.plan)


def standing(deps: Deps, unit: Built) -> Standing:
    """Say where a unit stands that no longer moves, and since when, or from when on."""
    at = begun_at(unit.state) or unit.plan.starts_at
    return Standing(unit.plan.position, at, deps.model(unit.model), unit.state.selections)


S = TypeVar("S", LineState, LineState | None)


async def change_line(deps: Deps, line: str, decide: Callable[[LineState], S]) -> S:
    """Write what `decide` makes of a line's state; where another was first, it is asked again."""
    while True:
        wanted = decide(await deps.stores.lines.get(line))
        if wanted is None:
            return wanted
        written = await deps.stores.lines.change(line, wanted)
        if written is not None:
            return written


async def append_plan_change(
    deps: Deps, line: str, kind: PlanChangeKind, version: int, moved: int = 0, stop: Stop | None = None
) -> None:
    """Append to the line's journal what its plan now says."""
    while True:
        head = await deps.stores.plan_changes.head(line)
        sequence = head.sequence + 1 if head else 1
        change = PlanChange(line, sequence, kind, deps.now(), version, moved, stop)
        with suppress(SequenceTaken):
            return await deps.stores.plan_changes.append(change)


async def announce_places(deps: Deps, products: Sequence[Product], plans: Mapping[str, Plan]) -> Sequence[Product]:
    """Write the first plan of units into their journals."""
    gate = asyncio.Semaphore(APPENDS_MAX)
    return await asyncio.gather(*(_announce(deps, gate, unit, plans[unit.code]) for unit in products))


async def _announce(deps: Deps, gate: asyncio.Semaphore, product: Product, plan: Plan) -> Product:
    def decide(state: State) -> Event:
        if state.plan is not None or _is_over(state):
            raise NothingToAppend
        return Event(kind=StepKind.SCHEDULED, event_id="scheduled:1", occurred_at=deps.now(), plan=plan)

    async with gate:
        try:
            return (await append(deps, product, decide))[1]
        except NothingToAppend:
            return await at_head(deps, product)
