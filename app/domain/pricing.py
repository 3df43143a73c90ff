"""What a configuration costs: itemised, exact, from one currency's price list at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.domain.catalogue import Model, Option
from app.domain.configuration import Selections
from app.domain.money import CURRENCIES, Money, rounded, total
from app.domain.refusal import InvalidInput
from app.domain.text import Text


@dataclass(frozen=True)
class PriceLine:
    """One line: the model itself (`option` None) or a chosen option, `GROUP.OPTION`; for all units together."""

    label: Text
    option: str | None
    amount: Decimal


def chosen_options(model: Model, selections: Selections) -> Iterator[tuple[str, Option]]:
    """Yield each chosen option with its full name, `GROUP.OPTION`."""
    for group_code, codes in selections.items():
        for option in model.groups[group_code].options:
            if option.code in codes:
                yield f"{group_code}.{option.code}", option


def price_lines(model: Model, selections: Selections, currency: str, quantity: int = 1) -> tuple[PriceLine, ...] | None:
    """Itemise the price of `quantity` units; None where the model has no price list in this currency."""
    base = model.base_price.get(currency)
    if base is None:
        return None
    lines = [PriceLine(model.name, None, rounded(base * quantity))]
    for name, option in chosen_options(model, selections):
        surcharge = option.surcharge.get(currency)
        if surcharge:
            lines.append(PriceLine(option.name, name, rounded(surcharge * quantity)))
    return tuple(lines)


def price(model: Model, selections: Selections, currency: str, quantity: int = 1) -> Money | None:
    lines = price_lines(model, selections, currency, quantity)
    return None if lines is None else total((line.amount for line in lines), currency)


def unit_price(model: Model, selections: Selections, currency: str) -> Money:
    """Price one unit in a currency that the model is known to be sold in."""
    amount = price(model, selections, currency)
    if amount is None:
        raise ValueError(f"{model.sku} has no price list in {currency}")
    return amount


def added_days(model: Model, selections: Selections) -> int:
    """Sum the days that the chosen options add to the delivery."""
    return sum(option.added_days for _, option in chosen_options(model, selections))


def checked_currency(currency: str, path: tuple[str, ...]) -> str:
    if currency not in CURRENCIES:
        raise InvalidInput(f"There is no price list in {currency}; there are {', '.join(CURRENCIES)}.", path)
    return currency
