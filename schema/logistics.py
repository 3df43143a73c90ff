"""From the factory's gate to the door, as clients see it: packages, delivery slots and the proof of delivery."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain.unit import delivery_slot as domain
from schema.refusal import InvalidInput, NotAllowed, NotFound, NotPossible
from schema.scalars import ProductCode

if TYPE_CHECKING:
    from schema.product import Product
    from schema.step import Media


@strawberry.type(description="One package of a unit.")
class Package:
    sscc: str = strawberry.field(description="GS1 Serial Shipping Container Code (AI 00), 18 digits.")
    packed_at: datetime = strawberry.field(description="When it was packed (factory clock).")


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


@strawberry.type(description="What the carrier has to show for a delivery.")
class ProofOfDelivery:
    delivered_at: datetime = strawberry.field(description="When, at the source (factory clock).")
    signature_hash: str | None = strawberry.field(description="SHA-256, hex, of the proof that the carrier keeps.")
    media: list[Annotated["Media", strawberry.lazy("schema.step")]] = strawberry.field(description="Pictures.")


@strawberry.input(description="When a unit is to be delivered.")
class ChooseDeliverySlotInput:
    code: ProductCode = strawberry.field(description="The unit.")
    slot: strawberry.ID = strawberry.field(description="The id of one of its deliverySlots.")
    idempotency_key: str = strawberry.field(description="The client's own id of this choice, 1 to 128 characters.")


ChooseDeliverySlotResult = Annotated[
    Annotated["Product", strawberry.lazy("schema.product")] | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("ChooseDeliverySlotResult", description="The unit after it, or why not."),
]
