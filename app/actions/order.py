"""What is done to a whole order: steps of its units and the order itself, in one transaction or not at all."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.actions.journal import at_head, conclude_and_project, project
from app.deps import Deps
from app.domain.order.order import Order, Product
from app.domain.shared.refusal import NotFound
from app.domain.unit import journey
from app.domain.unit.conclusion import owes_successor
from app.domain.unit.event import Event
from app.domain.unit.status import ProductStatus, product_status
from app.store.database import Document, Transaction
from app.store.journal import Repeated, SequenceTaken
from app.store.order import OrderChanged


@dataclass(frozen=True)
class Act:
    """What is to be done: an event for each unit that it concerns, and what it changes in the order, by field."""

    events: Mapping[str, Event] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)


Decide = Callable[[Order, Sequence[Product]], Act]


def status_of(deps: Deps, unit: Product) -> ProductStatus:
    return product_status(unit.state, deps.model(unit.model))


async def act_on_order(deps: Deps, order_id: str, visible: Document, decide: Decide) -> Order:
    """Do what `decide` makes of an order and its units as their journals say they are.

    Each unit's journal is the lock: its unique index refuses our step where another one, a station's report say, was
    first at its place. The whole transaction is then undone, and `decide` is asked again.
    """
    while True:
        order = await deps.stores.orders.find(order_id, visible)
        if order is None:
            raise NotFound("There is no such order.", ("orderId",))
        found = await deps.stores.products.find_all(list(order.products))
        units = await asyncio.gather(*(at_head(deps, found[code]) for code in order.products))
        if owing := [unit for unit in units if owes_successor(unit.state)]:
            await conclude_and_project(
                deps, owing
            )  # what is done to the order is done to the units that come into it, too
            continue
        act = decide(order, units)
        if not act.events:  # it is done already: only lists may not know it yet
            await project(deps, [unit for unit in units if unit.state != found[unit.code].state])
            return order
        changed = replace(order, **act.changes)
        try:
            await _commit(deps, changed, units, act)
        except (SequenceTaken, Repeated, OrderChanged):
            continue
        return changed


async def _commit(deps: Deps, changed: Order, units: Sequence[Product], act: Act) -> None:
    now = deps.now()
    concerned = [unit for unit in units if unit.code in act.events]
    steps = [journey.append(unit.unit, unit.state, act.events[unit.code], now, deps.sign) for unit in concerned]

    async def write(transaction: Transaction) -> None:
        await deps.stores.steps.append_within(transaction, steps)
        await deps.stores.orders.set_within(transaction, changed, list(act.changes))

    await deps.stores.database.in_transaction(write)
    await asyncio.gather(*(deps.stores.steps.announce(step) for step in steps))
    await project(deps, [replace(unit, state=step.state) for unit, step in zip(concerned, steps, strict=True)])
