"""Is a package's number accepted only with its right check digit, whatever one digit was mistyped?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.shared.refusal import InvalidInput
from app.domain.unit.sscc import checked_sscc
from tests.rows import rows

GOOD = "106141412345678908"
"""The example of the GS1 General Specifications."""


def right(digits: str) -> str:
    """Complete 17 digits by the rule as the specification words it: times 3 and 1 from the left, up to a ten."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def test_the_specification_s_example_is_accepted() -> None:
    assert checked_sscc(GOOD) == GOOD


@given(st.text("0123456789", min_size=17, max_size=17))
def test_a_number_with_the_right_check_digit_is_accepted(digits: str) -> None:
    assert checked_sscc(right(digits)) == right(digits)


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_found_wherever_it_is(digits: str, place: int, by: int) -> None:
    good = right(digits)
    wrong = good[:place] + str((int(good[place]) + by) % 10) + good[place + 1 :]
    with pytest.raises(InvalidInput) as refusal:
        checked_sscc(wrong)
    assert refusal.value.path == ("sscc",)


@rows("text", ["", "1", GOOD[:-1], f"00{GOOD}", f" {GOOD}", "１" * 18, "²" * 18, "A" * 18])
def test_what_is_not_18_digits_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked_sscc(text)
    assert refusal.value.path == ("sscc",)
