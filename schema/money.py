"""Money as clients see it."""

from decimal import Decimal
from typing import Annotated

import strawberry
from babel.core import Locale as BabelLocale
from babel.core import UnknownLocaleError
from babel.numbers import format_currency

from app.context import Info
from app.domain.shared.money import Money as DomainMoney
from schema.scalars import CurrencyCode
from schema.words import InLocale

DEFAULT_CURRENCY = "CNY"
InCurrency = Annotated[
    CurrencyCode | None, strawberry.argument(description="The currency of the price list; without it, CNY.")
]


@strawberry.type(description="An exact amount of money in one currency.")
class Money:
    amount: Decimal = strawberry.field(description="The exact amount.")
    currency: CurrencyCode = strawberry.field(description="The currency.")

    @classmethod
    def of(cls, money: DomainMoney) -> "Money":
        return cls(amount=money.amount, currency=CurrencyCode(money.currency))

    @strawberry.field(description="The amount as it is written in a language.")
    def formatted(self, info: Info, locale: InLocale = None) -> str:
        return format_currency(self.amount, self.currency, locale=known_locale(locale or info.context.locale))


def known_locale(tag: str | None) -> BabelLocale:
    """Find the closest locale that CLDR knows, from the most special tag to the least; English at last."""
    while tag:
        try:
            return BabelLocale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            tag = tag.rpartition("-")[0]
    return BabelLocale("en")


@strawberry.input(description="An exact amount of money in one currency.")
class MoneyInput:
    amount: Decimal = strawberry.field(description="The exact amount.")
    currency: CurrencyCode = strawberry.field(description="The currency.")
