"""What was bought: orders, their status and the quotes they name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from app.domain.catalogue.catalogue import Model
from app.domain.configuration.configuration import Selections
from app.domain.configuration.pricing import ChargedTax, Charges, PriceLine, QuoteLineKind, charges_of
from app.domain.line.calendar import Plan
from app.domain.shared.brief import brief
from app.domain.shared.money import rounded
from app.domain.shared.refusal import InvalidInput
from app.domain.shared.viewer import Access
from app.domain.unit.journey import Unit
from app.domain.unit.kinds.ordering import Engraving
from app.domain.unit.stage import BEFORE_PRODUCTION, DELIVERED, ENDED, ProductStatus
from app.domain.unit.state import BriefState, State
from app.domain.unit.status import product_status

REFERENCE_LENGTH_MAX = 64


class OrderStatus(StrEnum):
    PLACED = "PLACED"
    IN_PRODUCTION = "IN_PRODUCTION"
    PARTLY_DELIVERED = "PARTLY_DELIVERED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class QuoteRequest:
    """What an account wants to know the price of: a quantity of one design revision, to one country."""

    account: str
    design: str
    design_revision: int
    model: str
    selections: Selections
    engraving: str | None
    quantity: int
    country: str
    currency: str


@dataclass(frozen=True)
class Quote(QuoteRequest):
    """An immutable price. `lines` add up to `total`, which is what is paid; `tax` says how much of it is tax.

    `edition` is that of the model whose prices these are: what is ordered by the quote is built as of that edition.
    """

    id: str
    edition: int
    lines: tuple[PriceLine, ...]
    total: Decimal
    earliest_delivery: date
    created_at: datetime
    valid_until: datetime
    tax: ChargedTax | None = None

    @property
    def charges(self) -> Charges:
        """What one unit is charged beside the price list."""
        return charges_of(self.delivery / self.quantity, self.tax)

    @property
    def subtotal(self) -> Decimal:
        return self._sum(QuoteLineKind.MODEL, QuoteLineKind.OPTION)

    @property
    def delivery(self) -> Decimal:
        return self._sum(QuoteLineKind.DELIVERY)

    def _sum(self, *kinds: QuoteLineKind) -> Decimal:
        return rounded(sum((line.amount for line in self.lines if line.kind in kinds), Decimal(0)))


@dataclass(frozen=True)
class Address:
    name: str
    lines: tuple[str, ...]
    city: str
    country: str
    postal_code: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Order:
    """`input_hash` ties the idempotency key to what was first sent with it. `products` only ever grows, at its end.

    `packed_for`: the addresses of units that were packed before the order's changed, by code.
    `customer_reference` is the buyer's own name for whom it is bought. `statuses` are the units', as far as the order's
    own status depends on them: a projection, for filters alone.
    """

    id: str
    number: str
    account: str
    factory: str
    quote: str
    products: tuple[str, ...]
    total: Decimal
    currency: str
    shipping_address: Address
    placed_at: datetime
    idempotency_key: str
    input_hash: str
    customer_reference: str | None = None
    cancel_reason: str | None = None
    packed_for: Mapping[str, Address] = field(default_factory=dict)
    statuses: Mapping[str, ProductStatus] = field(default_factory=dict)

    def address_of(self, code: str) -> Address:
        """Return where a unit is sent: it is packed for one address, whatever the order says later."""
        return self.packed_for.get(code, self.shipping_address)


@dataclass(frozen=True)
class Product:
    """One custom-made unit: who and what it is for ever, its present state, and its present plan.

    `edition` is that of its model as it was sold: its options and prices, its routing, limits and names. `charges` are
    what it was charged beside them.
    `listed_as` is the status that lists showed when it was read; its own status follows from `state`.
    """

    code: str
    gtin: str
    model: str
    edition: int
    factory: str
    line: str
    order: str
    account: str
    carrier: str | None
    country: str
    currency: str
    charges: Charges
    ordered_at: datetime
    state: State
    engraving: Engraving | None = None
    replaces: str | None = None
    plan: Plan | None = None
    listed_as: ProductStatus | None = None

    @property
    def current_plan(self) -> Plan | None:
        """Its place on the line as of now; the journal's is the one that was last announced."""
        return self.plan or self.state.plan

    def status(self, model: Model) -> ProductStatus:
        """Tell its status: of a state that was not read, what was noted when it was written."""
        if isinstance(self.state, BriefState):
            assert self.listed_as is not None, "they are read together"
            return self.listed_as
        return product_status(self.state, model)

    @property
    def replaced_by(self) -> str | None:
        return self.state.successor

    @property
    def unit(self) -> Unit:
        return Unit(self.code, self.model, self.edition, self.line)

    @property
    def access(self) -> Access:
        """The parties that may see it."""
        return Access(self.account, self.factory, self.carrier)


@brief
class BriefProduct(Product):
    """A unit of which only some fields were read, and a BriefState."""


def checked_reference(text: str | None) -> str | None:
    """Trim a customer reference; None and blank mean none. Raises InvalidInput naming its limit."""
    reference = (text or "").strip()
    if len(reference) > REFERENCE_LENGTH_MAX or not reference.isprintable():
        message = f"A customer reference has at most {REFERENCE_LENGTH_MAX} printable characters."
        raise InvalidInput(message, ("customerReference",))
    return reference or None


def milestone(status: ProductStatus) -> int:
    """Tell how far a unit is, as far as its order's status depends on it; it never goes back."""
    ended = (status in ENDED, status == ProductStatus.SCRAPPED)
    passed = (status not in BEFORE_PRODUCTION, status in DELIVERED | ENDED, *ended)
    return sum(passed)


def followed(known: Mapping[str, ProductStatus], found: Mapping[str, ProductStatus]) -> Mapping[str, ProductStatus]:
    """Take over the statuses of units that have come to a later phase than was known."""
    further = {code: s for code, s in found.items() if milestone(s) > milestone(known.get(code, ProductStatus.ORDERED))}
    return {**known, **further}


def order_status(units: Sequence[ProductStatus], owed: int = 0) -> OrderStatus:
    """Derive an order's status from its units; cancelled and scrapped ones do not hold the others up.

    `owed`: how many scrapped units have no successor yet, for a moment.
    """
    live = [status for status in units if status not in ENDED] + owed * [ProductStatus.IN_PRODUCTION]
    if not live:
        return OrderStatus.CANCELLED
    delivered = sum(status in DELIVERED for status in live)
    if delivered == len(live):
        return OrderStatus.COMPLETED
    if delivered:
        return OrderStatus.PARTLY_DELIVERED
    if all(status in BEFORE_PRODUCTION for status in live) and ProductStatus.SCRAPPED not in units:
        return OrderStatus.PLACED
    return OrderStatus.IN_PRODUCTION


def cancellable_until(units: Sequence[Product], statuses: Sequence[ProductStatus]) -> datetime | None:
    """Return the planned start of the first live unit; None once production of any has started, or all ended."""
    live = [unit for unit, status in zip(units, statuses, strict=True) if status not in ENDED]
    if not live or any(status not in BEFORE_PRODUCTION and status not in ENDED for status in statuses):
        return None
    return min((unit.current_plan.starts_at for unit in live if unit.current_plan), default=None)
