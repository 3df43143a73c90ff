"""order, orders, requestQuote, placeOrder and cancelOrder."""

import strawberry

from app.actions.cancel_order import cancel_order
from app.actions.place_order import place_order
from app.actions.quote import request_quote
from app.context import Info
from app.store.visibility import visible_orders
from schema.arguments import Id, Input
from schema.node import After, Connection, First, checked_first, connection, key_of, place_cursor, read_place
from schema.order import (
    CancelOrderInput,
    CancelOrderResult,
    Order,
    PlaceOrderInput,
    PlaceOrderResult,
    Quote,
    RequestQuoteInput,
    RequestQuoteResult,
)
from schema.refusal import answered


@strawberry.type
class OrderQuery:
    @strawberry.field(description="One order; null: not there, or not the viewer's.")
    async def order(self, info: Info, id: Id) -> Order | None:
        visible = visible_orders(info.context.signed_in)
        found = await info.context.world.stores.orders.find(key_of("Order", id), visible)
        return Order.of(found, info.context.viewer) if found else None

    @strawberry.field(description="The viewer's orders, newest first.")
    async def orders(self, info: Info, first: First = None, after: After = None) -> Connection[Order]:
        limit, viewer = checked_first(first), info.context.signed_in
        found = await info.context.world.stores.orders.page(visible_orders(viewer), read_place(after), limit + 1)
        return connection(found, limit, after, lambda o: Order.of(o, viewer), lambda o: place_cursor(o.placed_at, o.id))


@strawberry.type
class OrderMutation:
    @strawberry.mutation(description="Prices a design's current revision, to be ordered until validUntil.")
    async def request_quote(self, info: Info, input: Input[RequestQuoteInput]) -> RequestQuoteResult:
        work = request_quote(
            info.context.world,
            info.context.viewer,
            key_of("Design", input.design_id),
            input.design_revision,
            input.quantity,
            input.country,
            input.currency,
        )
        return await answered(work, Quote.of)

    @strawberry.mutation(description="Orders what a quote names; each unit gets its ID code. Safe to repeat.")
    async def place_order(self, info: Info, input: Input[PlaceOrderInput]) -> PlaceOrderResult:
        work = place_order(
            info.context.world,
            info.context.viewer,
            key_of("Quote", input.quote_id),
            input.shipping_address.to_domain(),
            input.idempotency_key,
        )
        return await answered(work, lambda order: Order.of(order, info.context.viewer))

    @strawberry.mutation(description="Cancels an order: all its units, or none.")
    async def cancel_order(self, info: Info, input: Input[CancelOrderInput]) -> CancelOrderResult:
        work = cancel_order(info.context.world, info.context.viewer, key_of("Order", input.order_id), input.reason)
        return await answered(work, lambda order: Order.of(order, info.context.viewer))
