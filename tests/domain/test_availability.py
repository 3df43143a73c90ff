"""What can still be chosen: against every complete configuration of the seeded models, and any rules by brute force."""

import random
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Model, Option, OptionGroup, Rule, RuleKind
from app.domain.configuration.availability import AvailableOption, after_choosing, available_options
from app.domain.configuration.configuration import Selections, choose, evaluate
from app.domain.configuration.explanation import MARKET, WITHDRAWN, not_sold, withdrawn
from app.domain.configuration.pricing import added_days, price
from tests.domain.build import MODEL, SELECTIONS, catalogue, text
from tests.domain.rulebook import (
    Names,
    available,
    breaks_at_once,
    chosen_names,
    countries,
    forbidden,
    group_names,
    models,
    sold_names,
    some,
    ways,
    without_rivals,
)
from tests.rows import rows

SEEDED = list(catalogue().model.values())
by_sku = pytest.mark.parametrize("model", SEEDED, ids=lambda model: model.sku)


def name_of(option: AvailableOption) -> str:
    return f"{option.group}.{option.option}"


@cache
def bits(model: Model) -> dict[str, int]:
    names = [name for group in model.option_groups for name in group_names(group)]
    return {name: 1 << place for place, name in enumerate(names)}


def mask(model: Model, names: Names) -> int:
    return sum(bits(model)[name] for name in names)


@cache
def orderable(model: Model, country: str | None) -> list[int]:
    """List every complete configuration that obeys all rules and is sold, as a number with a bit for each option."""
    groups = []
    for group in model.option_groups:
        names = sold_names(group, country)
        counts = range(int(group.required), len(names) + 1 if group.many else 2)
        groups.append([mask(model, frozenset(way)) for count in counts for way in combinations(names, count)])
    rules = [
        (
            mask(model, frozenset(rule.when)),
            mask(model, frozenset(rule.then) if rule.kind is RuleKind.REQUIRES else forbidden(model, rule)),
            rule.kind is RuleKind.REQUIRES,
        )
        for rule in model.rules
    ]
    return [
        whole
        for whole in map(sum, product(*groups))
        if all(not whole & when or bool(whole & then) is requires for when, then, requires in rules)
    ]


@by_sku
def test_an_option_of_a_seeded_model_is_available_exactly_if_a_complete_configuration_has_it(model: Model) -> None:
    source = random.Random(model.sku)
    compared = 0
    for round in range(16):
        country = (None, "DE", "GB", "CN")[round % 4]
        selections = some(model, source)
        chosen = chosen_names(selections)
        members: dict[Names, int] = {}
        for option in available_options(model, selections, country):
            others = without_rivals(model, chosen, name_of(option))
            if others not in members:
                wanted, together = mask(model, others), 0
                for whole in orderable(model, country):
                    if whole & wanted == wanted:
                        together |= whole
                members[others] = together
            if members[others]:  # else the others already break something: judged by the rulebook below
                compared += 1
                assert option.available is bool(members[others] & bits(model)[name_of(option)])
    assert compared > 100


@by_sku
def test_who_chooses_only_what_is_available_always_ends_with_a_configuration_to_order(model: Model) -> None:
    source = random.Random(model.sku)
    for country in (None, *(catalogue().factory_of(model).markets or ("CN", "DE", "GB", "US"))):
        for _ in range(5):
            selections: Selections = {}
            while not (found := evaluate(model, selections, country)).complete or found.conflicts:
                able = [o for o in available_options(model, selections, country) if o.available and not o.chosen]
                wanted = {rule for conflict in found.conflicts for rule in (conflict.rule,)}
                needed = {name for rule in model.rules if rule.code in wanted for name in rule.then}
                still = [o for o in able if name_of(o) in needed or (not wanted and o.group in found.missing)]
                selections = after_choosing(model, selections, name_of(source.choice(still)))


def check(model: Model, selections: Selections, country: str | None) -> None:
    chosen = chosen_names(selections)
    found = available_options(model, selections, country)
    assert [name_of(option) for option in found] == [n for g in model.option_groups for n in group_names(g)]
    for option in found:
        name = name_of(option)
        others = without_rivals(model, chosen, name)
        assert option.chosen is (name in chosen)
        assert option.available is (name in available(model, others, country))
        assert bool(option.reasons) is not option.available
        if option.reasons:
            check_reasons(model, others, name, country, option)


def check_reasons(model: Model, others: Names, name: str, country: str | None, option: AvailableOption) -> None:
    """Each reason breaks at once; or together they leave no way, and none can be left out."""
    given = [reason.rule for reason in option.reasons]
    group = model.groups[option.group]
    withdrawn = name.partition(".")[2] in [option.code for option in group.withdrawn]
    at_once = [] if name in sold_names(group, country) else [WITHDRAWN] if withdrawn else [MARKET]
    at_once += [rule.code for rule in model.rules if breaks_at_once(model, rule, others, name, country)]

    def possible(*rules: Rule) -> bool:
        return any(name in way for way in ways(model, others, country, rules))

    if at_once:
        assert given == at_once
    else:
        rules = [rule for rule in model.rules if rule.code in given]
        assert [rule.code for rule in rules] == given
        assert not possible(*rules)
        assert all(possible(*(kept for kept in rules if kept is not left)) for left in rules)
    for reason in option.reasons:
        assert set(reason.options) <= others | {name}


