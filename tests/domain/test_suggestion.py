"""How a broken rule is repaired: against every set of at most three changes."""

import random
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Model, OptionGroup, Rule, RuleKind
from app.domain.configuration.availability import available_options
from app.domain.configuration.configuration import Selections, choose, evaluate
from app.domain.configuration.explanation import MARKET, WITHDRAWN, Explanation, not_sold, withdrawn
from app.domain.configuration.pricing import added_days, price
from app.domain.configuration.suggestion import Suggestion, suggestions
from tests.domain.build import MODEL, SELECTIONS, catalogue, text
from tests.domain.rulebook import chosen_names, countries, group_names, models, sold_names, some

SEEDED = list(catalogue().model.values())
by_sku = pytest.mark.parametrize("model", SEEDED, ids=lambda model: model.sku)
Fault = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Change:
    """One change: an option that goes, one that comes, or one that replaces another, in a group."""

    group: str
    takes: str | None
    adds: str | None


def single_changes(model: Model, selections: Selections, country: str | None) -> list[Change]:
    found = []
    for group in model.option_groups:
        sold = [name.partition(".")[2] for name in sold_names(group, country)]
        present = selections.get(group.code, ())
        if group.many:
            found += [Change(group.code, code, None) for code in present]
            found += [Change(group.code, None, code) for code in sold if code not in present]
        else:
            old = present[0] if present else None
            found += [Change(group.code, old, code) for code in sold if code != old]
            found += [Change(group.code, old, None)] if old and not group.required else []
    return found


def applied(model: Model, selections: Selections, changes: tuple[Change, ...]) -> Selections | None:
    """Make the changes, or return None where two concern the same single-choice group."""
    after = {group: list(options) for group, options in selections.items()}
    touched: set[str] = set()
    for change in changes:
        if not model.groups[change.group].many and change.group in touched:
            return None
        touched.add(change.group)
        options = after.setdefault(change.group, [])
        if change.takes:
            options.remove(change.takes)
        if change.adds:
            options.append(change.adds)
    return choose(model, {}, list(after.items()))


def faults(model: Model, selections: Selections, country: str | None) -> set[Fault]:
    """Name what is broken: each rule once, what is withdrawn or not sold once for each option."""
    return {fault(conflict) for conflict in evaluate(model, selections, country).conflicts}


def fault(conflict: Explanation) -> Fault:
    return conflict.rule, conflict.options if conflict.rule in (MARKET, WITHDRAWN) else ()


def reference(
    model: Model, selections: Selections, target: Explanation, country: str | None, keep: str | None
) -> list[tuple[int, Decimal, Selections]]:
    """Try all sets of changes, keep the repairs without another in them, and sort by number and price."""
    goal = fault(target)
    before, asked = faults(model, selections, country), evaluate(model, selections).missing
    singles = single_changes(model, selections, country)
    found: list[tuple[tuple[Change, ...], Selections]] = []
    for count in (1, 2, 3):
        if len(found) >= 3 or (found and count == 3):
            break
        here = []
        for changes in combinations(singles, count):
            if any(set(smaller) <= set(changes) for smaller, _ in found):
                continue
            after = applied(model, selections, changes)
            if after is None or (keep and keep not in chosen_names(after)):
                continue
            left = faults(model, after, country)
            if goal not in left and left <= before and set(evaluate(model, after).missing) <= set(asked):
                here.append((changes, after))
        found += here
    ranked = [(len(changes), cost(model, selections, after), after) for changes, after in found]
    return sorted(ranked, key=lambda entry: (entry[0], entry[1], order(model, selections, entry[2])))[:3]


def cost(model: Model, before: Selections, after: Selections) -> Decimal:
    old, new = price(model, before, "CNY"), price(model, after, "CNY")
    assert old
    assert new
    return new.amount - old.amount


def order(model: Model, before: Selections, after: Selections) -> tuple[list[int], list[int], list[int]]:
    """Place a repair in the model's order: groups changed, options that come, options that go."""
    names = [name for group in model.option_groups for name in group_names(group)]
    old, new = chosen_names(before), chosen_names(after)
    groups = [i for i, group in enumerate(model.option_groups) if before.get(group.code) != after.get(group.code)]
    come = [i for i, name in enumerate(names) if name in new - old]
    return groups, come, [i for i, name in enumerate(names) if name in old - new]


def outcome(model: Model, selections: Selections, suggestion: Suggestion) -> Selections:
    return choose(model, selections, suggestion.changes)


