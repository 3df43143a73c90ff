"""Quotes and orders as clients see them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.context import Info
from app.domain import order as domain
from app.domain.money import Money as DomainMoney
from app.domain.order import OrderStatus, cancellable_until, order_status
from app.domain.order import Product as DomainProduct
from app.domain.pricing import ChargedTax, PriceLine, QuoteLineKind
from app.domain.status import product_status
from app.domain.viewer import Viewer
from schema.design import Design
from schema.money import Money
from schema.node import Connection, Node, global_id
from schema.refusal import Conflict, InvalidInput, NotAllowed, NotFound, NotPossible, QuoteExpired
from schema.scalars import CountryCode, CurrencyCode
from schema.words import InLocale, vocabulary, words

if TYPE_CHECKING:
    from schema.product import Product

vocabulary(
    OrderStatus,
    "Where an order is, as its units are. The list grows: expect unknown values.",
    {
        "PLACED": "No unit has been started.",
        "IN_PRODUCTION": "At least one unit has been started.",
        "PARTLY_DELIVERED": "Some units have arrived.",
        "COMPLETED": "All units have arrived.",
        "CANCELLED": "No unit will arrive.",
    },
)

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
        found = await info.context.world.stores.design_changes.find_revision(
            self.quote.design, self.quote.design_revision
        )
        head = await info.context.world.stores.design_changes.head(self.quote.design)
        assert found is not None, "a design's journal is never shortened"
        assert head is not None, "nor is it empty"
        return Design.of(found, head.state)


@strawberry.type(description="Where a unit is sent.")
class Address:
    name: str = strawberry.field(description="The recipient.")
    lines: list[str] = strawberry.field(description="Street and number, and what else is needed.")
    city: str = strawberry.field(description="The city.")
    postal_code: str | None = strawberry.field(description="In the country's own form.")
    country: CountryCode = strawberry.field(description="The country.")
    phone: str | None = strawberry.field(description="For the carrier.")

    @classmethod
    def of(cls, address: domain.Address) -> "Address":
        return cls(
            name=address.name,
            lines=list(address.lines),
            city=address.city,
            postal_code=address.postal_code,
            country=CountryCode(address.country),
            phone=address.phone,
        )


@strawberry.input(description="Where to send a unit.")
class AddressInput:
    name: str = strawberry.field(description="The recipient, 1 to 200 characters.")
    lines: list[str] = strawberry.field(description="1 to 4 lines of up to 200 characters.")
    city: str = strawberry.field(description="1 to 200 characters.")
    postal_code: str | None = strawberry.field(default=None, description="In the country's own form.")
    country: CountryCode = strawberry.field(description="The country that the quote names.")
    phone: str | None = strawberry.field(default=None, description="For the carrier.")

    def to_domain(self) -> domain.Address:
        return domain.Address(
            name=self.name,
            lines=tuple(self.lines),
            city=self.city,
            country=self.country,
            postal_code=self.postal_code,
            phone=self.phone,
        )


@strawberry.type(description="What was bought.")
class Order(Node):
    order: strawberry.Private[domain.Order]
    private: strawberry.Private[bool]
    number: str = strawberry.field(description="For people to read out.")
    placed_at: datetime = strawberry.field(description="When it was placed.")
    shipping_address: Address | None = strawberry.field(description="Null for all but its buyer and our staff.")

    @classmethod
    def of(cls, order: domain.Order, viewer: Viewer | None) -> "Order":
        """Map an order; price and address are withheld from engineers, who see it for its units alone."""
        private = viewer is not None and (viewer.account == order.account or viewer.factory is None)
        return cls(
            id=global_id("Order", order.id),
            order=order,
            private=private,
            number=order.number,
            placed_at=order.placed_at,
            shipping_address=Address.of(order.shipping_address) if private else None,
        )

    async def _units(self, info: Info) -> Sequence[DomainProduct]:
        found = await info.context.products.load_many(list(self.order.products))
        return [unit for unit in found if unit is not None]

    @strawberry.field(description="As its units are.")
    async def status(self, info: Info) -> OrderStatus:
        world = info.context.world
        return order_status([product_status(unit.state, world.model(unit.model)) for unit in await self._units(info)])

    @strawberry.field(description="The quote that was ordered; null for all but its buyer and our staff.")
    async def quote(self, info: Info) -> Quote | None:
        found = await info.context.world.stores.quotes.find(self.order.quote) if self.private else None
        return Quote.of(found) if found else None

    @strawberry.field(
        description="The quote's total with what was changed and conceded since; null without the scope for prices."
    )
    async def total(self, info: Info) -> Money | None:
        if not self.private:
            return None
        deltas = sum((unit.state.price_delta for unit in await self._units(info)), Decimal("0.00"))
        return Money.of(DomainMoney(self.order.total + deltas, self.order.currency))

    @strawberry.field(description="Its units, one for each piece ordered.")
    async def products(self, info: Info) -> list[Annotated["Product", strawberry.lazy("schema.product")]]:
        from schema.product import Product

        return [Product.of(unit) for unit in await self._units(info)]

    @strawberry.field(description="The planned start of its first unit; null once it can no longer be cancelled.")
    async def cancellable_until(self, info: Info) -> datetime | None:
        units, world = await self._units(info), info.context.world
        return cancellable_until(units, [product_status(unit.state, world.model(unit.model)) for unit in units])


@strawberry.input(description="What to quote.")
class RequestQuoteInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    design_revision: int = strawberry.field(description="Its current revision; another one is a Conflict.")
    quantity: int = strawberry.field(default=1, description="1 to 100 units.")
    country: CountryCode = strawberry.field(description="Where to deliver.")
    currency: CurrencyCode = strawberry.field(description="CNY, EUR, USD or GBP.")


@strawberry.input(description="What to order.")
class PlaceOrderInput:
    quote_id: strawberry.ID = strawberry.field(description="A valid quote.")
    shipping_address: AddressInput = strawberry.field(description="Where to send it.")
    idempotency_key: str = strawberry.field(
        description="The client's own id of this order, 1 to 128 characters: the same again answers the same order."
    )


@strawberry.input(description="What to cancel.")
class CancelOrderInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    reason: str | None = strawberry.field(default=None, description="Why; staff must say.")


OrderConnection = Connection[Order]
RequestQuoteResult = Annotated[
    Quote | InvalidInput | NotFound | Conflict | NotPossible,
    strawberry.union("RequestQuoteResult", description="The quote, or why not."),
]
PlaceOrderResult = Annotated[
    Order | InvalidInput | NotFound | QuoteExpired | NotPossible,
    strawberry.union("PlaceOrderResult", description="The order, or why not."),
]
CancelOrderResult = Annotated[
    Order | NotFound | NotAllowed | NotPossible,
    strawberry.union("CancelOrderResult", description="The order after it, or why not."),
]
