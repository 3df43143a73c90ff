"""Is a price the sum of its lines, exact, taxed by the custom of its country, and absent without a price list?"""

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Market, Model, Option, OptionGroup, Tax
from app.domain.configuration.configuration import Selections, choose, chosen_options
from app.domain.configuration.pricing import (
    Payable,
    QuoteLineKind,
    added_days,
    charged,
    charges_of,
    checked_currency,
    payable,
    payable_difference,
    price,
    price_lines,
    with_added_tax,
)
from app.domain.shared.money import CURRENCIES, Money
from app.domain.shared.refusal import InvalidInput
from tests.domain.build import catalogue, text
from tests.rows import rows

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


@rows("currency", CURRENCIES)
@rows("model", SEEDED)
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


@rows(("base", "quantity", "expected"), [("10.005", 1, "10.00"), ("10.015", 1, "10.02"), ("10.005", 2, "20.01")])
def test_all_units_are_rounded_together(base: str, quantity: int, expected: str) -> None:
    assert str(price(priced(base), {}, "EUR", quantity)) == str(Money(Decimal(expected), "EUR"))


def test_without_a_price_list_there_is_no_price() -> None:
    model = priced("10", "1")
    assert price_lines(model, {}, "USD") is None
    assert price(model, {}, "USD") is None
    assert payable(model, {}, market(), "USD") is None
    with pytest.raises(ValueError, match="USD"):
        payable_difference(model, charges_of(market().delivery["USD"], None), "USD", {}, {})


def test_an_option_without_a_surcharge_has_no_line() -> None:
    model = priced("10", "0", "2.50")
    lines = price_lines(model, everything(model), "EUR")
    assert lines is not None
    assert [(line.option, str(line.amount)) for line in lines] == [(None, "10.00"), ("EXTRAS.O1", "2.50")]


def market(rate: str | None = None, included: bool = True, fee: str = "0.00") -> Market:
    tax = None if rate is None else Tax(text("Tax"), Decimal(rate), included)
    return Market("DE", dict.fromkeys(CURRENCIES, Decimal(fee)), tax)


def paid(model: Model, where: Market, quantity: int = 1) -> Payable:
    found = payable(model, everything(model), where, "EUR", quantity)
    assert found is not None
    return found


@rows(
    ("where", "lines", "tax", "total"),
    [
        (market(), "100.00 2.50 0.00", None, "102.50"),
        (market(fee="9.90"), "100.00 2.50 9.90", None, "112.40"),
        (market("0.19", True, "16.50"), "100.00 2.50 16.50", "19.00", "119.00"),
        (market("0.19", False, "16.50"), "100.00 2.50 16.50 22.61", "22.61", "141.61"),
        (market("0.0725", False, "0.00"), "100.00 2.50 0.00 7.43", "7.43", "109.93"),
        (market("0.255", True), "100.00 2.50 0.00", "20.83", "102.50"),
    ],
)
def test_a_tax_that_prices_include_is_told_and_one_that_they_do_not_is_added(
    where: Market, lines: str, tax: str | None, total: str
) -> None:
    found = paid(priced("100", "2.50"), where)
    assert " ".join(str(line.amount) for line in found.lines) == lines
    kinds = [QuoteLineKind.MODEL, QuoteLineKind.OPTION, QuoteLineKind.DELIVERY, QuoteLineKind.TAX]
    assert [line.kind for line in found.lines] == kinds[: len(found.lines)]
    assert (str(found.tax.amount) if found.tax else None) == tax
    assert found.total == Money(Decimal(total), "EUR")


@rows(
    ("amount", "rate", "included", "tax"),
    [
        ("0.10", "0.05", False, "0.00"),
        ("0.30", "0.05", False, "0.02"),
        ("0.50", "0.05", False, "0.02"),
        ("0.70", "0.05", False, "0.04"),
        ("0.01", "1.00", True, "0.00"),
        ("0.03", "1.00", True, "0.02"),
        ("0.00", "0.19", True, "0.00"),
    ],
)
def test_half_a_cent_of_tax_goes_to_the_even_one(amount: str, rate: str, included: bool, tax: str) -> None:
    assert str(charged(Tax(text("Tax"), Decimal(rate), included), Decimal(amount)).amount) == tax


def test_a_tax_for_three_units_is_rounded_once_and_delivery_is_for_each() -> None:
    model, where = priced("10.10"), market("0.05", False, "1.00")
    assert [str(line.amount) for line in paid(model, where).lines] == ["10.10", "1.00", "0.56"]
    assert [str(line.amount) for line in paid(model, where, 3).lines] == ["30.30", "3.00", "1.66"]


