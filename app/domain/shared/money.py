"""Exact money: one currency at a time, half-even rounding to the currency's minor unit (ISO 4217)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

CURRENCIES = ("CNY", "EUR", "USD", "GBP")
MINOR_UNIT = Decimal("0.01")  # all four have two digits


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(MINOR_UNIT, ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Money:
    amount: Decimal
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} are never added")
        return Money(self.amount + other.amount, self.currency)


def total(amounts: Iterable[Decimal], currency: str) -> Money:
    return Money(sum((rounded(amount) for amount in amounts), Decimal("0.00")), currency)
