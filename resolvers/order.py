"""order, orders, requestQuote, placeOrder, changeShippingAddress and cancelOrder."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.actions.cancel_order import cancel_order
from app.actions.change_shipping_address import change_shipping_address
from app.actions.place_order import place_order
from app.actions.quote import request_quote
from app.context import Info
from app.domain.order.order import OrderStatus
from app.store.paging import TimeRange
from app.store.visibility import visible_orders
from schema.arguments import Id, Input
from schema.connection import NEWEST, After, Connection, First, connection, page_asked
from schema.links import Order
from schema.node import key_of
from schema.order import CancelOrderInput, ChangeShippingAddressInput, PlaceOrderInput
from schema.quote import Quote, RequestQuoteInput, RequestQuoteResult
from schema.refusal import answered
from schema.result import CancelOrderResult, ChangeShippingAddressResult, PlaceOrderResult

InStatuses = Annotated[
    list[OrderStatus] | None, strawberry.argument(description="Only orders with one of these statuses.")
]
PlacedAfter = Annotated[
    datetime | None, strawberry.argument(description="Only what was ordered at this time or later.")
]
PlacedBefore = Annotated[datetime | None, strawberry.argument(description="Only what was ordered before this time.")]
Reference = Annotated[str | None, strawberry.argument(description="Only orders with this customer reference.")]


@strawberry.type
class OrderQuery:
    @strawberry.field(description="An order; null: it does not exist, or the viewer may not see it.")
    async def order(self, info: Info, id: Id) -> Order | None:
        visible = visible_orders(info.context.signed_in)
        found = await info.context.deps.stores.orders.find(key_of("Order", id), visible)
        return Order.of(found, info.context.viewer) if found else None

    @strawberry.field(description="The orders that the viewer may see, the newest first.")
    async def orders(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        statuses: InStatuses = None,
        placed_after: PlacedAfter = None,
        placed_before: PlacedBefore = None,
        customer_reference: Reference = None,
    ) -> Connection[Order]:
        page, viewer, placed = (
            page_asked(NEWEST, first, after),
            info.context.signed_in,
            TimeRange(placed_after, placed_before),
        )
        orders = info.context.deps.stores.orders
        found = await orders.page(visible_orders(viewer), page, statuses, placed, customer_reference)
        return connection(page, found, lambda order: Order.of(order, viewer), lambda order: (order.placed_at, order.id))


@strawberry.type
class OrderMutation:
    @strawberry.mutation(
        description="Makes a quote for the current revision of a design, which can be ordered until validUntil."
    )
    async def request_quote(self, info: Info, input: Input[RequestQuoteInput]) -> RequestQuoteResult:
        work = request_quote(
            info.context.deps,
            info.context.viewer,
            key_of("Design", input.design_id),
            input.design_revision,
            input.quantity,
            input.country,
            input.currency,
        )
        return await answered(work, Quote.of)

    @strawberry.mutation(description="Orders what a quote names. Each unit gets its ID code. It is safe to repeat.")
    async def place_order(self, info: Info, input: Input[PlaceOrderInput]) -> PlaceOrderResult:
        work = place_order(info.context.deps, info.context.viewer, input.to_domain())
        return await answered(work, lambda order: Order.of(order, info.context.viewer))

    @strawberry.mutation(
        description="Changes the address of an order within its country, for all units that are not packed yet."
    )
    async def change_shipping_address(
        self, info: Info, input: Input[ChangeShippingAddressInput]
    ) -> ChangeShippingAddressResult:
        order_id, address = key_of("Order", input.order_id), input.shipping_address.to_domain()
        work = change_shipping_address(info.context.deps, info.context.viewer, order_id, address)
        return await answered(work, lambda order: Order.of(order, info.context.viewer))

    @strawberry.mutation(
        description="Cancels an order. Its buyer cancels all its units, until production of the first one starts; "
        "our staff, who must give a reason, cancel those that are not released yet."
    )
    async def cancel_order(self, info: Info, input: Input[CancelOrderInput]) -> CancelOrderResult:
        work = cancel_order(info.context.deps, info.context.viewer, key_of("Order", input.order_id), input.reason)
        return await answered(work, lambda order: Order.of(order, info.context.viewer))
