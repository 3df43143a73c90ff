"""placeOrder: an order and its units, with their codes and first steps, together or not at all."""

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from app.actions.access import get_quote, signed_in
from app.actions.journal import NothingToAppend, append, append_together
from app.actions.quote import check_orderable, check_sold, make_quote
from app.actions.schedule import schedule
from app.actions.unit import projection
from app.deps import Deps
from app.domain.order.address import checked_address
from app.domain.order.order import Address, Order, Product, Quote, checked_reference
from app.domain.shared.country import checked_country
from app.domain.shared.idempotency import checked_key
from app.domain.shared.refusal import NotPossible, QuoteExpired, RefusalCode
from app.domain.shared.viewer import Viewer
from app.domain.unit import journey
from app.domain.unit.code import ALPHABET, new_code
from app.domain.unit.event import Event
from app.domain.unit.journey import JournalEntry, Unit
from app.domain.unit.kinds.ordering import Engraving, Ordered, OrderingKind, salted
from app.domain.unit.state import State
from app.store.product import Projection


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


@dataclass(frozen=True)
class Placed:
    """A new order, its units, and the first entry in the journal of each."""

    order: Order
    units: Sequence[Product]
    entries: Sequence[JournalEntry]


async def place_order(
    deps: Deps, viewer: Viewer | None, purchase: Purchase, draw: Callable[[], str] = new_code
) -> Order:
    """Order what a quote names. The same key and input answer the same order for ever.

    `draw` draws ID codes. One that a unit has or ever had, a cancelled one too, is refused by the journal's unique
    index; then all are drawn again.
    """
    viewer = signed_in(viewer)
    checked_key(purchase.idempotency_key)
    if known := await _find_known(deps, viewer, purchase):
        return known
    quote = await get_quote(deps, viewer, purchase.quote)
    checked = _checked(deps, purchase, quote)
    await _check_valid(deps, quote)

    def decide(known: Order | None) -> Placed:
        if known is not None:
            raise NothingToAppend
        return new_order(deps, quote, checked, purchase.hash, draw)

    find_known = partial(_find_known, deps, viewer, purchase)
    done = await append(None, decide, lambda _, placed: _write(deps, placed), find_known)
    if done.entry is None:
        assert done.head is not None, "nothing is placed only where it was placed before"
        return done.head
    await schedule(deps, done.entry.units)
    return done.entry.order


async def _find_known(deps: Deps, viewer: Viewer, purchase: Purchase) -> Order | None:
    """Find the order that the key has made; raises NotPossible where it was made with another input."""
    known = await deps.stores.orders.find_by_key(viewer.account, purchase.idempotency_key)
    if known is not None and known.input_hash != purchase.hash:
        message = "This idempotency key was used with another input."
        raise NotPossible(RefusalCode.KEY_REUSED, message, ("idempotencyKey",))
    return known


def _checked(deps: Deps, purchase: Purchase, quote: Quote) -> Purchase:
    """Check that what is sent can be ordered as quoted; return it in its normal form."""
    model, country = deps.model(quote.model), purchase.shipping_address.country
    checked_country(country, ("shippingAddress", "country"))
    check_sold(deps, model, country, ("shippingAddress", "country"))
    address = checked_address(purchase.shipping_address, quote.country)
    reference = checked_reference(purchase.customer_reference)
    check_orderable(deps, quote, ("quoteId",))
    return replace(purchase, shipping_address=address, customer_reference=reference)


async def _check_valid(deps: Deps, quote: Quote) -> None:
    """Raise QuoteExpired, with a fresh quote, where a quote is over."""
    if quote.valid_until <= deps.now():
        fresh = make_quote(deps, quote, ("quoteId",))
        await deps.stores.quotes.insert(fresh)
        raise QuoteExpired("The quote has expired; here is a fresh one.", fresh, ("quoteId",))


def new_order(deps: Deps, quote: Quote, purchase: Purchase, input_hash: str, draw: Callable[[], str]) -> Placed:
    """Make the order of a quote, its units and their first steps, all with codes that are drawn for it."""
    now, model = deps.now(), deps.model_of(quote)
    order = Order(
        id=secrets.token_hex(12),
        number=_number(now),
        account=quote.account,
        factory=deps.catalogue.factory_of(model).code,
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
    engraved = [(code, salted(quote.engraving)) for code in order.products]
    entries = [_first_entry(deps, code, quote, order, engraving) for code, engraving in engraved]
    units = [
        _new_unit(deps, quote, order, first, engraving) for first, (_, engraving) in zip(entries, engraved, strict=True)
    ]
    return Placed(order, units, entries)


def _first_entry(deps: Deps, code: str, quote: Quote, order: Order, engraving: Engraving | None) -> JournalEntry:
    """Begin the journal of a unit with what was ordered."""
    edition, now = deps.edition_of(quote), order.placed_at
    model, hashed = edition.model, engraving.hash if engraving else None
    ordered = Event(
        kind=OrderingKind.ORDER_PLACED,
        event_id=f"ordered:{order.id}",
        occurred_at=now,
        payload=Ordered(quote.selections, quote.design_revision, hashed, edition.content_hash),
    )
    return journey.append(Unit(code, model.sku, quote.edition, model.line), model, State(), ordered, now, deps.sign)


def _new_unit(deps: Deps, quote: Quote, order: Order, first: JournalEntry, engraving: Engraving | None) -> Product:
    model, country = deps.model_of(quote), deps.catalogue.factory[order.factory].country
    carrier = deps.catalogue.carrier_to(country, quote.country)
    return Product(
        code=first.product,
        gtin=model.gtin,
        model=model.sku,
        edition=quote.edition,
        factory=order.factory,
        line=model.line,
        order=order.id,
        account=quote.account,
        carrier=carrier.code if carrier else None,
        country=quote.country,
        currency=quote.currency,
        charges=quote.charges,
        ordered_at=order.placed_at,
        state=first.state,
        engraving=engraving,
    )


def _number(now: datetime) -> str:
    """Make an order number that people can read out; random, so that it tells nobody how many there are."""
    return f"ZD-{now:%y}-" + "".join(secrets.choice(ALPHABET) for _ in range(8))


def _first_projection(deps: Deps, product: Product) -> Projection:
    """Leave the planning to this request for ten seconds on the wall; then it is the sweep's."""
    wait = timedelta(seconds=10 * deps.clock.speed)
    return replace(projection(deps, product), due_at=product.ordered_at + wait)


async def _write(deps: Deps, placed: Placed) -> None:
    orders, products = deps.stores.orders, deps.stores.products
    projections = [_first_projection(deps, unit) for unit in placed.units]
    await append_together(
        deps,
        deps.stores.steps,
        placed.entries,
        lambda transaction: orders.insert_within(transaction, placed.order),
        lambda transaction: products.insert_within(transaction, projections),
    )
