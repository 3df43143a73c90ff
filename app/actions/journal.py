"""How anything enters a unit's journal: decide against the head, insert, and decide anew where another was first."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace

from app.actions.performance import issue_reports
from app.actions.successor import replace_scrapped
from app.deps import Deps
from app.domain.order.order import Product, milestone
from app.domain.shared.refusal import Refusal
from app.domain.unit import journey
from app.domain.unit.conclusion import SCRAPPED, conclusions, due_at
from app.domain.unit.event import INSPECTION_KINDS, OURSELVES, Event
from app.domain.unit.journey import State, Step
from app.domain.unit.listing import listing
from app.domain.unit.performance import releases
from app.domain.unit.status import ProductStatus, product_status
from app.store.journal import Repeated, SequenceTaken
from app.store.product import Projection

log = logging.getLogger(__name__)
COMPARED = tuple(f.name for f in fields(Event) if f.name not in ("kind", "decision", "plan", "change", "reporter_kind"))

Decide = Callable[[State], Event]


@dataclass(frozen=True)
class EventKey:
    """The name of an event that may have come before: (reporter, eventId); `differing` compares what came with it."""

    reporter: str
    event_id: str
    differing: Callable[[Step], list[str]] | None = None


async def append(deps: Deps, product: Product, decide: Decide, name: EventKey | None = None) -> tuple[Step, Product]:
    """Append what `decide` makes of the unit's state; return the step and the unit after it.

    `product.state` may be stale: the journal's unique index tells, and `decide` is asked again with the true state.
    An event that was here before (`name`) answers the step it made then, whatever `decide` would say now.
    """
    async with deps.stores.queues.turn(product.code) as queue:
        if queue.head is not None and queue.head.sequence > product.state.sequence:
            product = replace(product, state=queue.head)
        step, product = await _append(deps, product, decide, name)
        queue.head = product.state
    return step, product


async def _append(deps: Deps, product: Product, decide: Decide, name: EventKey | None) -> tuple[Step, Product]:
    while True:
        try:
            event = decide(product.state)
        except Refusal:
            known = name and await deps.stores.steps.find_event(product.code, name.reporter, name.event_id)
            if not known:
                raise
            if name and name.differing:
                _note_difference(known, name.differing(known))
            return known, product
        step = journey.append(product.unit, product.state, event, deps.now(), deps.sign)
        try:
            await deps.stores.steps.append(step)
        except SequenceTaken:
            product = await at_head(deps, product)
        except Repeated:
            return await _first(deps, product, event), await at_head(deps, product)
        else:
            return step, replace(product, state=step.state)


async def _first(deps: Deps, product: Product, event: Event) -> Step:
    """Find the step that an event made before; a difference in content is logged for staff."""
    step = await deps.stores.steps.find_event(product.code, event.reporter, event.event_id)
    assert step is not None
    differing = [name for name in COMPARED if getattr(step, name) != getattr(event, name)]
    if step.kind != event.kind and not {step.kind, event.kind} <= set(INSPECTION_KINDS):
        differing.append("kind")
    if event.reporter != OURSELVES:
        _note_difference(step, differing)
    return step


def _note_difference(step: Step, differing: Sequence[str]) -> None:
    """Log for staff that an event was repeated with other content, possible or not."""
    if differing:
        extra = {"product": step.product, "event_id": step.event_id, "fields": differing}
        log.warning("event repeated with other content", extra=extra)


async def at_head(deps: Deps, product: Product) -> Product:
    """Bring a unit's state up to the head of its journal."""
    head = await deps.stores.steps.head(product.code)
    return product if head is None else replace(product, state=head.state)


def projection(deps: Deps, product: Product) -> Projection:
    model = deps.model(product.model)
    status = product_status(product.state, model)
    due = due_at(product.state, model, product.currency, deps.now())
    return Projection(product, status, due, listing(product.state, model))


async def conclude(deps: Deps, product: Product) -> Product:
    """Append the announcements that follow from a unit's state, until none is left; a release issues a report."""
    model, tax, released = deps.model(product.model), deps.tax(product.country), releases(product.state)
    while events := list(conclusions(product.state, model, product.currency, deps.now(), tax)):
        before = product.state.sequence
        for event in events:
            product = await _announce(deps, product, event.event_id)
        if product.state.sequence == before:
            product = await at_head(deps, product)  # another process announced it all
    if releases(product.state) > released:
        await issue_reports(deps, product)
    return product


class NothingToAppend(Exception):
    """What was to be announced no longer follows from the state."""


async def _announce(deps: Deps, product: Product, event_id: str) -> Product:
    """Append one conclusion, if it still follows from the state at its place."""
    model, tax = deps.model(product.model), deps.tax(product.country)

    def decide(state: State) -> Event:
        for event in conclusions(state, model, product.currency, deps.now(), tax):
            if event.event_id == event_id:
                return event
        raise NothingToAppend

    try:
        if event_id == SCRAPPED:
            return await replace_scrapped(deps, product)
        return (await append(deps, product, decide))[1]
    except NothingToAppend:
        return await at_head(deps, product)


async def conclude_and_project(deps: Deps, products: Iterable[Product]) -> Sequence[Product]:
    """Finish a write: announce what follows from it and write the projections, all in one go."""
    concluded = [await conclude(deps, product) for product in products]
    await project(deps, concluded)
    return concluded


async def project(deps: Deps, products: Sequence[Product]) -> None:
    """Write the projections of units, and before them those of their orders that this moves on.

    In this order: after a crash in between, the units are found to lag behind, and both are written again.
    """
    projections = [projection(deps, product) for product in products]
    moved: dict[str, dict[str, ProductStatus]] = {}
    for found in projections:
        if milestone(found.status) != milestone(found.product.listed_as or ProductStatus.ORDERED):
            moved.setdefault(found.product.order, {})[found.product.code] = found.status
    await asyncio.gather(*(deps.stores.orders.follow(order, statuses) for order, statuses in moved.items()))
    await deps.stores.products.project(projections)
