"""What a customer may choose where an inspection failed, at which price, and what applies if nobody answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.catalogue.catalogue import Characteristic
from app.domain.configuration.pricing import NO_TAX, with_added_tax
from app.domain.shared.text import LANGUAGES, Text, in_locale
from app.domain.unit.disposition import Disposition

CONCESSION = Disposition.CONCESSION.value
REWORK = Disposition.REWORK.value


@dataclass(frozen=True)
class DecisionChoice:
    choice: str
    price_delta: Decimal
    delay_days: int


def choices(
    characteristics: tuple[Characteristic, ...], currency: str, added_tax: Decimal = NO_TAX
) -> tuple[DecisionChoice, ...]:
    """List what a customer may choose: the unit as it is at a lower price, or rework.

    A tax that came on top of the price, at the rate `added_tax`, is given back with the discount.
    """
    offers = [characteristic.concession for characteristic in characteristics if characteristic.concession]
    discount = sum((offer.discount[currency] for offer in offers), Decimal("0.00"))
    days = max(offer.rework_days for offer in offers)
    return (
        DecisionChoice(CONCESSION, -with_added_tax(discount, added_tax), 0),
        DecisionChoice(REWORK, Decimal("0.00"), days),
    )


def question(characteristics: Sequence[Characteristic]) -> Text:
    """Ask about every characteristic that failed, one after the other."""
    asked = [characteristic.concession.question for characteristic in characteristics if characteristic.concession]
    return {
        language: ("" if language == "zh" else " ").join(in_locale(each, language) for each in asked)
        for language in LANGUAGES
    }


def default_choice(characteristics: tuple[Characteristic, ...]) -> str:
    """Concede only where every failed characteristic's default says so."""
    offers = [characteristic.concession for characteristic in characteristics if characteristic.concession]
    return CONCESSION if all(offer.default == CONCESSION for offer in offers) else REWORK
