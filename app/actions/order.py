"""What is done to a whole order: steps of its units and the order itself, in one transaction or not at all."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from app.actions.access import Visible, get_order
from app.actions.journal import NothingToAppend, append, append_together
from app.actions.unit import at_head, conclude_and_project, project
from app.deps import Deps
from app.domain.order.order import Order, Product
from app.domain.shared.viewer import Viewer
from app.domain.unit import journey
from app.domain.unit.conclusion import owes_successor
from app.domain.unit.event import Event
from app.domain.unit.stage import ProductStatus
from app.domain.unit.status import product_status


@dataclass(frozen=True)
class Act:
    """What is to be done: an event for each unit that it concerns, and what it changes in the order, by field."""

    events: Mapping[str, Event] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OrderHead:
    """An order, its units as their journals say they are, and which of them the list of units shows as they were."""

    order: Order
    units: Sequence[Product]
    lagging: Sequence[Product]


Decide = Callable[[Order, Sequence[Product]], Act]


def status_of(deps: Deps, unit: Product) -> ProductStatus:
    """Return the status of a unit in its present state."""
    return product_status(unit.state, deps.model_of(unit))


async def act_on_order(deps: Deps, viewer: Viewer, order_id: str, visible: Visible, decide: Decide) -> Order:
    """Do what `decide` makes of an order and its units as their journals say they are.

    Each unit's journal is the lock: its unique index refuses our step where another one, a station's report say, was
    first at its sequence. The whole transaction is then undone, and `decide` is asked again. An act without events is
    done already. Raises NotFound where the viewer may not see the order.
    """

    async def read_head() -> OrderHead:
        return await _read_head(deps, viewer, order_id, visible)

    def decide_act(head: OrderHead) -> Act:
        act = decide(head.order, head.units)
        if not act.events:
            raise NothingToAppend
        return act

    done = await append(await read_head(), decide_act, partial(_commit, deps), read_head)
    if done.entry is None:
        await project(deps, done.head.lagging)
        return done.head.order
    return replace(done.head.order, **done.entry.changes)


async def _read_head(deps: Deps, viewer: Viewer, order_id: str, visible: Visible) -> OrderHead:
    """Read an order and its units; successors that are owed are made before, for what is done is done to them, too."""
    while True:
        order = await get_order(deps, viewer, order_id, visible)
        listed = await deps.stores.products.find_all(list(order.products))
        units = await asyncio.gather(*(at_head(deps, listed[code]) for code in order.products))
        owing = [unit for unit in units if owes_successor(unit.state)]
        if not owing:
            return OrderHead(order, units, [unit for unit in units if unit.state != listed[unit.code].state])
        await conclude_and_project(deps, owing)


async def _commit(deps: Deps, head: OrderHead, act: Act) -> None:
    now, stores, changed = deps.now(), deps.stores, replace(head.order, **act.changes)
    concerned = [unit for unit in head.units if unit.code in act.events]
    entries = [
        journey.append(unit.unit, deps.model_of(unit), unit.state, act.events[unit.code], now, deps.sign)
        for unit in concerned
    ]
    await append_together(
        deps,
        stores.steps,
        entries,
        lambda transaction: stores.orders.set_within(transaction, changed, list(act.changes)),
    )
    await project(deps, [replace(unit, state=entry.state) for unit, entry in zip(concerned, entries, strict=True)])
