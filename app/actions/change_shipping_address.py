"""changeShippingAddress: another place to send an order to, until one of its units is packed."""

from collections.abc import Sequence

from app.actions.design import authorised
from app.actions.order import Act, act_on_order, status_of
from app.domain.address import checked_address
from app.domain.code import format_code
from app.domain.event import Event, StepKind
from app.domain.order import Address, Order, Product
from app.domain.refusal import NotPossible, RefusalCode
from app.domain.status import ENDED
from app.domain.viewer import Viewer
from app.store.visibility import visible_to_buyer
from app.world import World


async def change_shipping_address(
    world: World, viewer: Viewer | None, order_id: str, shipping_address: Address
) -> Order:
    """Send an order elsewhere in its country, where taxes and carrier stay what they are.

    There is no window between the check and the change: each unit's journal gets a step, without the address, in the
    transaction that writes the address, and a journal in which PACKED was first at that place undoes it all.
    """
    viewer = authorised(viewer)

    def decide(order: Order, units: Sequence[Product]) -> Act:
        address = checked_address(shipping_address, order.shipping_address.country)
        if address == order.shipping_address:
            return Act()
        live = [unit for unit in units if status_of(world, unit) not in ENDED]
        for unit in live:
            if unit.state.transport:
                message = f"{format_code(unit.code)} is {status_of(world, unit)}: it is packed for its address."
                raise NotPossible(RefusalCode.TOO_LATE, message, ("orderId",))
        if not live:
            raise NotPossible(RefusalCode.TOO_LATE, "No unit of this order will be sent.", ("orderId",))
        return Act({unit.code: _changed(world, unit) for unit in live}, {"shipping_address": address})

    return await act_on_order(world, order_id, visible_to_buyer(viewer), decide)


def _changed(world: World, unit: Product) -> Event:
    event_id = f"address:{unit.state.sequence + 1}"
    return Event(kind=StepKind.ADDRESS_CHANGED, event_id=event_id, occurred_at=world.now())
