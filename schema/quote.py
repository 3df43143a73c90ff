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
from schema.catalogue import Edition
from schema.design import Design
from schema.money import Money
from schema.node import Node, global_id
from schema.refusal import Conflict, InvalidInput, NotFound, NotPossible, Refusal, basics, maps
from schema.scalars import CountryCode, CurrencyCode
from schema.words import InLocale, vocabulary, words

vocabulary(
    QuoteLineKind,
    "The kinds of lines of a quote. The list grows: expect unknown values.",
    {
        "MODEL": "The model itself.",
        "OPTION": "An option with a surcharge.",
        "DELIVERY": "Delivery; 0.00 where it is free.",
        "TAX": "A tax that is added, where the prices do not include it.",
    },
)


@strawberry.type(description="One line of a quote.")
class QuoteLine:
    line: strawberry.Private[PriceLine]
    kind: QuoteLineKind = strawberry.field(description="What kind of line it is.")
    option: str | None = strawberry.field(description="The option, as GROUP.OPTION; null: it is another kind of line.")
    amount: Money = strawberry.field(description="The amount for all units together, rounded half to even.")

    @classmethod
    def of(cls, line: PriceLine, currency: str) -> "QuoteLine":
        amount = Money.of(DomainMoney(line.amount, currency))
        return cls(line=line, kind=line.kind, option=line.option, amount=amount)

    @strawberry.field(description="A label of the line, for people.")
    def label(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.line.label, locale)


@strawberry.type(description="The tax in a quote, by the law of the day on which it was made.")
class Tax:
    tax: strawberry.Private[ChargedTax]
    rate: Decimal = strawberry.field(description="The rate as a share of the net price: 0.19 for 19 %.")
    included: bool = strawberry.field(
        description="True: the amounts of the lines include the tax. False: the tax is added as a line of kind TAX."
    )
    amount: Money = strawberry.field(description="The part of the total that is tax, rounded half to even.")

    @classmethod
    def of(cls, tax: ChargedTax, currency: str) -> "Tax":
        amount = Money.of(DomainMoney(tax.amount, currency))
        return cls(tax=tax, rate=tax.rate, included=tax.included, amount=amount)

    @strawberry.field(description="The name of the tax: VAT, GST, sales tax …")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.tax.name, locale)


@strawberry.type(
    description="A binding price for one revision of a design, a quantity, a country and a currency. It never changes."
)
class Quote(Node):
    quote: strawberry.Private[domain.Quote]
    design_revision: int = strawberry.field(description="The number of the revision that is priced.")
    quantity: int = strawberry.field(description="The number of units.")
    lines: list[QuoteLine] = strawberry.field(description="The lines of the quote, which add up to its total.")
    subtotal: Money = strawberry.field(
        description="The price of the model and its options for all units, as in the price list."
    )
    delivery: Money = strawberry.field(description="The price of the delivery of all units.")
    tax: Tax | None = strawberry.field(
        description="The tax that we charge; null: we charge none, and the buyer pays what is due on import."
    )
    total: Money = strawberry.field(description="What is paid: exactly the sum of the lines.")
    earliest_delivery: date = strawberry.field(
        description="The first day on which the units could arrive, as of the time of the quote."
    )
    valid_until: datetime = strawberry.field(description="Until when the quote can be ordered.")

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

    @strawberry.field(
        description="The edition of the model whose prices the quote names. What is ordered by the quote is built as "
        "of that edition."
    )
    def edition(self, info: Info) -> Edition:
        return Edition.of(info.context.deps.edition(self.quote.model, self.quote.edition))

    @strawberry.field(description="The design at the revision that was priced.")
    async def design(self, info: Info) -> Design:
        changes, key = info.context.deps.stores.design_changes, (self.quote.design, self.quote.design_revision)
        found = await info.context.load(changes.find_whole_revisions, key)
        head = await info.context.load(changes.last_entries, self.quote.design)
        assert found is not None, "a design's journal is never shortened"
        assert head is not None, "nor is it empty"
        return Design.of(found, head.state)


@strawberry.type(description="The quote has expired.")
class QuoteExpired(Refusal):
    fresh_quote: Quote = strawberry.field(description="A new quote for the same revision at today's price.")


@maps(refusal.QuoteExpired)
def _quote_expired(raised: refusal.QuoteExpired) -> QuoteExpired:
    return QuoteExpired(**basics(raised), fresh_quote=Quote.of(raised.fresh_quote))


@strawberry.input(description="The details of the quote to make.")
class RequestQuoteInput:
    design_id: strawberry.ID = strawberry.field(description="The id of the design.")
    design_revision: int = strawberry.field(
        description="The number of the design's current revision. If the design has another by now, the answer is a "
        "Conflict."
    )
    quantity: int = strawberry.field(default=1, description="The number of units: 1 to 100.")
    country: CountryCode = strawberry.field(description="The country of delivery.")
    currency: CurrencyCode = strawberry.field(description="The currency: CNY, EUR, USD or GBP.")


RequestQuoteResult = Annotated[
    Quote | InvalidInput | NotFound | Conflict | NotPossible,
    strawberry.union("RequestQuoteResult", description="The quote, or why the request was refused."),
]
