"""What became of an order's price: a line for each change, concession and cancellation, told by the units' journals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from app.domain.order.order import Order, Product
from app.domain.shared.money import rounded
from app.domain.shared.text import Text, all_languages
from app.domain.unit.event import StepKind
from app.domain.unit.journey import Step
from app.domain.unit.kinds.change import Change, ChangeKind
from app.domain.unit.kinds.decision import Answer, DecisionKind


class AdjustmentKind(StrEnum):
    CHANGE = "CHANGE"
    CONCESSION = "CONCESSION"
    CANCELLATION = "CANCELLATION"


KIND_OF: Mapping[StepKind, AdjustmentKind] = {
    ChangeKind.DESIGN_CHANGED: AdjustmentKind.CHANGE,
    DecisionKind.DECISION_MADE: AdjustmentKind.CONCESSION,
    ChangeKind.ORDER_CANCELLED: AdjustmentKind.CANCELLATION,
}


LABELS: Mapping[AdjustmentKind, Text] = {
    AdjustmentKind.CHANGE: ChangeKind.DESIGN_CHANGED.row.label,
    AdjustmentKind.CONCESSION: all_languages("Price reduction", "价格优惠", "Remise", "Preisnachlass"),
    AdjustmentKind.CANCELLATION: ChangeKind.ORDER_CANCELLED.row.label,
}


@dataclass(frozen=True)
class Adjustment:
    """One line: the step of a unit that made it, and the amount that it adds, tax and all."""

    kind: AdjustmentKind
    product: str
    sequence: int
    occurred_at: datetime
    amount: Decimal


def adjusted(units: Sequence[Product]) -> Sequence[Product]:
    """Choose the units in whose journals there are lines to find."""
    return [unit for unit in units if unit.state.past_choices or unit.state.price_delta or unit.state.cancelled_at]


def adjustments(order: Order, units: Sequence[Product], steps: Sequence[Step]) -> list[Adjustment]:
    """Make the lines that steps of an order's units tell of, oldest first. A choice that costs nothing makes none."""
    refunds = _refunds(order, units)
    lines = [
        Adjustment(KIND_OF[step.kind], step.product, step.sequence, step.recorded_at, amount)
        for step in steps
        if (amount := _amount(step, refunds)) is not None
    ]
    return sorted(lines, key=lambda line: (line.occurred_at, line.product, line.sequence))


def order_total(order: Order, units: Sequence[Product]) -> Decimal:
    """Sum what was quoted and all adjustments, from the units' states alone."""
    deltas = sum((unit.state.price_delta for unit in units), Decimal("0.00"))
    return order.total + deltas + sum(_refunds(order, units).values(), Decimal("0.00"))


def _amount(step: Step, refunds: Mapping[str, Decimal]) -> Decimal | None:
    """Return what a step adds to what is paid; None where it has nothing to do with the price."""
    match step.payload:
        case Change(price_delta=delta):
            return delta
        case Answer(price_delta=delta):
            return delta or None
        case _:
            return refunds[step.product] if step.kind == ChangeKind.ORDER_CANCELLED else None


def _refunds(order: Order, units: Sequence[Product]) -> Mapping[str, Decimal]:
    """Compute what is not owed for each cancelled unit: its share of the order, and all that was added to it.

    Shares are to the cent and sum to the order's total. A replacement stands for the unit that it replaces.
    """
    known = {unit.code: unit for unit in units}
    bought = [code for code in order.products if code in known and known[code].replaces is None]
    found: dict[str, Decimal] = {}
    for unit in units:
        if unit.state.cancelled_at is None:
            continue
        owed, original = unit.state.price_delta, unit
        while original.replaces in known:
            original = known[original.replaces]
            owed += original.state.price_delta
        place = bought.index(original.code)
        owed += rounded(order.total * (place + 1) / len(bought)) - rounded(order.total * place / len(bought))
        found[unit.code] = -owed
    return found
