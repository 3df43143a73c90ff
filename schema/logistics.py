"""From the factory's gate to the door, as clients see it: packages, the address, slots and the proof of delivery."""

import asyncio
from datetime import datetime

import strawberry

from app.actions.choose_delivery_slot import offers
from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.viewer import may_see_address
from app.domain.unit.kinds.transport import Proof, TransportKind, proof_of_delivery
from app.store.slot import CarrierSlot
from schema.delivery_slot import DeliverySlot, OfferedSlot
from schema.order import Address
from schema.step import Media


@strawberry.type(description="One package of a unit.")
class Package:
    sscc: str = strawberry.field(description="The package's GS1 Serial Shipping Container Code (AI 00): 18 digits.")
    packed_at: datetime = strawberry.field(description="When the package was packed (factory clock).")


@strawberry.type(description="The carrier's proof of a delivery.")
class ProofOfDelivery:
    delivered_at: datetime = strawberry.field(
        description="When the unit was delivered, as the carrier says (factory clock)."
    )
    signature_hash: str | None = strawberry.field(
        description="The SHA-256 hash, in hexadecimal, of the proof that the carrier keeps; null: the carrier sent "
        "none."
    )
    media: list[Media] = strawberry.field(description="Pictures of the delivery.")


@strawberry.type
class ProductLogistics:
    """What a product says of its way to the customer."""

    unit: strawberry.Private[DomainProduct]

    @strawberry.field(
        description="The address to which the unit is sent. Only its buyer and our staff see it, and its carrier "
        "once the factory has packed the unit; it is null for everybody else."
    )
    async def shipping_address(self, info: Info) -> Address | None:
        unit = self.unit
        if not may_see_address(info.context.viewer, unit.access, handed_over=unit.state.handed_over_at is not None):
            return None
        order = await info.context.load(info.context.deps.stores.orders.find_all, unit.order)
        return Address.of(order.address_of(unit.code)) if order else None

    @strawberry.field(description="The unit's packages, in the order in which they were packed.")
    def packages(self) -> list[Package]:
        packed = sorted(self.unit.state.packages.items(), key=lambda entry: (entry[1], entry[0]))
        return [Package(sscc=sscc, packed_at=at) for sscc, at in packed]

    @strawberry.field(description="The delivery slot that the customer chose; null: none was chosen.")
    def delivery_slot(self) -> DeliverySlot | None:
        return DeliverySlot.of(self.unit.state.slot) if self.unit.state.slot else None

    @strawberry.field(
        description="The delivery slots that the customer can choose; empty: the unit is not planned yet, or it is "
        "out for delivery already."
    )
    async def delivery_slots(self, info: Info) -> list[OfferedSlot]:
        deps, unit = info.context.deps, self.unit
        offered = offers(deps, unit)
        places = {offer.slot.id: CarrierSlot(unit.carrier or "", unit.country, offer.slot.id) for offer in offered}
        units = [info.context.load(deps.stores.slots.taken, place) for place in places.values()]
        taken = dict(zip(places, await asyncio.gather(*units), strict=True))
        return [
            OfferedSlot(
                slot=DeliverySlot.of(offer.slot), places_left=max(0, offer.capacity - (taken[offer.slot.id] or 0))
            )
            for offer in offered
        ]

    @strawberry.field(description="The carrier's proof of the delivery; null: the unit is not delivered yet.")
    async def proof_of_delivery(self, info: Info) -> ProofOfDelivery | None:
        state = self.unit.state
        if TransportKind.DELIVERED not in state.transport:
            return None
        steps = info.context.deps.stores.steps
        told = await info.context.load(steps.read_kinds, (self.unit.code, state.sequence), (TransportKind.DELIVERED,))
        step = proof_of_delivery(told or ())
        if step is None:
            return None
        media = [Media.of(each) for each in step.media]
        signature_hash = step.payload.signature_hash if isinstance(step.payload, Proof) else None
        return ProofOfDelivery(delivered_at=step.occurred_at, signature_hash=signature_hash, media=media)
