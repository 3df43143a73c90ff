"""Are a line's figures what the standards say they are?"""

from datetime import timedelta

import pytest

from app.domain.line.quality import PERIOD_MAX, DefectShare, LineQuality, Tally, check_period, pareto
from app.domain.shared.refusal import InvalidInput
from tests.domain.build import T0
from tests.rows import rows


def test_the_rolled_yield_is_the_product_of_the_operations() -> None:
    found = LineQuality(T0, T0, Tally("units", 4, 1), [Tally("A", 4, 3), Tally("B", 2, 1), Tally("C", 0)], [])
    assert found.rolled_yield == 0.375
    assert found.units.share == 0.25
    assert LineQuality(T0, T0, Tally("units", 0), [], []).rolled_yield is None


def test_defects_are_ordered_as_pareto_did_and_add_up() -> None:
    assert list(pareto([Tally("B", 1), Tally("C", 2), Tally("A", 1)])) == [
        DefectShare("C", 2, 0.5, 0.5),
        DefectShare("A", 1, 0.25, 0.75),
        DefectShare("B", 1, 0.25, 1.0),
    ]
    assert list(pareto([])) == []


@rows("length", [timedelta(0), -timedelta(days=1), PERIOD_MAX + timedelta(seconds=1)])
def test_a_period_is_bounded(length: timedelta) -> None:
    check_period(T0, T0 + PERIOD_MAX)
    with pytest.raises(InvalidInput) as refusal:
        check_period(T0, T0 + length)
    assert refusal.value.path == ("until",)
