"""Quotes as clients see them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from app.context import Info
from app.domain.configuration.pricing import ChargedTax, PriceLine, QuoteLineKind
from app.domain.order import order as domain
from app.domain.shared import refusal
from app.domain.shared.money import Money as DomainMoney
from schema.design import Design
from schema.money import Money
from schema.node import Node, global_id
from schema.refusal import Conflict, InvalidInput, NotFound, NotPossible, Refusal, basics, maps
from schema.scalars import CountryCode, CurrencyCode
from schema.words import InLocale, vocabulary, words

vocabulary(
    QuoteLineKind,
    "What a line of a quote is for. The list grows: expect unknown values.",
    {
        "MODEL": "The model itself.",
        "OPTION": "A chosen option with a surcharge.",
        "DELIVERY": "Delivery; 0.00 where it is free.",
        "TAX": "A tax that is added to the prices; only where they do not include it.",
    },
)


@strawberry.type(description="One line of a quote.")
class QuoteLine:
    line: strawberry.Private[PriceLine]
    kind: QuoteLineKind = strawberry.field(description="What it is for.")
    option: str | None = strawberry.field(description="GROUP.OPTION of an option; null for every other kind.")
    amount: Money = strawberry.field(description="For all units together, rounded half to even.")

    @classmethod
    def of(cls, line: PriceLine, currency: str) -> "QuoteLine":
        amount = Money.of(DomainMoney(line.amount, currency))
        return cls(line=line, kind=line.kind, option=line.option, amount=amount)

    @strawberry.field(description="What it is called.")
    def label(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.line.label, locale)


@strawberry.type(description="The tax in what a quote charges, as of its day.")
class Tax:
    tax: strawberry.Private[ChargedTax]
    rate: Decimal = strawberry.field(description="A share of the net price: 0.19 for 19 %.")
    included: bool = strawberry.field(
        description="True: the lines contain it, and none is for it. False: it is the line of kind TAX, on top."
    )
    amount: Money = strawberry.field(description="How much of the total is tax, rounded half to even.")

    @classmethod
    def of(cls, tax: ChargedTax, currency: str) -> "Tax":
        amount = Money.of(DomainMoney(tax.amount, currency))
        return cls(tax=tax, rate=tax.rate, included=tax.included, amount=amount)

    @strawberry.field(description="What it is called: VAT, GST, sales tax …")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.tax.name, locale)


@strawberry.type(description="An immutable price for one design revision, quantity, country and currency.")
class Quote(Node):
    quote: strawberry.Private[domain.Quote]
    design_revision: int = strawberry.field(description="The revision it prices.")
    quantity: int = strawberry.field(description="How many units.")
    lines: list[QuoteLine] = strawberry.field(description="What the total consists of.")
    subtotal: Money = strawberry.field(description="The model and its options, as the price lists show them.")
    delivery: Money = strawberry.field(description="Delivery of all units.")
    tax: Tax | None = strawberry.field(
        description="Null where we charge none; what is due on import is then the buyer's to pay."
    )
    total: Money = strawberry.field(description="What is paid: the sum of the lines, exactly.")
    earliest_delivery: date = strawberry.field(description="The first day it could arrive, as of now.")
    valid_until: datetime = strawberry.field(description="Until when it can be ordered.")

    @classmethod
    def of(cls, quote: domain.Quote) -> "Quote":
        return cls(
            id=global_id("Quote", quote.id),
            quote=quote,
            design_revision=quote.design_revision,
            quantity=quote.quantity,
            lines=[QuoteLine.of(line, quote.currency) for line in quote.lines],
            subtotal=Money.of(DomainMoney(quote.subtotal, quote.currency)),
            delivery=Money.of(DomainMoney(quote.delivery, quote.currency)),
            tax=Tax.of(quote.tax, quote.currency) if quote.tax else None,
            total=Money.of(DomainMoney(quote.total, quote.currency)),
            earliest_delivery=quote.earliest_delivery,
            valid_until=quote.valid_until,
        )

    @strawberry.field(description="The design at the revision that was priced.")
    async def design(self, info: Info) -> Design:
        changes, key = info.context.deps.stores.design_changes, (self.quote.design, self.quote.design_revision)
        found = await info.context.load(changes.find_whole_revisions, key)
        head = await info.context.load(changes.last_entries, self.quote.design)
        assert found is not None, "a design's journal is never shortened"
        assert head is not None, "nor is it empty"
        return Design.of(found, head.state)


@strawberry.type(description="The quote is no longer valid.")
class QuoteExpired(Refusal):
    fresh_quote: Quote = strawberry.field(description="The same revision at today's price.")


@maps(refusal.QuoteExpired)
def _quote_expired(raised: refusal.QuoteExpired) -> QuoteExpired:
    return QuoteExpired(**basics(raised), fresh_quote=Quote.of(raised.fresh_quote))


@strawberry.input(description="What to quote.")
class RequestQuoteInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    design_revision: int = strawberry.field(description="Its current revision; another one is a Conflict.")
    quantity: int = strawberry.field(default=1, description="1 to 100 units.")
    country: CountryCode = strawberry.field(description="Where to deliver.")
    currency: CurrencyCode = strawberry.field(description="CNY, EUR, USD or GBP.")


RequestQuoteResult = Annotated[
    Quote | InvalidInput | NotFound | Conflict | NotPossible,
    strawberry.union("RequestQuoteResult", description="The quote, or why not."),
]
