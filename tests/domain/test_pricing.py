"""Is a price the sum of its lines, exact, and absent where there is no price list?"""

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.catalogue import Model, Option, OptionGroup
from app.domain.configuration import choose
from app.domain.money import CURRENCIES, Money
from app.domain.pricing import added_days, checked_currency, chosen_options, price, price_lines, unit_price
from app.domain.refusal import InvalidInput
from tests.domain.build import catalogue, text

SEEDED = list(catalogue().model.values())
CENT = Decimal("0.01")


def priced(base: str, *surcharges: str) -> Model:
    """Make a model whose options cost these surcharges, all chosen by `everything`."""
    options = tuple(
        Option(f"O{index}", text("o"), surcharge={"EUR": Decimal(amount)}, added_days=index)
        for index, amount in enumerate(surcharges)
    )
    group = OptionGroup("EXTRAS", text("Extras"), options, required=False, many=True)
    return replace(SEEDED[0], base_price={"EUR": Decimal(base)}, option_groups=(group,), rules=())


def everything(model: Model) -> dict[str, tuple[str, ...]]:
    chosen = {}
    for group in model.option_groups:
        codes = tuple(option.code for option in group.options)
        chosen[group.code] = codes if group.many else codes[-1:]
    return chosen


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize("model", SEEDED, ids=lambda model: model.sku)
def test_a_price_is_the_base_price_and_the_surcharges_of_what_is_chosen(model: Model, currency: str) -> None:
    chosen = everything(model)
    for quantity in (1, 2, 7):
        lines = price_lines(model, chosen, currency, quantity)
        if currency not in model.base_price:
            assert lines is None
            assert price(model, chosen, currency, quantity) is None
            continue
        assert lines is not None
        options = [o for group in model.option_groups for o in group.options if o.code in chosen[group.code]]
        expected = model.base_price[currency] + sum(option.surcharge.get(currency, 0) for option in options)
        assert price(model, chosen, currency, quantity) == Money(expected * quantity, currency)
        assert sum(line.amount for line in lines) == expected * quantity
        assert lines[0].option is None
        assert all(line.amount > 0 for line in lines)
        assert {line.option for line in lines[1:]} <= {name for name, _ in chosen_options(model, chosen)}


amounts = st.decimals("0.001", "9999", allow_nan=False, places=3).map(str)


@settings(max_examples=200, deadline=None)
@given(amounts, st.lists(amounts, max_size=5), st.integers(1, 20))
def test_a_total_is_the_sum_of_its_lines_each_rounded_half_to_even(
    base: str, surcharges: list[str], quantity: int
) -> None:
    model = priced(base, *surcharges)
    lines = price_lines(model, everything(model), "EUR", quantity)
    assert lines is not None
    exact = [Decimal(amount) * quantity for amount in (base, *surcharges)]
    assert [line.amount for line in lines] == [amount.quantize(CENT, ROUND_HALF_EVEN) for amount in exact]
    total = price(model, everything(model), "EUR", quantity)
    assert total == Money(sum((line.amount for line in lines), Decimal(0)), "EUR")


@pytest.mark.parametrize(
    ("base", "quantity", "expected"), [("10.005", 1, "10.00"), ("10.015", 1, "10.02"), ("10.005", 2, "20.01")]
)
def test_all_units_are_rounded_together(base: str, quantity: int, expected: str) -> None:
    assert str(price(priced(base), {}, "EUR", quantity)) == str(Money(Decimal(expected), "EUR"))


def test_without_a_price_list_there_is_no_price() -> None:
    model = priced("10", "1")
    assert price_lines(model, {}, "USD") is None
    assert price(model, {}, "USD") is None
    with pytest.raises(ValueError, match="USD"):
        unit_price(model, {}, "USD")


def test_an_option_without_a_surcharge_has_no_line() -> None:
    model = priced("10", "0", "2.50")
    lines = price_lines(model, everything(model), "EUR")
    assert lines is not None
    assert [(line.option, str(line.amount)) for line in lines] == [(None, "10.00"), ("EXTRAS.O1", "2.50")]


def test_the_price_of_one_unit_is_the_price() -> None:
    model = priced("10", "2.50")
    assert unit_price(model, everything(model), "EUR") == price(model, everything(model), "EUR")


def test_the_days_of_all_chosen_options_add_up() -> None:
    model = priced("10", "1", "1", "1", "1")
    assert added_days(model, everything(model)) == 0 + 1 + 2 + 3
    assert added_days(model, {"EXTRAS": ("O3", "O1")}) == 4
    assert added_days(model, {}) == 0


@pytest.mark.parametrize("model", SEEDED, ids=lambda model: model.sku)
def test_the_chosen_options_are_named_in_the_order_of_the_model(model: Model) -> None:
    chosen = choose(model, {}, list(everything(model).items()))
    everywhere = [f"{group.code}.{option.code}" for group in model.option_groups for option in group.options]
    found = [name for name, _ in chosen_options(model, chosen)]
    assert found == [name for name in everywhere if name in found]
    assert len(found) == sum(map(len, chosen.values()))


@pytest.mark.parametrize("currency", CURRENCIES)
def test_a_currency_with_a_price_list_is_accepted(currency: str) -> None:
    assert checked_currency(currency, ()) == currency


@pytest.mark.parametrize("currency", ["", "JPY", "eur", "XXX"])
def test_another_currency_is_refused_with_its_path(currency: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_currency(currency, ("currency",))
    assert refused.value.path == ("currency",)
