"""chooseDeliverySlot: when the customer wants to be at home, until the unit is out for delivery."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.actions.design import authorised
from app.actions.journal import at_head, projection
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.idempotency import checked_key, hashed_key
from app.domain.shared.refusal import InvalidInput, NotFound, NotPossible, RefusalCode
from app.domain.shared.viewer import Viewer
from app.domain.unit import journey
from app.domain.unit.delivery_slot import DeliverySlot, offered_slots
from app.domain.unit.eta import estimate
from app.domain.unit.event import OURSELVES, Event, StepKind
from app.domain.unit.journey import Step
from app.domain.unit.status import DELIVERED, ENDED, ProductStatus, product_status
from app.store.database import Transaction
from app.store.journal import Repeated, SequenceTaken
from app.store.visibility import visible_to_buyer

CLOSED = ENDED | DELIVERED | {ProductStatus.OUT_FOR_DELIVERY}


@dataclass(frozen=True)
class Offer:
    """A slot and for how many units it has room in all."""

    slot: DeliverySlot
    capacity: int


def offers(deps: Deps, unit: Product) -> Sequence[Offer]:
    """List the slots that a unit's customer may choose from: none before it is planned, none once it is on the van."""
    model, carrier = deps.model(unit.model), deps.catalogue.carrier.get(unit.carrier or "")
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
    """Choose or move a unit's slot. The race with the carrier's van is decided by the journal."""
    viewer = authorised(viewer)
    checked_key(idempotency_key)
    found = await deps.stores.products.find(code, visible_to_buyer(viewer))
    if found is None:
        raise NotFound("There is no such unit.", ("code",))
    event_id, former = f"slot:{hashed_key(found.code, idempotency_key)}", f"slot:{idempotency_key}"
    while True:
        find = deps.stores.steps.find_event
        known = await find(found.code, OURSELVES, event_id) or await find(found.code, OURSELVES, former)
        unit = await at_head(deps, found)
        if known is not None:
            return _same(unit, known, slot_id)
        offer = _decide(deps, unit, slot_id)
        event = Event(kind=StepKind.DELIVERY_SLOT_CHOSEN, event_id=event_id, occurred_at=deps.now(), slot=offer.slot)
        step = journey.append(unit.unit, unit.state, event, deps.now(), deps.sign)
        try:
            chosen = await _write(deps, unit, step, offer)
        except (SequenceTaken, Repeated):
            continue  # the carrier, or the same request, was first: look again
        await deps.stores.steps.announce(step)
        return chosen


def _same(unit: Product, known: Step, slot_id: str) -> Product:
    """Answer a repeated request with the unit in its present state."""
    if known.slot is None or known.slot.id != slot_id:
        raise NotPossible(RefusalCode.KEY_REUSED, "This key was used with another slot.", ("idempotencyKey",))
    return unit


def _decide(deps: Deps, unit: Product, slot_id: str) -> Offer:
    status = product_status(unit.state, deps.model(unit.model))
    if status in CLOSED:
        raise NotPossible(RefusalCode.TOO_LATE, f"The unit is {status}: its delivery can't be moved.", ("code",))
    offer = next((offer for offer in offers(deps, unit) if offer.slot.id == slot_id), None)
    if offer is None:
        raise InvalidInput("This slot is not offered for this unit; read deliverySlots.", ("slot",))
    return offer


async def _write(deps: Deps, unit: Product, step: Step, offer: Offer) -> Product:
    """Append the act and project it at once, unless the slot is full; of choosers at the same time one is first.

    The slot that the unit has already is written too: it binds the key, so that a delayed repeat moves nothing back.
    """
    chosen, slot = replace(unit, state=step.state), offer.slot
    capacity = offer.capacity + (unit.state.slot == slot)

    async def write(transaction: Transaction) -> None:
        count = deps.stores.slots.count_locked
        if await count(transaction, unit.carrier or "", unit.country, slot.id, slot.day) >= capacity:
            raise NotPossible(RefusalCode.TOO_LATE, "Others were first: this slot is full.", ("slot",))
        await deps.stores.steps.append_within(transaction, [step])
        await deps.stores.products.project([projection(deps, chosen)], transaction)

    await deps.stores.database.in_transaction(write)
    return chosen
