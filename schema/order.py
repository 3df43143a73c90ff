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
    "The status of an order, which follows from those of its units. The list grows: expect unknown values.",
    {
        "PLACED": "Production of no unit has started.",
        "IN_PRODUCTION": "Production of at least one unit has started.",
        "PARTLY_DELIVERED": "Some of the units have been delivered.",
        "COMPLETED": "All units have been delivered.",
        "CANCELLED": "No unit will be delivered.",
    },
)

vocabulary(
    AdjustmentKind,
    "The kinds of adjustments of an order's price after it was placed. The list grows: expect unknown values.",
    {
        "CHANGE": "The customer changed a unit's options.",
        "CONCESSION": "The customer accepted a unit as it is, at a lower price.",
        "CANCELLATION": "A unit was cancelled: its share of the quote and its other adjustments are refunded.",
    },
)


@strawberry.type(description="A postal address to which units are sent.")
class Address:
    name: str = strawberry.field(description="The name of the recipient.")
    lines: list[str] = strawberry.field(
        description="The lines of the address: street and number, and what else is needed."
    )
    city: str = strawberry.field(description="The city.")
    postal_code: str | None = strawberry.field(
        description="The postal code, as the country writes it; null: there is none."
    )
    country: CountryCode = strawberry.field(description="The country.")
    phone: str | None = strawberry.field(description="A telephone number for the carrier.")

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


@strawberry.input(description="A postal address to which to send units.")
class AddressInput:
    name: str = strawberry.field(description="The name of the recipient: 1 to 200 characters.")
    lines: list[str] = strawberry.field(description="The lines of the address: 1 to 4 lines of up to 200 characters.")
    city: str = strawberry.field(description="The city: 1 to 200 characters.")
    postal_code: str | None = strawberry.field(
        default=None, description="The postal code, as the country writes it; null: there is none."
    )
    country: CountryCode = strawberry.field(description="The country, which is the one of the quote.")
    phone: str | None = strawberry.field(default=None, description="A telephone number for the carrier.")

    def to_domain(self) -> domain.Address:
        return domain.Address(
            name=self.name,
            lines=tuple(self.lines),
            city=self.city,
            country=self.country,
            postal_code=self.postal_code,
            phone=self.phone,
        )


@strawberry.type(description="An adjustment of an order's price after it was placed.")
class OrderAdjustment:
    kind: AdjustmentKind = strawberry.field(description="What kind of adjustment it is.")
    code: ProductCode = strawberry.field(description="The ID code of the unit that it is about.")
    sequence: int = strawberry.field(description="The sequence of the step of that unit's journal that made it.")
    occurred_at: datetime = strawberry.field(description="When it was made (factory clock).")
    amount: Money = strawberry.field(
        description="What the adjustment adds to the order's total, including tax; negative: a refund."
    )

    @classmethod
    def of(cls, line: adjustment.Adjustment, currency: str) -> "OrderAdjustment":
        return cls(
            kind=line.kind,
            code=ProductCode(line.product),
            sequence=line.sequence,
            occurred_at=line.occurred_at,
            amount=Money.of(DomainMoney(line.amount, currency)),
        )

    @strawberry.field(description="A label of the adjustment, for people.")
    def label(self, info: Info, locale: InLocale = None) -> str:
        return words(info, adjustment.LABELS[self.kind], locale)


@strawberry.type
class OrderFields(Node):
    """What an order says of itself."""

    order: strawberry.Private[domain.Order]
    private: strawberry.Private[bool]
    number: str = strawberry.field(description="The order's number, for people to read out.")
    customer_reference: str | None = strawberry.field(
        description="The retailer's own reference for its customer; null: none was given."
    )
    cancel_reason: str | None = strawberry.field(
        description="Why the order, or what was left of it, was cancelled. Only its buyer and our staff see it; it "
        "is null for everybody else."
    )
    placed_at: datetime = strawberry.field(description="When the order was placed.")
    shipping_address: Address | None = strawberry.field(
        description="The address to which the order is sent. Units that were packed before it changed keep the "
        "former address: see each unit's. Only its buyer and our staff see it; it is null for everybody "
        "else."
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

    @strawberry.field(description="The order's status, which follows from those of its units.")
    async def status(self, info: Info) -> OrderStatus:
        deps = info.context.deps
        units = await self.units(info)
        owed = sum(owes_successor(unit.state) for unit in units)
        return order_status([product_status(unit.state, deps.model_of(unit)) for unit in units], owed)

    @strawberry.field(
        description="The quote that was ordered. Only its buyer and our staff see it; it is null for everybody else."
    )
    async def quote(self, info: Info) -> Quote | None:
        quotes = info.context.deps.stores.quotes
        found = await info.context.load(quotes.find_all, self.order.quote) if self.private else None
        return Quote.of(found) if found else None

    @strawberry.field(
        description="What is paid: the total of the quote and all adjustments. Null: the viewer, such as an "
        "engineer, may not see prices."
    )
    async def total(self, info: Info) -> Money | None:
        if not self.private:
            return None
        return Money.of(DomainMoney(order_total(self.order, await self.units(info)), self.order.currency))

    @strawberry.field(
        description="The adjustments of the price, the oldest first: `total` is exactly the total of the quote and "
        "these. Null: the viewer may not see prices."
    )
    async def adjustments(self, info: Info) -> list[OrderAdjustment] | None:
        if not self.private:
            return None
        units = await self.units(info)
        told, kinds = [(unit.code, unit.state.sequence) for unit in adjusted(units)], tuple(adjustment.KIND_OF)
        steps = await info.context.load_many(info.context.deps.stores.steps.read_kinds, told, kinds)
        lines = adjustment.adjustments(self.order, units, list(chain.from_iterable(steps)))
        return [OrderAdjustment.of(line, self.order.currency) for line in lines]

    @strawberry.field(
        description="Until when the buyer can cancel the order: the planned start of its first unit. Null: it can no "
        "longer be cancelled, or no unit is planned yet."
    )
    async def cancellable_until(self, info: Info) -> datetime | None:
        units, deps = await self.units(info), info.context.deps
        return cancellable_until(units, [product_status(unit.state, deps.model_of(unit)) for unit in units])


@strawberry.input(description="An order to place.")
class PlaceOrderInput:
    quote_id: strawberry.ID = strawberry.field(description="The id of a quote that is still valid.")
    shipping_address: AddressInput = strawberry.field(description="The address to which to send the units.")
    idempotency_key: str = strawberry.field(
        description="The client's own id of this order, 1 to 128 printable characters: sent again, it answers the "
        "same order."
    )
    customer_reference: str | None = strawberry.field(
        default=None,
        description="A retailer's own reference for its customer, up to 64 characters. It should be an id, not a "
        "person's name, as the factory's engineers see it, too.",
    )

    def to_domain(self) -> Purchase:
        return Purchase(
            quote=key_of("Quote", self.quote_id),
            shipping_address=self.shipping_address.to_domain(),
            idempotency_key=self.idempotency_key,
            customer_reference=self.customer_reference,
        )


@strawberry.input(description="A new address for an order.")
class ChangeShippingAddressInput:
    order_id: strawberry.ID = strawberry.field(description="The id of the order.")
    shipping_address: AddressInput = strawberry.field(description="The new address, which must be in the same country.")


@strawberry.input(description="An order to cancel.")
class CancelOrderInput:
    order_id: strawberry.ID = strawberry.field(description="The id of the order.")
    reason: str | None = strawberry.field(
        default=None, description="The reason, at most 500 printable characters; our staff must give one."
    )
