"""What is an order's status, and how long may it be cancelled?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations_with_replacement, permutations, product

import pytest

from app.domain.order.order import (
    REFERENCE_LENGTH_MAX,
    OrderStatus,
    Product,
    cancellable_until,
    checked_reference,
    followed,
    milestone,
    order_status,
)
from app.domain.shared.refusal import InvalidInput
from app.domain.unit.journey import Unit
from app.domain.unit.stage import ProductStatus
from tests.domain.build import FRESH, PLAN, STATES, T0, bought
from tests.rows import rows

S, Bought = ProductStatus, OrderStatus
ENDED = (S.CANCELLED, S.SCRAPPED)
ARRIVED = (S.DELIVERED, S.INSTALLED)
WAITING = (S.ORDERED, S.PLANNED)
UNIT = replace(bought(FRESH), factory="FOSHAN", order="o1", account="anna", country="CN", currency="CNY")


def expected(units: Sequence[ProductStatus]) -> OrderStatus:
    """Say it in words: what has ended is left out, all arrived, some arrived, none begun, else being built."""
    live = {status for status in units if status not in ENDED}
    words = {
        Bought.CANCELLED: not live,
        Bought.COMPLETED: live <= set(ARRIVED),
        Bought.PARTLY_DELIVERED: bool(live & set(ARRIVED)),
        Bought.PLACED: live <= set(WAITING) and S.SCRAPPED not in units,
        Bought.IN_PRODUCTION: True,
    }
    return next(status for status, true in words.items() if true)


def test_an_order_of_any_units_has_the_status_of_those_that_have_not_ended() -> None:
    for units in chain.from_iterable(combinations_with_replacement(S, count) for count in range(4)):
        assert order_status(units) == expected(units)
        assert {order_status(other) for other in permutations(units)} == {expected(units)}


@rows(
    ("units", "status"),
    [
        ([S.SCRAPPED], Bought.IN_PRODUCTION),
        ([S.SCRAPPED, S.DELIVERED], Bought.PARTLY_DELIVERED),
        ([S.SCRAPPED, S.CANCELLED], Bought.IN_PRODUCTION),
    ],
)
def test_an_order_waits_for_the_successor_of_a_scrapped_unit(units: list[ProductStatus], status: OrderStatus) -> None:
    assert order_status(units, owed=1) == status


@rows(
    ("units", "status"),
    [
        ([], Bought.CANCELLED),
        ([S.CANCELLED], Bought.CANCELLED),
        ([S.SCRAPPED, S.CANCELLED], Bought.CANCELLED),
        ([S.ORDERED, S.PLANNED], Bought.PLACED),
        ([S.PLANNED, S.CANCELLED], Bought.PLACED),
        ([S.PLANNED, S.IN_PRODUCTION], Bought.IN_PRODUCTION),
        ([S.PLANNED, S.OUT_FOR_DELIVERY], Bought.IN_PRODUCTION),
        ([S.DELIVERED, S.PLANNED], Bought.PARTLY_DELIVERED),
        ([S.INSTALLED, S.PACKED], Bought.PARTLY_DELIVERED),
        ([S.DELIVERED, S.INSTALLED], Bought.COMPLETED),
        ([S.DELIVERED, S.SCRAPPED], Bought.COMPLETED),
        ([S.SCRAPPED, S.PLANNED], Bought.IN_PRODUCTION),
        ([S.SCRAPPED, S.DELIVERED], Bought.COMPLETED),
    ],
)
def test_an_orders_status_in_examples(units: list[ProductStatus], status: OrderStatus) -> None:
    assert order_status(units) == status


def unit(status: ProductStatus, days: int) -> Product:
    """Make a unit in a status, planned (where it is) to start after some days."""
    state = STATES[status]
    plan = replace(PLAN, starts_at=T0 + timedelta(days=days)) if state.plan else None
    return replace(UNIT, state=replace(state, plan=plan))


@rows(("first", "second"), list(product(S, S)))
def test_an_order_may_be_cancelled_until_its_first_live_unit_starts(
    first: ProductStatus, second: ProductStatus
) -> None:
    units, statuses = [unit(first, 3), unit(second, 5)], [first, second]
    until = cancellable_until(units, statuses)
    starts = {T0 + timedelta(days=days) for status, days in zip(statuses, (3, 5), strict=True) if status == S.PLANNED}
    closed = any(status not in (*WAITING, *ENDED) for status in statuses)
    assert until == (None if closed else min(starts, default=None))


def test_an_order_without_live_units_cannot_be_cancelled() -> None:
    assert cancellable_until([], []) is None
    assert cancellable_until([unit(S.CANCELLED, 1)], [S.CANCELLED]) is None


def test_a_product_knows_its_unit() -> None:
    assert UNIT.unit == Unit(UNIT.code, UNIT.model, UNIT.edition, UNIT.line)


@rows(("first", "second"), list(product(S, S)))
def test_units_in_the_same_phase_are_one_to_their_order(first: ProductStatus, second: ProductStatus) -> None:
    """What is noted of a unit is its first status of a phase: its order's status must not depend on which."""
    alike = all(order_status([first, other]) == order_status([second, other]) for other in S)
    assert alike or milestone(first) != milestone(second)


def test_what_is_noted_of_a_unit_never_goes_back() -> None:
    life = [S.PLANNED, S.IN_PRODUCTION, S.ON_HOLD, S.PACKED, S.DELIVERED, S.INSTALLED]
    for order in permutations(life):
        known: dict[str, ProductStatus] = {}
        for status in order:
            known = {**followed(known, {"A": status})}
        assert known["A"] in (S.DELIVERED, S.INSTALLED)
        assert dict(followed(known, {"A": S.PLANNED, "B": S.PLANNED})) == known
    assert dict(followed({"A": S.DELIVERED}, {"B": S.IN_REWORK})) == {"A": S.DELIVERED, "B": S.IN_REWORK}


@rows(("text", "kept"), [(None, None), ("", None), ("  ", None), (" K-17 ", "K-17"), ("顾客", "顾客")])
def test_a_customer_reference_is_trimmed(text: str | None, kept: str | None) -> None:
    assert checked_reference(text) == kept


@rows("text", ["x" * (REFERENCE_LENGTH_MAX + 1), "a\nb", "a\x00"])
def test_a_customer_reference_outside_its_limits_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_reference(text)
    assert refused.value.path == ("customerReference",)
