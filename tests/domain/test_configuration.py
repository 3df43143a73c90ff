"""Is a configuration judged as its rules say: against a reference that tries every way to finish it?"""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Engraving, Model, Option, OptionGroup, Rule, RuleKind
from app.domain.configuration.configuration import Selections, choose, chosen_options, evaluate
from app.domain.configuration.engraving import checked_engraving
from app.domain.configuration.explanation import ENGRAVING, ONE_CHOICE, WITHDRAWN, withdrawn
from app.domain.shared.refusal import InvalidInput
from tests.domain.build import MODEL, SELECTIONS, catalogue, text
from tests.domain.rulebook import Names, chosen_names, forbidden, group_names, models, some
from tests.rows import rows

SEEDED = list(catalogue().model.values())
by_sku = pytest.mark.parametrize("model", SEEDED, ids=lambda model: model.sku)


def obeyed(model: Model, rule: Rule, chosen: Names) -> bool:
    """Judge one rule as the catalogue words it, for choices that nobody will add to."""
    return not chosen & set(rule.when) or bool(chosen & forbidden(model, rule)) is (rule.kind is RuleKind.REQUIRES)


def reference(model: Model, selections: Selections) -> tuple[bool, set[str]]:
    """Return whether nothing required is missing, and the rules that no way of choosing what is missing would obey.

    What is chosen breaks EXCLUDES and RANGE at once; REQUIRES may still be met by a required group that is open.
    """
    chosen = chosen_names(selections)
    missing = [names for g in model.option_groups if g.required and not chosen & set(names := group_names(g))]
    broken = set()
    for rule in model.rules:
        ways = product(*missing) if rule.kind is RuleKind.REQUIRES else [()]
        triggered = bool(chosen & set(rule.when))
        if triggered and not any(obeyed(model, rule, chosen | frozenset(way)) for way in ways):
            broken.add(rule.code)
    return not missing, broken


def check(model: Model, selections: Selections) -> None:
    found = evaluate(model, selections)
    complete, broken = reference(model, selections)
    gone = [withdrawn(name) for name, option in chosen_options(model, selections) if option.withdrawn]
    assert found.complete is complete
    assert [conflict for conflict in found.conflicts if conflict.rule == WITHDRAWN] == gone
    by_rules = [conflict for conflict in found.conflicts if conflict.rule != WITHDRAWN]
    assert {conflict.rule for conflict in by_rules} == broken
    assert found.consistent is (not broken and not gone)
    for conflict in by_rules:
        rule = next(rule for rule in model.rules if rule.code == conflict.rule)
        assert set(conflict.options) <= chosen_names(selections)
        assert set(rule.when) & set(conflict.options)
        assert conflict.text == rule.explanation


@by_sku
def test_a_seeded_model_is_judged_as_the_reference_judges_it(model: Model) -> None:
    source = random.Random(model.sku)
    for _ in range(150):
        check(model, some(model, source))


@by_sku
def test_every_rule_of_a_seeded_model_can_be_broken_and_obeyed(model: Model) -> None:
    source = random.Random(model.sku)
    judged = [frozenset(c.rule for c in evaluate(model, some(model, source)).conflicts) for _ in range(500)]
    assert frozenset() in judged
    assert set().union(*judged) == {rule.code for rule in model.rules}


@by_sku
def test_the_first_options_of_a_seeded_model_can_be_ordered_wherever_it_is_sold(model: Model) -> None:
    first = choose(
        model, {}, [(group.code, [group.options[0].code]) for group in model.option_groups if group.required]
    )
    for country in catalogue().factory_of(model).markets or ("CN", "DE", "US", "GB", "AU", "BR"):
        found = evaluate(model, first, country)
        assert found.complete
        assert found.consistent


@by_sku
def test_nothing_chosen_breaks_no_rule(model: Model) -> None:
    found = evaluate(model, {})
    assert found.consistent
    assert not found.complete


@given(models(), st.randoms(use_true_random=False))
def test_any_rules_are_judged_as_the_reference_judges_them(model: Model, source: random.Random) -> None:
    for _ in range(4):
        check(model, some(model, source))


Changes = list[tuple[str, list[str]]]
OPTIONS = {group.code: [option.code for option in group.options] for group in MODEL.option_groups}
own_changes = st.sampled_from(list(OPTIONS)).flatmap(
    lambda code: st.tuples(st.just(code), st.lists(st.sampled_from(OPTIONS[code]), max_size=2))
)
any_changes = st.tuples(
    st.sampled_from((*OPTIONS, "NOPE")), st.lists(st.sampled_from(("WHITE", "L", "WIFI")), max_size=2)
)
changes_of_model = st.lists(st.one_of(own_changes, own_changes, any_changes), max_size=3)


def allowed(changes: Changes) -> bool:
    """Judge changes by what `choose` promises."""
    groups = {group.code: group for group in MODEL.option_groups}
    return len({code for code, _ in changes}) == len(changes) and all(
        code in groups
        and set(options) <= {option.code for option in groups[code].options}
        and len(set(options)) == len(options)
        and (groups[code].many or len(options) <= 1)
        for code, options in changes
    )


@given(changes_of_model, changes_of_model)
def test_changes_are_applied_in_the_models_order_or_refused(first: Changes, second: Changes) -> None:
    present: Selections = SELECTIONS
    for changes in (first, second):
        if not allowed(changes):
            with pytest.raises(InvalidInput) as refused:
                choose(MODEL, present, changes)
            assert refused.value.path[0] == "selections"
            continue
        after = choose(MODEL, present, changes)
        expected = {**present, **{code: tuple(options) for code, options in changes}}
        assert {code: set(options) for code, options in after.items()} == {
            code: set(options) for code, options in expected.items() if options
        }
        assert list(after) == [code for code in MODEL.groups if code in after]
        for code, options in after.items():
            assert list(options) == [option.code for option in MODEL.groups[code].options if option.code in options]
        assert choose(MODEL, after, changes) == after
        assert choose(MODEL, after, ()) == after
        present = after


