"""What its customer, or staff, changes about a unit that was ordered: its choices, its address, or that it is built."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.configuration.configuration import Selections
from app.domain.shared.text import all_languages
from app.domain.unit.event import Event, Row, StepKind, nothing
from app.domain.unit.fact import PastChoice, earliest
from app.domain.unit.payload import Payload
from app.domain.unit.stage import Stage
from app.domain.unit.state import Changes, State

PAST_CHOICES_MAX = 50


@dataclass(frozen=True)
class Change(Payload):
    """What DESIGN_CHANGED changes: all choices as they are from now on, and the difference in price."""

    selections: Selections
    price_delta: Decimal


def _design_changed(state: State, event: Event) -> Changes:
    """Take the new choices; of what they took away, the latest choices are remembered."""
    before, change = state.selections, event.carried(Change)
    past = [
        PastChoice(group, tuple(before.get(group, ())), event.occurred_at)
        for group in dict.fromkeys((*before, *change.selections))
        if tuple(before.get(group, ())) != tuple(change.selections.get(group, ()))
    ]
    return {
        "past_choices": (*state.past_choices, *past)[-PAST_CHOICES_MAX:],
        "selections": change.selections,
        "design_revision": state.design_revision + 1,
        "price_delta": state.price_delta + change.price_delta,
    }


def _cancelled(state: State, event: Event) -> Changes:
    unbegun = state.begun_at is None and not state.transport
    return {
        "cancelled_at": earliest(state.cancelled_at, event.occurred_at),
        "cancelled_unbegun": state.cancelled_unbegun if state.cancelled_at else unbegun,
    }


class ChangeKind(StepKind):
    DESIGN_CHANGED = (
        "DESIGN_CHANGED",
        Row(
            Stage.ORDER,
            all_languages("Design changed", "设计已更改", "Configuration modifiée", "Ausführung geändert"),
            "The customer changed one or more options of the unit.",
            _design_changed,
            payload=Change,
        ),
    )
    ADDRESS_CHANGED = (
        "ADDRESS_CHANGED",
        Row(
            Stage.ORDER,
            all_languages(
                "Shipping address changed", "收货地址已更改", "Adresse de livraison modifiée", "Lieferadresse geändert"
            ),
            "The customer changed where the unit is sent; the journal does not say where.",
            nothing,
        ),
    )
    ORDER_CANCELLED = (
        "ORDER_CANCELLED",
        Row(
            Stage.ORDER,
            all_languages("Cancelled", "已取消", "Annulé", "Storniert"),
            "The order was cancelled: the unit will not be built.",
            _cancelled,
        ),
    )
