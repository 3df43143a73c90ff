"""cancelOrder: all live units of an order, or none."""

from dataclasses import replace

from app.actions.design import authorised
from app.actions.journal import at_head, projection
from app.domain import journey
from app.domain.event import Event, StepKind
from app.domain.journey import Step
from app.domain.order import Order, Product
from app.domain.refusal import NotAllowed, NotFound, NotPossible, RefusalCode
from app.domain.status import BEFORE_PRODUCTION, ENDED, ProductStatus, product_status
from app.domain.viewer import AccountKind, Viewer
from app.store.database import Transaction
from app.store.journal import PlaceTaken
from app.store.visibility import visible_orders
from app.world import World

REASON_LENGTH_MAX = 500
BEFORE_RELEASE = BEFORE_PRODUCTION | {
    ProductStatus.IN_PRODUCTION,
    ProductStatus.IN_INSPECTION,
    ProductStatus.ON_HOLD,
    ProductStatus.IN_REWORK,
}


async def cancel_order(world: World, viewer: Viewer | None, order_id: str, reason: str | None) -> Order:
    """Cancel an order: its buyer until production starts, staff with a reason until release."""
    viewer = authorised(viewer)
    order = await world.stores.orders.find(order_id, visible_orders(viewer))
    if order is None:
        raise NotFound("There is no such order.", ("orderId",))
    if reason is not None and len(reason) > REASON_LENGTH_MAX:
        raise NotPossible(
            RefusalCode.INVALID_INPUT, f"A reason has at most {REASON_LENGTH_MAX} characters.", ("reason",)
        )
    if viewer.kind == AccountKind.STAFF and not (reason or "").strip():
        raise NotAllowed("Staff give a reason to cancel.", ("reason",))
    allowed = BEFORE_RELEASE if viewer.kind == AccountKind.STAFF else BEFORE_PRODUCTION
    while True:
        units = list((await world.stores.products.find_all(list(order.products))).values())
        live = [unit for unit in [await at_head(world, unit) for unit in units] if not _ended(world, unit)]
        for unit in live:
            if product_status(unit.state, world.model(unit.model)) not in allowed:
                raise NotPossible(RefusalCode.TOO_LATE, "The production of this order has started.", ("orderId",))
        steps = [_cancel(world, unit, reason) for unit in live]
        try:
            await _write(world, steps)
        except PlaceTaken:
            continue  # a station or the planner was first: look again
        await _publish(world, live, steps)
        return order


def _ended(world: World, unit: Product) -> bool:
    return product_status(unit.state, world.model(unit.model)) in ENDED


def _cancel(world: World, unit: Product, reason: str | None) -> Step:
    now = world.now()
    event = Event(kind=StepKind.ORDER_CANCELLED, event_id="cancelled:1", occurred_at=now, note=reason)
    return journey.append(unit.unit, unit.state, event, now)


async def _write(world: World, steps: list[Step]) -> None:
    async def write(transaction: Transaction) -> None:
        await world.stores.steps.append_within(transaction, steps)

    if steps:
        await world.stores.database.in_transaction(write)


async def _publish(world: World, units: list[Product], steps: list[Step]) -> None:
    for step in steps:
        await world.stores.steps.announce(step)
    cancelled = [replace(unit, state=step.state) for unit, step in zip(units, steps, strict=True)]
    await world.stores.products.project([projection(world, unit) for unit in cancelled])
