"""How anything enters a unit's journal: decide against the head, insert, and decide anew where another was first."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace

from app.actions.performance import issue_reports
from app.actions.successor import replace_scrapped
from app.domain import journey
from app.domain.conclusion import SCRAPPED, conclusions, due_at
from app.domain.event import INSPECTION_KINDS, OURSELVES, Event
from app.domain.journey import State, Step
from app.domain.listing import listing
from app.domain.order import Product, phase
from app.domain.performance import releases
from app.domain.refusal import Refusal
from app.domain.status import ProductStatus, product_status
from app.store.journal import PlaceTaken, Repeated
from app.store.product import Projection
from app.world import World

log = logging.getLogger(__name__)
COMPARED = tuple(f.name for f in fields(Event) if f.name not in ("kind", "decision", "plan", "change", "reporter_kind"))

Decide = Callable[[State], Event]


@dataclass(frozen=True)
class Name:
    """The name of an event that may have come before: (reporter, eventId); `differing` compares what came with it."""

    reporter: str
    event_id: str
    differing: Callable[[Step], list[str]] | None = None


async def append(world: World, product: Product, decide: Decide, name: Name | None = None) -> tuple[Step, Product]:
    """Append what `decide` makes of the unit's state; return the step and the unit after it.

    `product.state` may be stale: the journal's unique index tells, and `decide` is asked again with the true state.
    An event that was here before (`name`) answers the step it made then, whatever `decide` would say now.
    """
    async with world.stores.queues.turn(product.code) as queue:
        if queue.head is not None and queue.head.sequence > product.state.sequence:
            product = replace(product, state=queue.head)
        step, product = await _append(world, product, decide, name)
        queue.head = product.state
    return step, product


async def _append(world: World, product: Product, decide: Decide, name: Name | None) -> tuple[Step, Product]:
    while True:
        try:
            event = decide(product.state)
        except Refusal:
            known = name and await world.stores.steps.find_event(product.code, name.reporter, name.event_id)
            if not known:
                raise
            if name and name.differing:
                _note_difference(known, name.differing(known))
            return known, product
        step = journey.append(product.unit, product.state, event, world.now(), world.sign)
        try:
            await world.stores.steps.append(step)
        except PlaceTaken:
            product = await at_head(world, product)
        except Repeated:
            return await _first(world, product, event), await at_head(world, product)
        else:
            return step, replace(product, state=step.state)


async def _first(world: World, product: Product, event: Event) -> Step:
    """Find the step that an event made before; a difference in content is logged for staff."""
    step = await world.stores.steps.find_event(product.code, event.reporter, event.event_id)
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


async def at_head(world: World, product: Product) -> Product:
    """Bring a unit's state up to the head of its journal."""
    head = await world.stores.steps.head(product.code)
    return product if head is None else replace(product, state=head.state)


def projection(world: World, product: Product) -> Projection:
    model = world.model(product.model)
    status = product_status(product.state, model)
    due = due_at(product.state, model, product.currency, world.now())
    return Projection(product, status, due, listing(product.state, model))


async def conclude(world: World, product: Product) -> Product:
    """Append the announcements that follow from a unit's state, until none is left; a release issues a report."""
    model, tax, released = world.model(product.model), world.tax(product.country), releases(product.state)
    while events := list(conclusions(product.state, model, product.currency, world.now(), tax)):
        before = product.state.sequence
        for event in events:
            product = await _announce(world, product, event.event_id)
        if product.state.sequence == before:
            product = await at_head(world, product)  # another process announced it all
    if releases(product.state) > released:
        await issue_reports(world, product)
    return product


class Moot(Exception):
    """What was to be announced no longer follows from the state."""


async def _announce(world: World, product: Product, event_id: str) -> Product:
    """Append one conclusion, if it still follows from the state at its place."""
    model, tax = world.model(product.model), world.tax(product.country)

    def decide(state: State) -> Event:
        for event in conclusions(state, model, product.currency, world.now(), tax):
            if event.event_id == event_id:
                return event
        raise Moot

    try:
        if event_id == SCRAPPED:
            return await replace_scrapped(world, product)
        return (await append(world, product, decide))[1]
    except Moot:
        return await at_head(world, product)


async def settle(world: World, products: Iterable[Product]) -> Sequence[Product]:
    """Finish a write: announce what follows from it and write the projections, all in one go."""
    concluded = [await conclude(world, product) for product in products]
    await project(world, concluded)
    return concluded


async def project(world: World, products: Sequence[Product]) -> None:
    """Write the projections of units, and before them those of their orders that this moves on.

    In this order: after a crash in between, the units are found to lag behind, and both are written again.
    """
    projections = [projection(world, product) for product in products]
    moved: dict[str, dict[str, ProductStatus]] = {}
    for found in projections:
        if phase(found.status) != phase(found.product.listed_as or ProductStatus.ORDERED):
            moved.setdefault(found.product.order, {})[found.product.code] = found.status
    await asyncio.gather(*(world.stores.orders.follow(order, statuses) for order, statuses in moved.items()))
    await world.stores.products.project(projections)
