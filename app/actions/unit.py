"""How anything enters a unit's journal, and what follows from it: announcements, projections and reports."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from app.actions.journal import NothingToAppend, append, append_together
from app.actions.performance import issue_reports
from app.actions.successor import replace_scrapped
from app.deps import Deps
from app.domain.order.order import Product, milestone
from app.domain.unit import journey
from app.domain.unit.conclusion import SCRAPPED, conclusions, due_at
from app.domain.unit.event import Event
from app.domain.unit.journey import JournalEntry
from app.domain.unit.listing import listing
from app.domain.unit.performance import releases
from app.domain.unit.stage import ProductStatus
from app.domain.unit.state import State
from app.domain.unit.status import product_status
from app.store.database import Within
from app.store.product import Projection

Decide = Callable[[State], Event]
"""What is to be appended to a unit in some state; raises a Refusal, or NothingToAppend."""
Beside = Callable[[State, JournalEntry], Sequence[Within]]
"""What is written in the same transaction as a step that is decided on a state; nothing makes it a plain insert."""


@dataclass(frozen=True)
class EventKey:
    """What an event is known by that may come twice: who reports it, and the id that they gave it."""

    reporter: str
    event_id: str


async def append_step(
    deps: Deps, unit: Product, decide: Decide, key: EventKey | None = None, beside: Beside | None = None
) -> tuple[JournalEntry | None, Product]:
    """Append what `decide` makes of a unit's state; return the entry, and the unit as its journal then is.

    `unit.state` may be stale. No entry: there was nothing to append. An event that came before, by its `key`, answers
    the step that it made then. Raises the Refusal of `decide` or of a write beside.
    """
    steps, model = deps.stores.steps, deps.model_of(unit)

    def decide_entry(state: State) -> JournalEntry:
        return journey.append(unit.unit, model, state, decide(state), deps.now(), deps.sign)

    async def write(state: State, entry: JournalEntry) -> None:
        if together := beside(state, entry) if beside else ():
            await append_together(deps, steps, [entry], *together)
        else:
            await steps.append(entry)

    async def read_state() -> State:
        return (await at_head(deps, unit)).state

    async def find_made() -> JournalEntry | None:
        return await steps.find_event(unit.code, key.reporter, key.event_id) if key else None

    done = await append(unit.state, decide_entry, write, read_state, find_made)
    states = [done.head, done.entry.state] if done.entry else [done.head]
    return done.entry, replace(unit, state=max(states, key=lambda state: state.sequence))


async def act_on_unit(
    deps: Deps, unit: Product, decide: Decide, key: EventKey | None = None, beside: Beside | None = None
) -> tuple[JournalEntry | None, Product]:
    """Append what `decide` makes of a unit as it is now, and what follows from it; return what `append_step` does."""
    entry, unit = await append_step(deps, await at_head(deps, unit), decide, key, beside)
    (unit,) = await conclude_and_project(deps, [unit])
    return entry, unit


async def at_head(deps: Deps, unit: Product) -> Product:
    """Bring a unit's state up to the head of its journal."""
    head = await deps.stores.steps.head(unit.code)
    return unit if head is None else replace(unit, state=head.state)


async def conclude_and_project(deps: Deps, units: Iterable[Product]) -> Sequence[Product]:
    """Finish a write: announce what follows from it and write the projections, all in one go."""
    concluded = [await conclude(deps, unit) for unit in units]
    await project(deps, concluded)
    return concluded


async def conclude(deps: Deps, unit: Product) -> Product:
    """Append the announcements that follow from a unit's state, until none is left; a release issues a report."""
    model, tax, released = deps.model_of(unit), unit.charges.added_tax, releases(unit.state)
    while events := list(conclusions(unit.state, model, unit.currency, deps.now(), tax)):
        before = unit.state.sequence
        for event in events:
            unit = await _announce(deps, unit, event.event_id)
        if unit.state.sequence == before:
            unit = await at_head(deps, unit)  # another process announced it all
    if releases(unit.state) > released:
        await issue_reports(deps, unit)
    return unit


async def _announce(deps: Deps, unit: Product, event_id: str) -> Product:
    """Append one conclusion, if it still follows from the state that it is decided on."""
    if event_id == SCRAPPED:
        return await replace_scrapped(deps, unit)
    model, tax = deps.model_of(unit), unit.charges.added_tax

    def decide(state: State) -> Event:
        for event in conclusions(state, model, unit.currency, deps.now(), tax):
            if event.event_id == event_id:
                return event
        raise NothingToAppend

    return (await append_step(deps, unit, decide))[1]


def projection(deps: Deps, unit: Product) -> Projection:
    """Say what lists and filters know of a unit in its present state."""
    model = deps.model_of(unit)
    status = product_status(unit.state, model)
    due = due_at(unit.state, model, unit.currency, deps.now())
    return Projection(unit, status, due, listing(unit.state, model))


async def project(deps: Deps, units: Sequence[Product]) -> None:
    """Write the projections of units, and before them those of their orders that this moves on.

    In this order: after a crash in between, the units are found to lag behind, and both are written again.
    """
    projections = [projection(deps, unit) for unit in units]
    moved: dict[str, dict[str, ProductStatus]] = {}
    for found in projections:
        if milestone(found.status) != milestone(found.product.listed_as or ProductStatus.ORDERED):
            moved.setdefault(found.product.order, {})[found.product.code] = found.status
    await asyncio.gather(*(deps.stores.orders.follow(order, statuses) for order, statuses in moved.items()))
    await deps.stores.products.project(projections)
