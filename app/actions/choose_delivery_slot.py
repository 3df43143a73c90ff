"""chooseDeliverySlot: when the customer wants to be at home, until the unit is out for delivery."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from app.actions.access import get_unit, signed_in
from app.actions.unit import EventKey, act_on_unit, projection
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.idempotency import checked_key, hashed_key
from app.domain.shared.refusal import InvalidInput, NotPossible, RefusalCode
from app.domain.shared.viewer import Viewer
from app.domain.unit.delivery_slot import DeliverySlot, offered_slots
from app.domain.unit.eta import estimate
from app.domain.unit.event import OURSELVES, Event
from app.domain.unit.journey import JournalEntry
from app.domain.unit.kinds.delivery import Appointment, DeliveryKind
from app.domain.unit.stage import DELIVERED, ENDED, ProductStatus
from app.domain.unit.state import State
from app.domain.unit.status import product_status
from app.store.database import Transaction, Within
from app.store.visibility import visible_to_buyer

CLOSED = ENDED | DELIVERED | {ProductStatus.OUT_FOR_DELIVERY}


@dataclass(frozen=True)
class Offer:
    """A slot and for how many units it has room in all."""

    slot: DeliverySlot
    capacity: int


def offers(deps: Deps, unit: Product) -> Sequence[Offer]:
    """List the slots that a unit's customer may choose from: none before it is planned, none once it is on the van."""
    model, carrier = deps.model_of(unit), deps.catalogue.carrier.get(unit.carrier or "")
    if carrier is None or product_status(unit.state, model) in CLOSED:
        return ()
    now, calendar = deps.now(), deps.calendar(unit.line)
    eta = estimate(unit.state, unit.current_plan, model, calendar, carrier, unit.country, now)
    if eta is None:
        return ()
    return [Offer(slot, window.capacity) for slot, window in offered_slots(carrier, eta.earliest, eta.latest, now)]


async def choose_delivery_slot(
    deps: Deps, viewer: Viewer | None, code: str, slot_id: str, idempotency_key: str
) -> Product:
    """Choose or move a unit's slot; the same key and slot again answer the unit, in its present state.

    The race with the carrier's van is decided by the journal. The slot that the unit has already is written too: that
    binds the key, so that a delayed repetition moves nothing back.
    """
    viewer = signed_in(viewer)
    checked_key(idempotency_key)
    found = await get_unit(deps, viewer, code, visible_to_buyer)
    key = EventKey(OURSELVES, f"slot:{hashed_key(found.code, idempotency_key)}")

    def decide(state: State) -> Event:
        slot = _offered(deps, replace(found, state=state), slot_id).slot
        return Event(
            kind=DeliveryKind.DELIVERY_SLOT_CHOSEN,
            event_id=key.event_id,
            occurred_at=deps.now(),
            payload=Appointment(slot),
        )

    entry, unit = await act_on_unit(deps, found, decide, key, partial(_count_in_slot, deps, found))
    if entry is None or entry.step.carried(Appointment).slot.id != slot_id:
        raise NotPossible(RefusalCode.KEY_REUSED, "This key was used with another slot.", ("idempotencyKey",))
    return unit


def _offered(deps: Deps, unit: Product, slot_id: str) -> Offer:
    """Find a slot among those offered; raises NotPossible once the unit is on its way, InvalidInput for any other."""
    status = product_status(unit.state, deps.model_of(unit))
    if status in CLOSED:
        raise NotPossible(RefusalCode.TOO_LATE, f"The unit is {status}: its delivery can't be moved.", ("code",))
    offer = next((offer for offer in offers(deps, unit) if offer.slot.id == slot_id), None)
    if offer is None:
        raise InvalidInput("This slot is not offered for this unit; read deliverySlots.", ("slot",))
    return offer


def _count_in_slot(deps: Deps, found: Product, before: State, entry: JournalEntry) -> Sequence[Within]:
    """Say what is written with a choice: the unit's projection, which is what is counted, where the slot has room."""
    unit, chosen = replace(found, state=before), replace(found, state=entry.state)
    slot = entry.step.carried(Appointment).slot
    capacity = _offered(deps, unit, slot.id).capacity + (before.slot == slot)

    async def count(transaction: Transaction) -> None:
        counted = deps.stores.slots.count_locked
        if await counted(transaction, unit.carrier or "", unit.country, slot.id, slot.day) >= capacity:
            raise NotPossible(RefusalCode.TOO_LATE, "Others were first: this slot is full.", ("slot",))
        await deps.stores.products.project_within(transaction, [projection(deps, chosen)])

    return (count,)
