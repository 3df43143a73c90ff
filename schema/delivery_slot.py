"""When a customer wants a unit to be delivered, as clients see it."""

from datetime import date

import strawberry

from app.domain.unit import delivery_slot as domain
from schema.scalars import ProductCode


@strawberry.type(
    description="A period of one day in which the carrier delivers, in local time at the delivery address."
)
class DeliverySlot:
    id: strawberry.ID = strawberry.field(description="The slot's id, for chooseDeliverySlot: 2026-11-25T08:00.")
    day: date = strawberry.field(description="The day of the delivery.")
    starts_at: str = strawberry.field(description="When the slot begins: 08:00.")
    ends_at: str = strawberry.field(description="When the slot ends: 12:00.")

    @classmethod
    def of(cls, slot: domain.DeliverySlot) -> "DeliverySlot":
        return cls(
            id=strawberry.ID(slot.id), day=slot.day, starts_at=f"{slot.start:%H:%M}", ends_at=f"{slot.end:%H:%M}"
        )


@strawberry.type(description="A delivery slot that can be chosen for a unit.")
class OfferedSlot:
    slot: DeliverySlot = strawberry.field(description="The delivery slot.")
    places_left: int = strawberry.field(description="For how many more units the slot has room now; 0: it is full.")


@strawberry.input(description="The delivery slot that a customer chooses for a unit.")
class ChooseDeliverySlotInput:
    code: ProductCode = strawberry.field(description="The ID code of the unit.")
    slot: strawberry.ID = strawberry.field(description="The id of one of the unit's deliverySlots.")
    idempotency_key: str = strawberry.field(
        description="The client's own id of this choice, 1 to 128 characters: sent again, it answers the same."
    )
