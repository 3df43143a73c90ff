"""When its customer wants a unit to be delivered."""

from dataclasses import dataclass

from app.domain.shared.text import all_languages
from app.domain.unit.delivery_slot import DeliverySlot
from app.domain.unit.event import Event, Row, StepKind
from app.domain.unit.payload import Payload
from app.domain.unit.stage import Stage
from app.domain.unit.state import Changes, State


@dataclass(frozen=True)
class Appointment(Payload):
    """The delivery slot that was chosen."""

    slot: DeliverySlot


def _chosen(state: State, event: Event) -> Changes:
    return {"slot": event.carried(Appointment).slot}


class DeliveryKind(StepKind):
    DELIVERY_SLOT_CHOSEN = (
        "DELIVERY_SLOT_CHOSEN",
        Row(
            Stage.LOGISTICS,
            all_languages(
                "Delivery time chosen", "已选择送货时段", "Créneau de livraison choisi", "Lieferzeit gewählt"
            ),
            "The customer chose or moved the delivery slot.",
            _chosen,
            payload=Appointment,
        ),
    )
