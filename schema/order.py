"""Orders as clients see them."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Self

import strawberry

from app.actions.place_order import Purchase
from app.context import Info
from app.domain.order import adjustment
from app.domain.order import order as domain
from app.domain.order.adjustment import AdjustmentKind, adjusted, order_total
from app.domain.order.order import OrderStatus, cancellable_until, order_status
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.money import Money as DomainMoney
from app.domain.shared.viewer import Viewer
from app.domain.unit.conclusion import owes_successor
from app.domain.unit.status import product_status
from schema.money import Money
from schema.node import Node, global_id, key_of
from schema.quote import Quote
from schema.scalars import CountryCode, ProductCode
from schema.words import InLocale, vocabulary, words

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
    AdjustmentKind,
    "What changed an order's price after it was placed. The list grows: expect unknown values.",
    {
        "CHANGE": "A unit's choices were changed.",
        "CONCESSION": "A unit was taken as it is, at a lower price.",
        "CANCELLATION": "A unit was cancelled: its share of the quote and its other adjustments are taken back.",
    },
)


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


@strawberry.type(description="One line that changed an order's price after it was placed.")
class OrderAdjustment:
    kind: AdjustmentKind = strawberry.field(description="What it is for.")
    code: ProductCode = strawberry.field(description="Of which unit.")
    sequence: int = strawberry.field(description="The step of that unit's journal that made it.")
    occurred_at: datetime = strawberry.field(description="When (factory clock).")
    amount: Money = strawberry.field(description="What it adds to the total, tax and all.")

    @classmethod
    def of(cls, line: adjustment.Adjustment, currency: str) -> "OrderAdjustment":
        return cls(
            kind=line.kind,
            code=ProductCode(line.product),
            sequence=line.sequence,
            occurred_at=line.occurred_at,
            amount=Money.of(DomainMoney(line.amount, currency)),
        )

    @strawberry.field(description="What it is called.")
    def label(self, info: Info, locale: InLocale = None) -> str:
        return words(info, adjustment.LABELS[self.kind], locale)


@strawberry.type
class OrderFields(Node):
    """What an order says of itself."""

    order: strawberry.Private[domain.Order]
    private: strawberry.Private[bool]
    number: str = strawberry.field(description="For people to read out.")
    customer_reference: str | None = strawberry.field(description="The buyer's own name for whom it was bought.")
    cancel_reason: str | None = strawberry.field(
        description="Why it, or what was left of it, was cancelled; null for all but its buyer and our staff."
    )
    placed_at: datetime = strawberry.field(description="When it was placed.")
    shipping_address: Address | None = strawberry.field(
        description="Where its units are sent, but for those that were packed before it changed: each unit says where. "
        "Null for all but its buyer and our staff."
    )

    @classmethod
    def of(cls, order: domain.Order, viewer: Viewer | None) -> Self:
        """Map an order; price and address are withheld from engineers, who see it for its units alone."""
        private = viewer is not None and (viewer.account == order.account or viewer.factory is None)
        return cls(
            id=global_id("Order", order.id),
            order=order,
            private=private,
            number=order.number,
            customer_reference=order.customer_reference,
            cancel_reason=order.cancel_reason if private else None,
            placed_at=order.placed_at,
            shipping_address=Address.of(order.shipping_address) if private else None,
        )

    async def units(self, info: Info) -> Sequence[DomainProduct]:
        products = info.context.deps.stores.products
        return await info.context.load_many(products.find_visible, self.order.products, info.context.viewer)

    @strawberry.field(description="As its units are.")
    async def status(self, info: Info) -> OrderStatus:
        deps = info.context.deps
        units = await self.units(info)
        owed = sum(owes_successor(unit.state) for unit in units)
        return order_status([product_status(unit.state, deps.model(unit.model)) for unit in units], owed)

    @strawberry.field(description="The quote that was ordered; null for all but its buyer and our staff.")
    async def quote(self, info: Info) -> Quote | None:
        quotes = info.context.deps.stores.quotes
        found = await info.context.load(quotes.find_all, self.order.quote) if self.private else None
        return Quote.of(found) if found else None

    @strawberry.field(
        description="The quote's total and all adjustments; null without the scope for prices, as for an engineer."
    )
    async def total(self, info: Info) -> Money | None:
        if not self.private:
            return None
        return Money.of(DomainMoney(order_total(self.order, await self.units(info)), self.order.currency))

    @strawberry.field(
        description="What changed the price since, oldest first: `total` is the quote's total and these, exactly. "
        "Null without the scope for prices."
    )
    async def adjustments(self, info: Info) -> list[OrderAdjustment] | None:
        if not self.private:
            return None
        units = await self.units(info)
        told, kinds = [(unit.code, unit.state.sequence) for unit in adjusted(units)], tuple(adjustment.KIND_OF)
        steps = await info.context.load_many(info.context.deps.stores.steps.read_kinds, told, kinds)
        lines = adjustment.adjustments(self.order, units, list(chain.from_iterable(steps)))
        return [OrderAdjustment.of(line, self.order.currency) for line in lines]

    @strawberry.field(description="The planned start of its first unit; null once it can no longer be cancelled.")
    async def cancellable_until(self, info: Info) -> datetime | None:
        units, deps = await self.units(info), info.context.deps
        return cancellable_until(units, [product_status(unit.state, deps.model(unit.model)) for unit in units])


@strawberry.input(description="What to order.")
class PlaceOrderInput:
    quote_id: strawberry.ID = strawberry.field(description="A valid quote.")
    shipping_address: AddressInput = strawberry.field(description="Where to send it.")
    idempotency_key: str = strawberry.field(
        description="The client's own id of this order, 1 to 128 printable characters: with the same, the same order."
    )
    customer_reference: str | None = strawberry.field(
        default=None,
        description="For retailers: your own name for the customer, up to 64 characters. An id, not a person's name: "
        "the factory's engineers see it too.",
    )

    def to_domain(self) -> Purchase:
        return Purchase(
            quote=key_of("Quote", self.quote_id),
            shipping_address=self.shipping_address.to_domain(),
            idempotency_key=self.idempotency_key,
            customer_reference=self.customer_reference,
        )


@strawberry.input(description="Another place to send an order to.")
class ChangeShippingAddressInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    shipping_address: AddressInput = strawberry.field(description="Where to send it: in the same country.")


@strawberry.input(description="What to cancel.")
class CancelOrderInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    reason: str | None = strawberry.field(
        default=None, description="Why, in at most 500 printable characters; staff must say."
    )
