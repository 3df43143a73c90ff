"""Gives units their first place in their line's sequence and announces it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from app.actions.journal import NothingToAppend, append
from app.actions.unit import append_step, conclude_and_project
from app.deps import Deps
from app.domain.line.calendar import Plan, Stop
from app.domain.line.capacity import PlacedUnit
from app.domain.line.pace import PlanningRules, WaitingUnit
from app.domain.line.plan import PlanOutcome, reserve
from app.domain.line.state import LineState, PlanChange, PlanChangeKind
from app.domain.order.order import Product
from app.domain.unit.event import Event
from app.domain.unit.kinds.planning import Planned, PlanningKind
from app.domain.unit.state import State
from app.store.place import UnitAtPlace

APPENDS_MAX = 8


def planning_rules(deps: Deps) -> PlanningRules:
    """Return the rules that all lines are planned by, from the settings."""
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
    units, lines = [waiting_unit(deps, unit) for unit in products], deps.stores.lines

    def decide(state: LineState) -> PlanOutcome:
        return reserve(deps.calendar(line), state, units, deps.now(), planning_rules(deps))

    async def write(state: LineState, found: PlanOutcome) -> None:
        await lines.change(line, replace(state, tail=found.tail))

    done = await append(await lines.get(line), decide, write, partial(lines.get, line))
    found, version = done.entry, done.head.version + 1
    assert found is not None, "there is always a next place"
    planned = await announce_places(deps, products, found.plans)
    await deps.stores.places.place(found.plans, {}, version)
    await append_plan_change(deps, line, PlanChangeKind.RESERVED, version, len(planned))
    return planned


def waiting_unit(deps: Deps, unit: Product) -> WaitingUnit:
    """Say what the planner has to know of a unit that waits."""
    return WaitingUnit(unit.code, deps.model_of(unit), unit.state.selections, unit.ordered_at, unit.plan)


def placed_unit(deps: Deps, unit: UnitAtPlace) -> PlacedUnit:
    """Say where a unit stands that no longer moves, and since when, or from when on."""
    at = unit.begun_at or unit.plan.starts_at
    return PlacedUnit(unit.plan.position, at, deps.model_of(unit), unit.selections)


async def change_line(
    deps: Deps, line: str, decide: Callable[[LineState], LineState | None], known: LineState | None = None
) -> LineState | None:
    """Write what `decide` makes of a line's state; return what was written, None where there was nothing to.

    `known`: the state as it was read before, which may be stale.
    """
    lines = deps.stores.lines

    def decide_state(state: LineState) -> LineState:
        wanted = decide(state)
        if wanted is None:
            raise NothingToAppend
        return wanted

    async def write(_: LineState, wanted: LineState) -> None:
        await lines.change(line, wanted)

    written = (await append(known or await lines.get(line), decide_state, write, partial(lines.get, line))).entry
    return written and replace(written, version=written.version + 1)


async def append_plan_change(
    deps: Deps, line: str, kind: PlanChangeKind, version: int, moved: int = 0, stop: Stop | None = None
) -> None:
    """Append to the line's journal what its plan now says."""
    changes = deps.stores.plan_changes

    def decide(head: PlanChange | None) -> PlanChange:
        return PlanChange(line, head.sequence + 1 if head else 1, kind, deps.now(), version, moved, stop)

    await append(
        await changes.head(line), decide, lambda _, change: changes.append(change), partial(changes.head, line)
    )


async def announce_places(deps: Deps, products: Sequence[Product], plans: Mapping[str, Plan]) -> Sequence[Product]:
    """Write the first plan of units into their journals."""
    gate = asyncio.Semaphore(APPENDS_MAX)
    return await asyncio.gather(*(_announce(deps, gate, unit, plans[unit.code]) for unit in products))


async def _announce(deps: Deps, gate: asyncio.Semaphore, product: Product, plan: Plan) -> Product:
    def decide(state: State) -> Event:
        if state.plan is not None or _is_over(state):
            raise NothingToAppend
        now = deps.now()
        return Event(kind=PlanningKind.SCHEDULED, event_id="scheduled:1", occurred_at=now, payload=Planned(plan))

    async with gate:
        return (await append_step(deps, product, decide))[1]
