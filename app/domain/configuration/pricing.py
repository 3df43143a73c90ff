"""What a configuration costs: itemised, exact, from one currency's price list at a time.

List prices (`price`) are the model and its options. What is paid (`payable`) is one line for the model, one for each
option with a surcharge, one for delivery, and one for the tax where the country's custom is to add it. The rules:

- Each line is for all units together: the exact unit amount times the quantity, then rounded half to even to the
  currency's minor unit. Nothing is rounded before, and lines are only added: they sum to the total exactly.
- Price lists and delivery fees are the amounts that customers are shown by the custom of their country. Where that
  includes the tax, they contain it: what they contain, total x rate / (1 + rate), is told but is no line, for it must
  not be paid twice. Elsewhere the tax is a line of its own, (goods + delivery) x rate. Either is rounded once, from the
  sum of the rounded lines: a tax on top for three units may differ by a minor unit from three times that for one.
- All amounts are of one currency; there is no exchange.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from app.domain.catalogue.catalogue import Market, Model, Tax
from app.domain.configuration.configuration import Selections, chosen_options
from app.domain.shared.money import CURRENCIES, Money, rounded, total
from app.domain.shared.refusal import InvalidInput
from app.domain.shared.text import Text, all_languages

NO_TAX = Decimal(0)
DELIVERY = all_languages("Delivery", "配送", "Livraison", "Lieferung")


class QuoteLineKind(StrEnum):
    MODEL = "MODEL"
    OPTION = "OPTION"
    DELIVERY = "DELIVERY"
    TAX = "TAX"


@dataclass(frozen=True)
class PriceLine:
    """One line, for all units together; `option` names a chosen option, `GROUP.OPTION`, and is None for the rest."""

    label: Text
    option: str | None
    amount: Decimal
    kind: QuoteLineKind


@dataclass(frozen=True)
class ChargedTax:
    """The tax in what is paid: contained in the other lines where `included`, else a line of its own."""

    name: Text
    rate: Decimal
    included: bool
    amount: Decimal


@dataclass(frozen=True)
class Charges:
    """What one unit is charged beside the price list it was bought by: its delivery, and a tax that comes on top.

    `added_tax` is that tax's rate; 0 where prices contain theirs, or there is none.
    """

    delivery: Decimal
    added_tax: Decimal = NO_TAX


@dataclass(frozen=True)
class Payable:
    lines: tuple[PriceLine, ...]
    currency: str
    tax: ChargedTax | None

    @property
    def total(self) -> Money:
        return total((line.amount for line in self.lines), self.currency)


def price_lines(model: Model, selections: Selections, currency: str, quantity: int = 1) -> tuple[PriceLine, ...] | None:
    """Itemise the list price of `quantity` units; None where the model has no price list in this currency."""
    base = model.base_price.get(currency)
    if base is None:
        return None
    lines = [PriceLine(model.name, None, rounded(base * quantity), QuoteLineKind.MODEL)]
    for name, option in chosen_options(model, selections):
        surcharge = option.surcharge.get(currency)
        if surcharge:
            lines.append(PriceLine(option.name, name, rounded(surcharge * quantity), QuoteLineKind.OPTION))
    return tuple(lines)


def price(model: Model, selections: Selections, currency: str, quantity: int = 1) -> Money | None:
    """Sum the list prices: without delivery, and without a tax that is added to them."""
    lines = price_lines(model, selections, currency, quantity)
    return None if lines is None else total((line.amount for line in lines), currency)


def payable(model: Model, selections: Selections, market: Market, currency: str, quantity: int = 1) -> Payable | None:
    """Itemise what is paid for `quantity` units in a market; None without a price list in this currency."""
    goods = price_lines(model, selections, currency, quantity)
    if goods is None:
        return None
    fee = rounded(market.delivery[currency] * quantity)
    lines = (*goods, PriceLine(DELIVERY, None, fee, QuoteLineKind.DELIVERY))
    if market.tax is None:
        return Payable(lines, currency, None)
    tax = charged(market.tax, total((line.amount for line in lines), currency).amount)
    if not tax.included:
        lines = (*lines, PriceLine(tax.name, None, tax.amount, QuoteLineKind.TAX))
    return Payable(lines, currency, tax)


def charged(tax: Tax, amount: Decimal) -> ChargedTax:
    """Compute the tax contained in an amount, or to be added to it, rounded half to even."""
    exact = amount * tax.rate / (1 + tax.rate) if tax.included else amount * tax.rate
    return ChargedTax(tax.name, tax.rate, tax.included, rounded(exact))


def charges_of(delivery: Decimal, tax: Tax | ChargedTax | None) -> Charges:
    """Note of what a unit is charged what a later change of it needs."""
    return Charges(delivery, tax.rate if tax and not tax.included else NO_TAX)


def with_added_tax(amount: Decimal, rate: Decimal) -> Decimal:
    """Add to an amount of a price list the tax that comes on top of it, if any, rounded half to even."""
    return amount + rounded(amount * rate)


def payable_difference(model: Model, charges: Charges, currency: str, before: Selections, after: Selections) -> Decimal:
    """Subtract what one unit costs as it was from what it costs after a change, tax and all.

    By the price list and the charges that it was bought at: what is taken back is worth what was paid for it. Changes
    add up: there and back again costs nothing. Raises ValueError in a currency that the model is not sold in.
    """
    old, new = (price(model, selections, currency) for selections in (before, after))
    if old is None or new is None:
        raise ValueError(f"{model.sku} has no price list in {currency}")
    paid, due = (with_added_tax(goods.amount + charges.delivery, charges.added_tax) for goods in (old, new))
    return due - paid


def added_days(model: Model, selections: Selections) -> int:
    """Sum the days that the chosen options add to the delivery."""
    return sum(option.added_days for _, option in chosen_options(model, selections))


def checked_currency(currency: str, path: tuple[str, ...]) -> str:
    if currency not in CURRENCIES:
        raise InvalidInput(f"There is no price list in {currency}; there are {', '.join(CURRENCIES)}.", path)
    return currency
