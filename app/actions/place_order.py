"""placeOrder: an order and its units, with their codes and first steps, together or not at all."""

import asyncio
import hashlib
import json
import secrets
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from app.actions.design import authorised
from app.actions.journal import projection
from app.actions.quote import check_orderable, make_quote
from app.actions.schedule import schedule
from app.domain import journey
from app.domain.address import checked_address
from app.domain.code import ALPHABET, new_code
from app.domain.event import Event, StepKind
from app.domain.journey import State, Step, Unit
from app.domain.order import Address, Order, Product, Quote
from app.domain.refusal import InvalidInput, NotFound, NotPossible, QuoteExpired, RefusalCode
from app.domain.viewer import Viewer
from app.store.database import Transaction
from app.store.order import OrderExists
from app.store.product import Projection
from app.store.visibility import visible_to_buyer
from app.world import World

KEY_LENGTH_MAX = 128


async def place_order(
    world: World, viewer: Viewer | None, quote_id: str, shipping_address: Address, idempotency_key: str
) -> Order:
    """Order what a quote names. The same key and input answer the same order for ever."""
    viewer = authorised(viewer)
    if not 1 <= len(idempotency_key) <= KEY_LENGTH_MAX:
        raise InvalidInput(f"An idempotency key has 1 to {KEY_LENGTH_MAX} characters.", ("idempotencyKey",))
    input_hash = _hash(quote_id, shipping_address)
    known = await world.stores.orders.find_by_key(viewer.account, idempotency_key)
    if known is not None:
        return _same(known, input_hash)
    quote = await world.stores.quotes.find(quote_id, visible_to_buyer(viewer))
    if quote is None:
        raise NotFound("There is no such quote.", ("quoteId",))
    address = checked_address(shipping_address, quote.country)
    check_orderable(world, world.model(quote.model), quote.selections, quote.country)
    if quote.valid_until <= world.now():
        fresh = make_quote(world, quote, ("quoteId",))
        await world.stores.quotes.insert(fresh)
        raise QuoteExpired("The quote has expired; here is a fresh one.", fresh, ("quoteId",))
    order, products, steps = _new_order(world, quote, address, idempotency_key, input_hash)
    try:
        await _write(world, order, products, steps)
    except OrderExists:
        known = await world.stores.orders.find_by_key(viewer.account, idempotency_key)
        assert known is not None
        return _same(known, input_hash)
    await asyncio.gather(*(world.stores.steps.announce(step) for step in steps))
    await schedule(world, products)
    return order


def _hash(quote_id: str, address: Address) -> str:
    canonical = json.dumps({"quote": quote_id, "address": asdict(address)}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _same(known: Order, input_hash: str) -> Order:
    if known.input_hash != input_hash:
        message = "This idempotency key was used with another input."
        raise NotPossible(RefusalCode.KEY_REUSED, message, ("idempotencyKey",))
    return known


def _new_order(
    world: World, quote: Quote, address: Address, idempotency_key: str, input_hash: str
) -> tuple[Order, list[Product], list[Step]]:
    now = world.now()
    model = world.model(quote.model)
    factory = world.catalogue.factory_of(model)
    carrier = world.catalogue.carrier_to(factory.country, quote.country)
    order = Order(
        id=secrets.token_hex(12),
        number=_number(now),
        account=quote.account,
        factory=factory.code,
        quote=quote.id,
        products=tuple(new_code() for _ in range(quote.quantity)),
        total=quote.total,
        currency=quote.currency,
        shipping_address=address,
        placed_at=now,
        idempotency_key=idempotency_key,
        input_hash=input_hash,
    )
    ordered = Event(kind=StepKind.ORDER_PLACED, event_id=f"ordered:{order.id}", occurred_at=now)
    before = State(selections=quote.selections, engraving=quote.engraving, design_revision=quote.design_revision)
    steps = [journey.append(Unit(code, model.sku, model.line), before, ordered, now) for code in order.products]
    products = [
        Product(
            code=step.product,
            gtin=model.gtin,
            model=model.sku,
            factory=factory.code,
            line=model.line,
            order=order.id,
            account=quote.account,
            carrier=carrier.code if carrier else None,
            country=quote.country,
            currency=quote.currency,
            ordered_at=now,
            state=step.state,
        )
        for step in steps
    ]
    return order, products, steps


def _number(now: datetime) -> str:
    """Make an order number that people can read out; random, so that it tells nobody how many there are."""
    return f"ZD-{now:%y}-" + "".join(secrets.choice(ALPHABET) for _ in range(8))


def _first_projection(world: World, product: Product) -> Projection:
    """Leave the planning to this request for ten seconds on the wall; then it is the sweep's."""
    patience = timedelta(seconds=10 * world.clock.speed)
    return replace(projection(world, product), due_at=product.ordered_at + patience)


async def _write(world: World, order: Order, products: list[Product], steps: list[Step]) -> None:
    async def write(transaction: Transaction) -> None:
        await world.stores.orders.insert_within(transaction, order)
        await world.stores.steps.append_within(transaction, steps)
        await world.stores.products.insert_within(
            transaction, [_first_projection(world, product) for product in products]
        )

    await world.stores.database.in_transaction(write)
