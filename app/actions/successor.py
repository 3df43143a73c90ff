"""A scrapped unit is replaced: a new one with a new code, in the same order, together with the step that says so."""

from dataclasses import replace
from datetime import datetime

from app.deps import Deps
from app.domain.order.order import Product
from app.domain.unit import journey
from app.domain.unit.code import new_code
from app.domain.unit.conclusion import SCRAPPED, owes_successor
from app.domain.unit.event import Event, StepKind
from app.domain.unit.journey import State, Step, Unit
from app.domain.unit.listing import listing
from app.domain.unit.status import ProductStatus
from app.store.database import Transaction
from app.store.journal import Repeated, SequenceTaken
from app.store.product import Projection


async def replace_scrapped(deps: Deps, product: Product) -> Product:
    """Announce SCRAPPED and make the successor in one transaction; return the unit as its journal is after it.

    Whoever does it, it is done once: the index on the announcement's eventId lets one transaction commit.
    The planner gives the successor its place, before all others that wait.
    """
    while owes_successor(product.state):
        steps, successor = _successor(deps, product, deps.now())
        try:
            await _write(deps, steps, successor)
        except (SequenceTaken, Repeated):
            head = await deps.stores.steps.head(product.code)
            assert head is not None
            product = replace(product, state=head.state)
        else:
            for step in steps:
                await deps.stores.steps.announce(step)
            product = replace(product, state=steps[0].state)
    return product


def _successor(deps: Deps, product: Product, now: datetime) -> tuple[list[Step], Product]:
    """Make the step of the scrapped unit, the first step of the one that replaces it, and that unit.

    It is built as the scrapped one was to be; what was changed in the price stays with the scrapped unit.
    """
    state, code = product.state, new_code()
    scrapped = Event(kind=StepKind.SCRAPPED, event_id=SCRAPPED, occurred_at=now, successor=code)
    ordered = Event(kind=StepKind.ORDER_PLACED, event_id=f"replaces:{product.code}", occurred_at=now)
    before = State(selections=state.selections, engraving=state.engraving, design_revision=state.design_revision)
    first = journey.append(Unit(code, product.model, product.line), before, ordered, now, deps.sign)
    successor = replace(product, code=code, ordered_at=now, state=first.state, plan=None, replaces=product.code)
    return [journey.append(product.unit, state, scrapped, now, deps.sign), first], successor


async def _write(deps: Deps, steps: list[Step], successor: Product) -> None:
    looked_for = listing(successor.state, deps.model(successor.model))
    projection = Projection(successor, ProductStatus.ORDERED, successor.ordered_at, looked_for)

    async def write(transaction: Transaction) -> None:
        await deps.stores.steps.append_within(transaction, steps)
        await deps.stores.orders.add_unit_within(transaction, successor.order, successor.code)
        await deps.stores.products.insert_within(transaction, [projection])

    await deps.stores.database.in_transaction(write)