@given(models(), st.randoms(use_true_random=False), countries)
def test_any_rules_leave_available_what_brute_force_can_finish(
    model: Model, source: random.Random, country: str | None
) -> None:
    check(model, {}, country)
    check(model, some(model, source), country)


@by_sku
def test_the_price_and_days_that_an_option_adds_are_the_difference_of_the_two_configurations(model: Model) -> None:
    source = random.Random(model.sku)
    for currency in ("CNY", "EUR", "JPY"):
        selections = some(model, source)
        before = price(model, selections, currency)
        for option in available_options(model, selections, None, currency):
            after = after_choosing(model, selections, name_of(option))
            then = price(model, after, currency)
            assert option.price_delta == (then.amount - before.amount if then and before else None)
            assert option.added_days == added_days(model, after) - added_days(model, selections)


FIRST = Rule("FIRST", RuleKind.REQUIRES, ("COLOUR.RED",), text("Red needs steam"), then=("EXTRAS.STEAM",))
SECOND = Rule("SECOND", RuleKind.EXCLUDES, ("EXTRAS.STEAM",), text("Steam needs a large one"), then=("SIZE.S",))
CHAIN = replace(MODEL, rules=(FIRST, SECOND))


def find(model: Model, selections: Selections, name: str, country: str | None = None) -> AvailableOption:
    return next(o for o in available_options(model, selections, country) if name_of(o) == name)


def test_an_option_that_only_needs_more_to_be_chosen_is_available() -> None:
    assert find(CHAIN, {}, "COLOUR.RED").available


def test_an_option_is_refused_for_what_it_would_need_further_on_with_all_the_rules_in_the_way() -> None:
    found = find(CHAIN, choose(CHAIN, {}, [("SIZE", ["S"])]), "COLOUR.RED")
    assert not found.available
    assert [reason.rule for reason in found.reasons] == ["FIRST", "SECOND"]
    assert find(CHAIN, choose(CHAIN, {}, [("SIZE", ["L"])]), "COLOUR.RED").available


def test_a_choice_that_breaks_a_rule_with_another_one_says_so_while_a_third_group_stays_available() -> None:
    selections = {**SELECTIONS, "EXTRAS": ("STEAM",)}
    assert {name_of(o): o.available for o in available_options(CHAIN, selections)} == {
        "COLOUR.WHITE": True,
        "COLOUR.RED": True,
        "SIZE.S": False,
        "SIZE.L": True,
        "EXTRAS.STEAM": False,
        "EXTRAS.WIFI": True,
        "LABEL.LOCAL": True,
        "LABEL.SLEEVE": True,
    }


GONE = replace(
    MODEL,
    option_groups=(
        OptionGroup(
            "COLOUR", text("Colour"), (Option("RED", text("Red")), Option("JADE", text("Jade"), withdrawn=True))
        ),
    ),
)


@rows("country", [None, "DE"])
def test_a_withdrawn_option_is_shown_as_not_available_and_those_beside_it_are(country: str | None) -> None:
    for selections in ({}, {"COLOUR": ("JADE",)}):
        jade, red = find(GONE, selections, "COLOUR.JADE", country), find(GONE, selections, "COLOUR.RED", country)
        assert (jade.available, jade.reasons) == (False, (withdrawn("COLOUR.JADE"),))
        assert red.available


def test_of_a_withdrawn_model_nothing_is_available_and_that_is_why() -> None:
    for option in available_options(replace(MODEL, withdrawn=True), {}, "DE"):
        assert (option.available, option.reasons) == (False, (withdrawn(),))


@rows(("country", "sold"), [(None, True), ("DE", True), ("GB", False)])
def test_an_option_that_is_not_sold_in_the_market_is_not_available(country: str | None, sold: bool) -> None:
    red = Option("RED", text("Red"), {"CNY": Decimal(5)}, markets=("DE",))
    colour = OptionGroup("COLOUR", text("Colour"), (red, Option("BLUE", text("Blue"))))
    found = find(replace(MODEL, option_groups=(colour,)), {}, "COLOUR.RED", country)
    assert found.available is sold
    assert [reason.rule for reason in found.reasons] == ([] if sold else [MARKET])
    assert found.price_delta == 5


@given(models(), st.randoms(use_true_random=False), st.sampled_from(("DE", "GB")))
def test_no_option_is_available_where_the_model_is_not_sold_and_each_says_so(
    model: Model, source: random.Random, country: str
) -> None:
    selections = some(model, source)
    known = available_options(model, selections, country)
    unsold = available_options(model, selections, country, model_sold=False)
    for before, after in zip(known, unsold, strict=True):
        assert after == before._replace(available=False, reasons=(not_sold(country), *before.reasons))