rates = st.decimals("0.0001", "0.9999", places=4)
fees = st.decimals("0.00", "999.99", places=2)


@given(amounts, st.lists(amounts, max_size=4), rates, fees, st.integers(1, 100))
def test_an_included_tax_changes_nothing_that_is_paid_and_leaves_a_net_amount_that_yields_it(
    base: str, surcharges: list[str], rate: Decimal, fee: Decimal, quantity: int
) -> None:
    model = priced(base, *surcharges)
    found = paid(model, market(str(rate), True, str(fee)), quantity)
    untaxed = paid(model, market(None, fee=str(fee)), quantity)
    assert (found.lines, found.total) == (untaxed.lines, untaxed.total)
    assert found.tax and 0 <= found.tax.amount <= found.total.amount
    net = found.total.amount - found.tax.amount
    assert abs(net * rate - found.tax.amount) <= CENT  # half a cent, and the same of net


@given(amounts, st.lists(amounts, max_size=4), rates, fees, st.integers(1, 100))
def test_an_added_tax_is_that_of_all_other_lines_rounded_half_to_even_and_lines_sum_to_the_total(
    base: str, surcharges: list[str], rate: Decimal, fee: Decimal, quantity: int
) -> None:
    model = priced(base, *surcharges)
    found = paid(model, market(str(rate), False, str(fee)), quantity)
    *others, tax = found.lines
    net = sum((line.amount for line in others), Decimal(0))
    assert tax.amount == (net * rate).quantize(CENT, ROUND_HALF_EVEN)
    assert found.total.amount == net + tax.amount
    assert others[-1].amount == fee * quantity
    assert all(line.amount == line.amount.quantize(CENT) for line in found.lines)
    single = paid(model, market(str(rate), False, str(fee)))
    each = CENT / 2 * (quantity + 1)
    apart = len(others) * each * (1 + rate) + each  # what the other lines differ by is taxed, too
    assert abs(found.total.amount - quantity * single.total.amount) <= apart


@given(amounts, st.lists(amounts, min_size=2, max_size=4), rates, st.booleans(), fees)
def test_a_change_costs_the_difference_of_two_quotes_and_its_way_back_the_same(
    base: str, surcharges: list[str], rate: Decimal, included: bool, fee: Decimal
) -> None:
    model, where = priced(base, *surcharges), market(str(rate), included, str(fee))
    none: Selections = {}
    some: Selections = {"EXTRAS": ("O0",)}
    every: Selections = everything(model)

    def difference(before: Selections, after: Selections) -> Decimal:
        return payable_difference(model, charges_of(fee, where.tax), "EUR", before, after)

    bare = payable(model, none, where, "EUR")
    assert bare is not None
    assert bare.total.amount + difference(none, every) == paid(model, where).total.amount
    assert difference(none, some) + difference(some, every) == difference(none, every)
    assert difference(every, none) == -difference(none, every)
    assert difference(every, every) == 0


def test_the_days_of_all_chosen_options_add_up() -> None:
    model = priced("10", "1", "1", "1", "1")
    assert added_days(model, everything(model)) == 0 + 1 + 2 + 3
    assert added_days(model, {"EXTRAS": ("O3", "O1")}) == 4
    assert added_days(model, {}) == 0


@rows("model", SEEDED)
def test_the_chosen_options_are_named_in_the_order_of_the_model(model: Model) -> None:
    chosen = choose(model, {}, list(everything(model).items()))
    everywhere = [f"{group.code}.{option.code}" for group in model.option_groups for option in group.options]
    found = [name for name, _ in chosen_options(model, chosen)]
    assert found == [name for name in everywhere if name in found]
    assert len(found) == sum(map(len, chosen.values()))


@rows("currency", CURRENCIES)
def test_a_currency_with_a_price_list_is_accepted(currency: str) -> None:
    assert checked_currency(currency, ()) == currency


@rows("currency", ["", "JPY", "eur", "XXX"])
def test_another_currency_is_refused_with_its_path(currency: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_currency(currency, ("currency",))
    assert refused.value.path == ("currency",)


@rows(
    ("tax", "amount"),
    [(None, "20.00"), (market("0.19").tax, "20.00"), (market("0.0725", False).tax, "21.45")],
)
def test_a_tax_that_came_on_top_is_given_back_with_a_discount(tax: Tax | None, amount: str) -> None:
    rate = charges_of(Decimal(0), tax).added_tax
    assert str(with_added_tax(Decimal("20.00"), rate)) == amount
