"""Is money exact, rounded half to even, and never mixed?"""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.shared.money import CURRENCIES, Money, rounded, total
from tests.rows import rows

amounts = st.decimals("-100000", "100000", allow_nan=False, places=4)


@rows(
    ("amount", "expected"),
    [
        ("0.125", "0.12"),
        ("0.135", "0.14"),
        ("0.1251", "0.13"),
        ("-0.125", "-0.12"),
        ("-0.135", "-0.14"),
        ("2", "2.00"),
        ("0.005", "0.00"),
        ("0.015", "0.02"),
    ],
)
def test_halves_are_rounded_to_the_even_neighbour(amount: str, expected: str) -> None:
    assert str(rounded(Decimal(amount))) == expected


@given(amounts)
def test_rounding_is_idempotent_and_off_by_half_a_cent_at_most(amount: Decimal) -> None:
    once = rounded(amount)
    assert rounded(once) == once
    assert abs(once - amount) <= Decimal("0.005")


@given(st.lists(amounts, max_size=8))
def test_a_total_is_the_sum_of_the_rounded_amounts(parts: list[Decimal]) -> None:
    result = total(parts, "EUR")
    assert result == Money(sum((rounded(part) for part in parts), Decimal(0)), "EUR")
    assert result.amount.as_tuple().exponent == -2


def test_money_of_one_currency_is_added() -> None:
    assert Money(Decimal("0.10"), "EUR") + Money(Decimal("0.20"), "EUR") == Money(Decimal("0.30"), "EUR")


@rows("pair", list(permutations(CURRENCIES, 2)))
def test_two_currencies_are_never_added(pair: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="never added"):
        Money(Decimal(1), pair[0]) + Money(Decimal(1), pair[1])
