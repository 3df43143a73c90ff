"""When a customer wants a unit to be delivered, as clients see it."""

from datetime import date

import strawberry

from app.domain.unit import delivery_slot as domain
from schema.scalars import ProductCode


@strawberry.type(description="Hours of one day in which the carrier comes; local time at the delivery address.")
class DeliverySlot:
    id: strawberry.ID = strawberry.field(description="Name it to chooseDeliverySlot: 2026-11-25T08:00.")
    day: date = strawberry.field(description="The day.")
    starts_at: str = strawberry.field(description="From: 08:00.")
    ends_at: str = strawberry.field(description="To: 12:00.")

    @classmethod
    def of(cls, slot: domain.DeliverySlot) -> "DeliverySlot":
        return cls(
            id=strawberry.ID(slot.id), day=slot.day, starts_at=f"{slot.start:%H:%M}", ends_at=f"{slot.end:%H:%M}"
        )


@strawberry.type(description="A slot that may be chosen for one unit.")
class OfferedSlot:
    slot: DeliverySlot = strawberry.field(description="Which.")
    places_left: int = strawberry.field(description="For how many units it has room now; 0: others were first.")


@strawberry.input(description="When a unit is to be delivered.")
class ChooseDeliverySlotInput:
    code: ProductCode = strawberry.field(description="The unit.")
    slot: strawberry.ID = strawberry.field(description="The id of one of its deliverySlots.")
    idempotency_key: str = strawberry.field(description="The client's own id of this choice, 1 to 128 characters.")