@rows(
    ("changes", "path"),
    [
        ([("NOPE", ["RED"])], ("selections", "0", "group")),
        ([("COLOUR", ["RED"]), ("COLOUR", ["WHITE"])], ("selections", "1", "group")),
        ([("COLOUR", ["PINK"])], ("selections", "0", "options", "0")),
        ([("EXTRAS", ["WIFI", "WIFI"])], ("selections", "0", "options", "1")),
        ([("COLOUR", ["RED", "WHITE"])], ("selections", "0", "options")),
    ],
)
def test_a_refused_change_is_named(changes: Changes, path: Sequence[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        choose(MODEL, SELECTIONS, changes)
    assert refused.value.path == path


def test_options_are_kept_in_the_models_order() -> None:
    assert choose(MODEL, SELECTIONS, [("EXTRAS", ["WIFI", "STEAM"])])["EXTRAS"] == ("STEAM", "WIFI")


def test_an_empty_choice_clears_its_group() -> None:
    assert "COLOUR" not in choose(MODEL, SELECTIONS, [("COLOUR", [])])


@rows(("country", "sold"), [(None, True), ("DE", True), ("GB", False)])
def test_an_option_that_is_not_sold_in_a_country_is_a_conflict(country: str | None, sold: bool) -> None:
    red = Option("RED", text("Red"), markets=("DE",))
    model = replace(MODEL, option_groups=(OptionGroup("COLOUR", text("Colour"), (red,)),))
    found = evaluate(model, {"COLOUR": ("RED",)}, country)
    assert found.consistent is sold
    if not sold:
        (conflict,) = found.conflicts
        assert conflict.options == ("COLOUR.RED",)
        assert conflict.text["en"] == "This option is not sold in the chosen country (United Kingdom)."
        assert conflict.text["de"] == "Diese Option wird im gewählten Land (Vereinigtes Königreich) nicht verkauft."


@rows("country", [None, "DE"])
def test_a_design_that_has_what_is_withdrawn_is_complete_and_in_conflict(country: str | None) -> None:
    jade = Option("JADE", text("Jade"), markets=("GB",), withdrawn=True)
    model = replace(MODEL, option_groups=(OptionGroup("COLOUR", text("Colour"), (Option("RED", text("Red")), jade)),))
    found = evaluate(model, {"COLOUR": ("JADE",)}, country)
    assert found.complete
    assert found.conflicts == (withdrawn("COLOUR.JADE"),)
    assert evaluate(model, {"COLOUR": ("RED",)}, country).consistent


@rows("country", [None, "DE"])
def test_a_design_of_a_withdrawn_model_is_in_conflict_with_that_alone(country: str | None) -> None:
    found = evaluate(replace(MODEL, withdrawn=True), SELECTIONS, country, sold=False)
    assert found.conflicts == (withdrawn(),)


def test_several_choices_in_a_group_that_once_allowed_many_are_a_conflict() -> None:
    groups = (replace(group, many=False) for group in MODEL.option_groups)
    found = evaluate(replace(MODEL, option_groups=tuple(groups)), {**SELECTIONS, "EXTRAS": ("STEAM", "WIFI")})
    (conflict,) = found.conflicts
    assert (conflict.rule, conflict.options) == (ONE_CHOICE, ("EXTRAS.STEAM", "EXTRAS.WIFI"))


@rows(
    ("rule", "text", "engraved"),
    [
        (None, None, True),
        (None, "Anna", False),
        (Engraving(3, "[a-z]"), "Anna", False),
        (Engraving(8, "[A-Za-z]"), "Anna", True),
    ],
)
def test_a_text_that_can_no_longer_be_engraved_is_a_conflict(
    rule: Engraving | None, text: str | None, engraved: bool
) -> None:
    found = evaluate(replace(MODEL, engraving=rule), SELECTIONS, engraving=text)
    assert [(conflict.rule, conflict.options) for conflict in found.conflicts] == (
        [] if engraved else [(ENGRAVING, ())]
    )


NAME = Engraving(8, r"[\w .]")


@rows(
    ("typed", "engraved"),
    [
        (None, None),
        ("", None),
        ("  \n", None),
        (" Anna ", "Anna"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("李雷 8", "李雷 8"),
        ("12345678", "12345678"),
        ("e\u0301" * 8, "\u00e9" * 8),
    ],
)
def test_an_engraving_is_trimmed_and_normalised(typed: str | None, engraved: str | None) -> None:
    assert checked_engraving(NAME, typed) == engraved
    assert checked_engraving(NAME, engraved) == engraved


@rows(
    ("typed", "said"),
    [
        ("123456789", "8 characters"),
        ("a\nb", "control"),
        ("a<b", "LESS-THAN"),
        ("♥", "HEART"),
        ("a\u202eb", "OVERRIDE"),
    ],
)
def test_what_cannot_be_engraved_is_refused_by_name(typed: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        checked_engraving(NAME, typed)
    assert refused.value.path == ("engraving",)


def test_a_model_without_engraving_refuses_any_text_but_none() -> None:
    assert checked_engraving(None, "  ") is None
    with pytest.raises(InvalidInput):
        checked_engraving(None, "Anna")
