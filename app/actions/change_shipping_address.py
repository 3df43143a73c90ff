"""changeShippingAddress: another place to send those units of an order to that are not packed yet."""

from collections.abc import Sequence

from app.actions.access import signed_in
from app.actions.order import Act, act_on_order, status_of
from app.deps import Deps
from app.domain.order.address import checked_address
from app.domain.order.order import Address, Order, Product
from app.domain.shared.refusal import NotPossible, RefusalCode
from app.domain.shared.viewer import Viewer
from app.domain.unit.code import format_code
from app.domain.unit.event import Event
from app.domain.unit.kinds.change import ChangeKind
from app.domain.unit.stage import ENDED
from app.store.visibility import visible_to_buyer


async def change_shipping_address(deps: Deps, viewer: Viewer | None, order_id: str, shipping_address: Address) -> Order:
    """Send what is left of an order elsewhere in its country, where taxes and carrier stay what they are.

    Units that are packed keep the address that they were packed with. There is no window between the check and the
    change: the journal of each other unit gets a step, without the address, in the transaction that writes the address,
    and where PACKED was first at that place, all is undone and looked at again.
    """
    viewer = signed_in(viewer)

    def decide(order: Order, units: Sequence[Product]) -> Act:
        address = checked_address(shipping_address, order.shipping_address.country)
        if address == order.shipping_address:
            return Act()
        live = [unit for unit in units if status_of(deps, unit) not in ENDED]
        packed = [unit for unit in live if unit.state.transport]
        open = [unit for unit in live if not unit.state.transport]
        if not open:
            raise NotPossible(RefusalCode.TOO_LATE, _why(deps, packed), ("orderId",))
        changes: dict[str, object] = {"shipping_address": address}
        if packed:
            changes["packed_for"] = {unit.code: order.address_of(unit.code) for unit in packed}
        return Act({unit.code: _changed(deps, unit) for unit in open}, changes)

    return await act_on_order(deps, viewer, order_id, visible_to_buyer, decide)


def _why(deps: Deps, packed: Sequence[Product]) -> str:
    if not packed:
        return "No unit of this order will be sent."
    return f"{format_code(packed[-1].code)} is {status_of(deps, packed[-1])}: all units are packed for their address."


def _changed(deps: Deps, unit: Product) -> Event:
    event_id = f"address:{unit.state.sequence + 1}"
    return Event(kind=ChangeKind.ADDRESS_CHANGED, event_id=event_id, occurred_at=deps.now())
