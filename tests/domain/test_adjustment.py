"""Do the lines of an order say exactly what became of its price?"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.order.adjustment import adjusted, adjustments, order_total
from app.domain.order.order import Address, Order, Product
from app.domain.unit import journey
from app.domain.unit.event import Event
from app.domain.unit.journey import Step
from app.domain.unit.kinds.change import Change, ChangeKind
from app.domain.unit.kinds.decision import Answer, DecisionKind
from app.domain.unit.kinds.planning import PlanningKind
from app.domain.unit.kinds.quality import QualityKind
from app.domain.unit.kinds.transport import TransportKind
from tests.domain.build import FRESH, MODEL, T0, at, bought, event, sign
from tests.rows import rows

HOME = Address("Anna", ("Hauptstraße 1",), "Köln", "DE", "50667")


def order_of(total: str, *codes: str) -> Order:
    return Order("o", "ZD-1", "anna", "FOSHAN", "q", codes, Decimal(total), "EUR", HOME, T0, "k", "h")


def unit(code: str, replaces: str | None = None) -> Product:
    return replace(bought(FRESH, code), order="o", account="anna", replaces=replaces)


def changed(amount: str, minutes: float = 1) -> Event:
    change = Change({"COLOUR": ("RED",)}, Decimal(amount))
    return replace(event(ChangeKind.DESIGN_CHANGED, minutes), payload=change)


def decided(amount: str, minutes: float = 2) -> Event:
    answer = Answer(f"d{minutes}", "CONCESSION", Decimal(amount))
    return replace(event(DecisionKind.DECISION_MADE, minutes), payload=answer)


def cancelled(minutes: float = 3) -> Event:
    return event(ChangeKind.ORDER_CANCELLED, minutes)


def after(product: Product, *events: Event) -> tuple[Product, list[Step]]:
    steps: list[Step] = []
    for each in events:
        entry = journey.append(product.unit, MODEL, product.state, each, each.occurred_at, sign)
        steps.append(entry.step)
        product = replace(product, state=entry.state)
    return product, steps


def told(order: Order, *journals: tuple[Product, list[Step]]) -> list[tuple[str, str, str]]:
    """Tell the lines as kind, unit and amount; they sum to what has become of the total."""
    units, steps = [unit for unit, _ in journals], [step for _, steps in journals for step in steps]
    lines = adjustments(order, units, steps)
    assert order_total(order, units) == order.total + sum((line.amount for line in lines), Decimal(0))
    assert {line.product for line in lines} <= {unit.code for unit in adjusted(units)}
    return [(line.kind.value, line.product, str(line.amount)) for line in lines]


def test_each_change_and_concession_is_a_line_of_its_own_oldest_first() -> None:
    first = after(unit("A"), changed("12.50", 1), event(TransportKind.PACKED, 2), changed("-2.50", 5))
    second = after(unit("B"), decided("-20.00", 4), changed("0.00", 6))
    assert told(order_of("200.00", "A", "B"), first, second) == [
        ("CHANGE", "A", "12.50"),
        ("CONCESSION", "B", "-20.00"),
        ("CHANGE", "A", "-2.50"),
        ("CHANGE", "B", "0.00"),
    ]


def test_rework_costs_nothing_and_makes_no_line() -> None:
    assert told(order_of("100.00", "A"), after(unit("A"), decided("0.00"))) == []


@rows(("cancelled_one", "amount"), [("A", "-33.33"), ("B", "-33.34"), ("C", "-33.33")])
def test_a_cancelled_unit_takes_back_its_share_to_the_cent(cancelled_one: str, amount: str) -> None:
    journals = [after(unit(code), *([cancelled()] if code == cancelled_one else [])) for code in "ABC"]
    assert told(order_of("100.00", *"ABC"), *journals) == [("CANCELLATION", cancelled_one, amount)]


def test_a_cancelled_unit_takes_back_what_was_added_to_it() -> None:
    journal = after(unit("A"), changed("12.50"), decided("-5.00"), cancelled())
    order = order_of("100.00", "A")
    assert told(order, journal)[-1] == ("CANCELLATION", "A", "-107.50")
    assert order_total(order, [journal[0]]) == 0


def test_a_cancelled_replacement_takes_back_what_was_paid_for_the_unit_that_it_replaces() -> None:
    scrapped = after(unit("A"), changed("12.50"), event(QualityKind.SCRAPPED, 2))
    replacement = after(unit("C", replaces="A"), changed("1.00", 3), cancelled(4))
    other = after(unit("B"))
    lines = told(order_of("100.00", "A", "B", "C"), scrapped, other, replacement)
    assert lines[-1] == ("CANCELLATION", "C", "-63.50")


amounts = st.decimals("-99.99", "99.99", places=2).map(str)
whatever = st.one_of(amounts.map(changed), amounts.map(decided), st.just(event(TransportKind.PACKED, 1)))


@given(st.decimals("0.00", "99999.99", places=2), st.lists(st.lists(whatever, max_size=4), min_size=1, max_size=7))
def test_an_order_whose_units_are_all_cancelled_costs_nothing(total: Decimal, lives: Sequence[list[Event]]) -> None:
    codes = [str(index) for index in range(len(lives))]
    journals = [after(unit(code), *life, cancelled(9)) for code, life in zip(codes, lives, strict=True)]
    order = order_of(str(total), *codes)
    told(order, *journals)
    assert order_total(order, [unit for unit, _ in journals]) == 0


def test_a_line_names_the_step_that_made_it() -> None:
    product, steps = after(unit("A"), event(PlanningKind.SCHEDULED, 0), changed("1.00", 7))
    (line,) = adjustments(order_of("1.00", "A"), [product], steps)
    assert (line.sequence, line.occurred_at) == (2, at(7))
