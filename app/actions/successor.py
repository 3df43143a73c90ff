"""A scrapped unit is replaced: a new one with a new code, in the same order, together with the step that says so."""

from dataclasses import replace
from datetime import datetime

from app.domain import journey
from app.domain.code import new_code
from app.domain.conclusion import SCRAPPED, owes_successor
from app.domain.event import Event, StepKind
from app.domain.journey import State, Step, Unit
from app.domain.listing import listing
from app.domain.order import Product
from app.domain.status import ProductStatus
from app.store.database import Transaction
from app.store.journal import PlaceTaken, Repeated
from app.store.product import Projection
from app.world import World


async def replace_scrapped(world: World, product: Product) -> Product:
    """Announce SCRAPPED and make the successor in one transaction; return the unit as its journal is after it.

    Whoever does it, it is done once: the index on the announcement's eventId lets one transaction commit.
    The planner gives the successor its place, before all others that wait.
    """
    while owes_successor(product.state):
        steps, successor = _successor(world, product, world.now())
        try:
            await _write(world, steps, successor)
        except (PlaceTaken, Repeated):
            head = await world.stores.steps.head(product.code)
            assert head is not None
            product = replace(product, state=head.state)
        else:
            for step in steps:
                await world.stores.steps.announce(step)
            product = replace(product, state=steps[0].state)
    return product


def _successor(world: World, product: Product, now: datetime) -> tuple[list[Step], Product]:
    """Make the step of the scrapped unit, the first step of the one that replaces it, and that unit.

    It is built as the scrapped one was to be; what was changed in the price stays with the scrapped unit.
    """
    state, code = product.state, new_code()
    scrapped = Event(kind=StepKind.SCRAPPED, event_id=SCRAPPED, occurred_at=now, successor=code)
    ordered = Event(kind=StepKind.ORDER_PLACED, event_id=f"replaces:{product.code}", occurred_at=now)
    before = State(selections=state.selections, engraving=state.engraving, design_revision=state.design_revision)
    first = journey.append(Unit(code, product.model, product.line), before, ordered, now, world.sign)
    successor = replace(product, code=code, ordered_at=now, state=first.state, plan=None, replaces=product.code)
    return [journey.append(product.unit, state, scrapped, now, world.sign), first], successor


async def _write(world: World, steps: list[Step], successor: Product) -> None:
    looked_for = listing(successor.state, world.model(successor.model))
    projection = Projection(successor, ProductStatus.ORDERED, successor.ordered_at, looked_for)

    async def write(transaction: Transaction) -> None:
        await world.stores.steps.append_within(transaction, steps)
        await world.stores.orders.add_unit_within(transaction, successor.order, successor.code)
        await world.stores.products.insert_within(transaction, [projection])

    await world.stores.database.in_transaction(write)
