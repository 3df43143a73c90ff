"""cancelOrder: what of an order can still be stopped, all at once."""

from collections.abc import Sequence

from app.actions.access import signed_in
from app.actions.order import Act, act_on_order, status_of
from app.deps import Deps
from app.domain.order.order import Order, Product
from app.domain.shared.refusal import InvalidInput, NotAllowed, NotPossible, RefusalCode
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.code import format_code
from app.domain.unit.event import Event
from app.domain.unit.kinds.change import ChangeKind
from app.domain.unit.stage import BEFORE_PRODUCTION, ENDED, ProductStatus
from app.store.visibility import visible_orders

REASON_LENGTH_MAX = 500
BEFORE_RELEASE = BEFORE_PRODUCTION | {
    ProductStatus.IN_PRODUCTION,
    ProductStatus.IN_INSPECTION,
    ProductStatus.ON_HOLD,
    ProductStatus.IN_REWORK,
}


async def cancel_order(deps: Deps, viewer: Viewer | None, order_id: str, reason: str | None) -> Order:
    """Cancel an order. Its buyer cancels all its units, until production of the first starts.

    Staff, with a reason, cancel each unit that is not released yet; units that are go on to their customer. The reason
    is kept with the order, for what people write there may be personal.
    """
    viewer = signed_in(viewer)
    if reason is not None and (len(reason) > REASON_LENGTH_MAX or not reason.isprintable()):
        raise InvalidInput(f"A reason has at most {REASON_LENGTH_MAX} printable characters.", ("reason",))
    staff = viewer.kind == AccountKind.STAFF

    def decide(order: Order, units: Sequence[Product]) -> Act:
        if staff and not (reason or "").strip():
            raise NotAllowed("Staff give a reason to cancel.", ("reason",))
        live = [unit for unit in units if status_of(deps, unit) not in ENDED]
        stopped = _not_released(deps, live) if staff else _not_started(deps, live)
        cancelled = Event(kind=ChangeKind.ORDER_CANCELLED, event_id="cancelled:1", occurred_at=deps.now())
        return Act({unit.code: cancelled for unit in stopped}, {"cancel_reason": reason})

    return await act_on_order(deps, viewer, order_id, visible_orders, decide)


def _not_started(deps: Deps, live: Sequence[Product]) -> Sequence[Product]:
    for unit in live:
        status = status_of(deps, unit)
        if status not in BEFORE_PRODUCTION:
            message = f"Production has started: {format_code(unit.code)} is {status}."
            raise NotPossible(RefusalCode.TOO_LATE, message, ("orderId",))
    return live


def _not_released(deps: Deps, live: Sequence[Product]) -> Sequence[Product]:
    stopped = [unit for unit in live if status_of(deps, unit) in BEFORE_RELEASE]
    if live and not stopped:
        raise NotPossible(RefusalCode.TOO_LATE, "All units of this order are released.", ("orderId",))
    return stopped
