"""What was bought: orders, their status and the quotes they name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from app.domain.configuration import Selections
from app.domain.journey import State, Unit
from app.domain.money import rounded
from app.domain.pricing import ChargedTax, PriceLine, QuoteLineKind
from app.domain.status import BEFORE_PRODUCTION, DELIVERED, ENDED, ProductStatus


class OrderStatus(StrEnum):
    PLACED = "PLACED"
    IN_PRODUCTION = "IN_PRODUCTION"
    PARTLY_DELIVERED = "PARTLY_DELIVERED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Wanted:
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
class Quote(Wanted):
    """An immutable price. `lines` add up to `total`, which is what is paid; `tax` says how much of it is tax."""

    id: str
    lines: tuple[PriceLine, ...]
    total: Decimal
    earliest_delivery: date
    created_at: datetime
    valid_until: datetime
    tax: ChargedTax | None = None

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
    """`input_hash` ties the idempotency key to what was first sent with it."""

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


@dataclass(frozen=True)
class Product:
    """One custom-made unit: who and what it is for ever, and its present state."""

    code: str
    gtin: str
    model: str
    factory: str
    line: str
    order: str
    account: str
    carrier: str | None
    country: str
    currency: str
    ordered_at: datetime
    state: State
    replaces: str | None = None
    replaced_by: str | None = None

    @property
    def unit(self) -> Unit:
        return Unit(self.code, self.model, self.line)


def order_status(units: Sequence[ProductStatus]) -> OrderStatus:
    """Derive an order's status from its units; cancelled and scrapped ones do not hold the others up."""
    live = [status for status in units if status not in ENDED]
    if not live:
        return OrderStatus.CANCELLED
    delivered = sum(status in DELIVERED for status in live)
    if delivered == len(live):
        return OrderStatus.COMPLETED
    if delivered:
        return OrderStatus.PARTLY_DELIVERED
    if all(status in BEFORE_PRODUCTION for status in live):
        return OrderStatus.PLACED
    return OrderStatus.IN_PRODUCTION


def cancellable_until(units: Sequence[Product], statuses: Sequence[ProductStatus]) -> datetime | None:
    """Return the planned start of the first live unit; None once production of any has started, or all ended."""
    live = [unit for unit, status in zip(units, statuses, strict=True) if status not in ENDED]
    if not live or any(status not in BEFORE_PRODUCTION and status not in ENDED for status in statuses):
        return None
    return min((unit.state.plan.starts_at for unit in live if unit.state.plan), default=None)