def check(model: Model, selections: Selections, country: str | None) -> int:
    """Compare every broken rule's suggestions with the reference; return how many there were."""
    count = 0
    for conflict in evaluate(model, selections, country).conflicts:
        for keep in (None, conflict.options[0]):
            found = suggestions(model, selections, conflict, country, keep=keep)
            expected = reference(model, selections, conflict, country, keep)
            assert [outcome(model, selections, each) for each in found] == [after for _, _, after in expected]
            assert [each.price_delta for each in found] == [amount for _, amount, _ in expected]
            for each in found:
                after = outcome(model, selections, each)
                assert each.added_days == added_days(model, after) - added_days(model, selections)
                assert each.changes == tuple(
                    (group, after.get(group, ()))
                    for group in model.groups
                    if after.get(group, ()) != selections.get(group, ())
                )
            count += len(found)
    return count


@by_sku
def test_what_is_suggested_for_a_seeded_model_is_what_trying_every_set_of_changes_finds(model: Model) -> None:
    source = random.Random(model.sku)
    countries = (None, *(catalogue().factory_of(model).markets or ("DE", "GB", "CN")))
    found = 0
    while found < 12:
        found += check(model, some(model, source), source.choice(countries))


@given(models(), st.randoms(use_true_random=False), countries)
def test_under_any_rules_trying_every_set_of_changes_finds_the_same(
    model: Model, source: random.Random, country: str | None
) -> None:
    check(model, some(model, source), country)


@by_sku
def test_every_single_broken_rule_of_a_seeded_model_can_be_repaired(model: Model) -> None:
    source = random.Random(model.sku)
    for _ in range(100):
        selections = some(model, source)
        conflicts = evaluate(model, selections).conflicts
        if len(conflicts) == 1:
            assert suggestions(model, selections, conflicts[0])


@by_sku
def test_an_option_that_a_rule_keeps_away_comes_with_what_else_to_change_for_it(model: Model) -> None:
    source = random.Random(model.sku)
    offered = 0
    for _ in range(20):
        selections = some(model, source)
        for option in available_options(model, selections):
            name = f"{option.group}.{option.option}"
            many = model.groups[option.group].many
            beside = (*selections.get(option.group, ()), option.option) if many and not option.chosen else None
            if beside or not many:
                after = choose(model, selections, [(option.group, beside or (option.option,))])
                for reason in option.reasons:
                    for each in suggestions(model, after, reason, keep=name):
                        offered += 1
                        changed = choose(model, after, each.changes)
                        assert name in chosen_names(changed)
                        assert reason.rule not in {c.rule for c in evaluate(model, changed).conflicts}
    assert offered


RULE = Rule("DARK", RuleKind.EXCLUDES, ("COLOUR.RED",), text("Red needs a sleeve"), then=("LABEL.LOCAL", "SIZE.S"))
DARK = replace(MODEL, rules=(RULE,))


def test_the_same_is_suggested_every_time_fewest_changes_first() -> None:
    red = choose(DARK, SELECTIONS, [("COLOUR", ["RED"])])
    (broken,) = evaluate(DARK, red).conflicts
    found = suggestions(DARK, red, broken)
    assert [each.changes for each in found] == [
        (("COLOUR", ("WHITE",)),),
        (("SIZE", ("L",)), ("LABEL", ("SLEEVE",))),
    ]
    assert suggestions(DARK, red, broken) == found


def test_a_rule_that_is_not_broken_needs_no_suggestion() -> None:
    assert suggestions(DARK, SELECTIONS, Explanation("DARK", RULE.explanation, ())) == ()


def test_a_withdrawn_choice_is_replaced_by_one_that_is_offered_or_cleared_where_it_may_be() -> None:
    def gone(code: str) -> Model:
        def without(group: OptionGroup) -> OptionGroup:
            return replace(group, options=tuple(replace(o, withdrawn=o.code == code) for o in group.options))

        return replace(MODEL, option_groups=tuple(map(without, MODEL.option_groups)))

    (broken,) = evaluate(gone("WHITE"), SELECTIONS).conflicts
    assert broken == withdrawn("COLOUR.WHITE")
    assert [each.changes for each in suggestions(gone("WHITE"), SELECTIONS, broken)] == [(("COLOUR", ("RED",)),)]
    with_steam = {**SELECTIONS, "EXTRAS": ("STEAM",)}
    (broken,) = evaluate(gone("STEAM"), with_steam).conflicts
    assert [each.changes for each in suggestions(gone("STEAM"), with_steam, broken)] == [(("EXTRAS", ()),)]


def test_no_change_is_suggested_where_the_model_itself_is_not_sold() -> None:
    (broken,) = evaluate(DARK, SELECTIONS, "FR", sold=False).conflicts
    assert broken == not_sold("FR")
    assert suggestions(DARK, SELECTIONS, broken, "FR") == ()
