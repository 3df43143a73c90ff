"""placeOrder: an order and its units, with their codes and first steps, together or not at all."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from app.actions.design import authorised
from app.actions.journal import projection
from app.actions.quote import check_orderable, check_sold, make_quote
from app.actions.schedule import schedule
from app.deps import Deps
from app.domain.order.address import checked_address
from app.domain.order.order import Address, Order, Product, Quote, checked_reference
from app.domain.shared.country import checked_country
from app.domain.shared.idempotency import checked_key
from app.domain.shared.refusal import NotFound, NotPossible, QuoteExpired, RefusalCode
from app.domain.shared.viewer import Viewer
from app.domain.unit import journey
from app.domain.unit.code import ALPHABET, new_code
from app.domain.unit.event import Event, StepKind
from app.domain.unit.journey import State, Step, Unit
from app.store.database import Transaction
from app.store.journal import SequenceTaken
from app.store.order import OrderExists
from app.store.product import Projection
from app.store.visibility import visible_to_buyer


@dataclass(frozen=True)
class Purchase:
    """What a client sends to order a quote, as it is sent."""

    quote: str
    shipping_address: Address
    idempotency_key: str
    customer_reference: str | None = None

    @property
    def hash(self) -> str:
        """Digest all but the key."""
        said: dict[str, object] = {"quote": self.quote, "address": asdict(self.shipping_address)}
        if self.customer_reference is not None:
            said["customer_reference"] = self.customer_reference
        canonical = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


async def place_order(
    deps: Deps, viewer: Viewer | None, purchase: Purchase, draw: Callable[[], str] = new_code
) -> Order:
    """Order what a quote names. The same key and input answer the same order for ever.

    `draw` draws ID codes. One that a unit has or ever had, a cancelled one too, is refused by the journal's unique
    index; then all are drawn again.
    """
    viewer = authorised(viewer)
    checked_key(purchase.idempotency_key)
    if known := await _known(deps, viewer, purchase):
        return known
    quote = await deps.stores.quotes.find(purchase.quote, visible_to_buyer(viewer))
    if quote is None:
        raise NotFound("There is no such quote.", ("quoteId",))
    model = deps.model(quote.model)
    checked_country(purchase.shipping_address.country, ("shippingAddress", "country"))
    check_sold(deps, model, purchase.shipping_address.country, ("shippingAddress", "country"))
    address = checked_address(purchase.shipping_address, quote.country)
    reference = checked_reference(purchase.customer_reference)
    check_orderable(deps, model, quote.selections, quote.country, ("quoteId",))
    if quote.valid_until <= deps.now():
        fresh = make_quote(deps, quote, ("quoteId",))
        await deps.stores.quotes.insert(fresh)
        raise QuoteExpired("The quote has expired; here is a fresh one.", fresh, ("quoteId",))
    checked = replace(purchase, shipping_address=address, customer_reference=reference)
    while True:
        order, products, steps = new_order(deps, quote, checked, purchase.hash, draw)
        try:
            await _write(deps, order, products, steps)
        except (OrderExists, SequenceTaken):
            if known := await _known(deps, viewer, purchase):
                return known
        else:
            break
    await asyncio.gather(*(deps.stores.steps.announce(step) for step in steps))
    await schedule(deps, products)
    return order


async def _known(deps: Deps, viewer: Viewer, purchase: Purchase) -> Order | None:
    """Find the order that the key has made; raises NotPossible where it was made with another input."""
    known = await deps.stores.orders.find_by_key(viewer.account, purchase.idempotency_key)
    if known is not None and known.input_hash != purchase.hash:
        message = "This idempotency key was used with another input."
        raise NotPossible(RefusalCode.KEY_REUSED, message, ("idempotencyKey",))
    return known


def new_order(
    deps: Deps, quote: Quote, purchase: Purchase, input_hash: str, draw: Callable[[], str]
) -> tuple[Order, list[Product], list[Step]]:
    now = deps.now()
    model = deps.model(quote.model)
    factory = deps.catalogue.factory_of(model)
    carrier = deps.catalogue.carrier_to(factory.country, quote.country)
    order = Order(
        id=secrets.token_hex(12),
        number=_number(now),
        account=quote.account,
        factory=factory.code,
        quote=quote.id,
        products=tuple(draw() for _ in range(quote.quantity)),
        total=quote.total,
        currency=quote.currency,
        shipping_address=purchase.shipping_address,
        placed_at=now,
        idempotency_key=purchase.idempotency_key,
        input_hash=input_hash,
        customer_reference=purchase.customer_reference,
    )
    ordered = Event(kind=StepKind.ORDER_PLACED, event_id=f"ordered:{order.id}", occurred_at=now)
    before = State(selections=quote.selections, engraving=quote.engraving, design_revision=quote.design_revision)
    units = [Unit(code, model.sku, model.line) for code in order.products]
    steps = [journey.append(unit, before, ordered, now, deps.sign) for unit in units]
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


def _first_projection(deps: Deps, product: Product) -> Projection:
    """Leave the planning to this request for ten seconds on the wall; then it is the sweep's."""
    patience = timedelta(seconds=10 * deps.clock.speed)
    return replace(projection(deps, product), due_at=product.ordered_at + patience)


async def _write(deps: Deps, order: Order, products: list[Product], steps: list[Step]) -> None:
    async def write(transaction: Transaction) -> None:
        await deps.stores.orders.insert_within(transaction, order)
        await deps.stores.steps.append_within(transaction, steps)
        await deps.stores.products.insert_within(
            transaction, [_first_projection(deps, product) for product in products]
        )

    await deps.stores.database.in_transaction(write)
