"""A second reading of the catalogue's rules, slow and by its words: option by option, trying every way."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from itertools import combinations, product

from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Model, Option, OptionGroup, Rule, RuleKind
from app.domain.configuration.configuration import Selections, choose
from tests.domain.build import MODEL, text

Name = str
Names = frozenset[Name]
MARKETS = (None, None, None, ("DE",), ("GB", "DE"))
WITHDRAWN = (False, False, False, False, True)


def chosen_names(selections: Selections) -> Names:
    return frozenset(f"{group}.{option}" for group, options in selections.items() for option in options)


def group_names(group: OptionGroup) -> list[Name]:
    return [f"{group.code}.{option.code}" for option in group.options]


def sold_names(group: OptionGroup, country: str | None) -> list[Name]:
    """Name a group's options that are offered and, if there is a country, sold there."""
    return [
        f"{group.code}.{option.code}"
        for option in group.options
        if not option.withdrawn and (country is None or option.markets is None or country in option.markets)
    ]


@lru_cache(maxsize=2048)
def forbidden(model: Model, rule: Rule) -> Names:
    """Name what an EXCLUDES or a RANGE forbids, or what a REQUIRES wants one of."""
    if rule.kind is not RuleKind.RANGE:
        return frozenset(rule.then)
    low = float("-inf") if rule.minimum is None else rule.minimum
    high = float("inf") if rule.maximum is None else rule.maximum
    return frozenset(
        f"{group.code}.{option.code}"
        for group in model.option_groups
        for option in group.options
        if group.code == rule.group and option.value is not None and not low <= option.value <= high
    )


@lru_cache(maxsize=2048)
def additions(model: Model, others: Names, country: str | None) -> list[Names]:
    """List every way of adding what is offered and sold, also none: at most one where a single choice is open."""
    ways = []
    for group in model.option_groups:
        free = [name for name in sold_names(group, country) if name not in others]
        if group.many:
            ways.append([subset for count in range(len(free) + 1) for subset in combinations(free, count)])
        else:
            filled = others & frozenset(group_names(group))
            ways.append([()] if filled else [(), *((name,) for name in free)])
    return [frozenset(name for names in way for name in names) for way in product(*ways)]


def clash(model: Model, rule: Rule, first: Name, second: Name) -> bool:
    then = forbidden(model, rule)
    return (first in rule.when and second in then) or (second in rule.when and first in then)


@lru_cache(maxsize=2048)
def _addable(model: Model, others: Names, country: str | None) -> Names:
    """Name what is sold, has a place, and clashes with none of the others nor with itself."""
    limits = [rule for rule in model.rules if rule.kind is not RuleKind.REQUIRES]
    alone = {name for added in additions(model, others, country) if len(added) == 1 for name in added}
    return frozenset(
        name
        for name in alone
        if not any(clash(model, rule, name, other) for rule in limits for other in (*others, name))
    )


def ways(model: Model, others: Names, country: str | None, rules: Iterable[Rule]) -> Iterator[Names]:
    """Yield all that can be added to some choices to finish them, as the module on availability defines it."""
    addable = _addable(model, others, country)
    rules = tuple(rules)
    for added in additions(model, others, country):
        after = others | added
        if all(_filled(group, after, addable) for group in model.option_groups) and all(
            _obeyed(model, rule, others, added, addable) for rule in rules
        ):
            yield added


def _filled(group: OptionGroup, after: Names, addable: Names) -> bool:
    own = frozenset(group_names(group))
    return not group.required or bool(after & own) or not addable & own


def _obeyed(model: Model, rule: Rule, others: Names, added: Names, addable: Names) -> bool:
    after, when = others | added, frozenset(rule.when)
    if rule.kind is not RuleKind.REQUIRES:
        then = forbidden(model, rule)
        return not (when & added and then & after) and not (when & after and then & added)
    then = frozenset(rule.then)
    if not when & after or then & after:
        return True
    return not when & added and not then & addable


def breaks_at_once(model: Model, rule: Rule, others: Names, name: Name, country: str | None) -> bool:
    """Tell whether an option breaks a rule beside the others: a forbidden pair, or nothing left that is required."""
    after, then = others | {name}, frozenset(rule.then)
    if rule.kind is not RuleKind.REQUIRES:
        return any(clash(model, rule, name, other) for other in after)
    triggers = after & frozenset(rule.when)
    if not triggers or after & then:
        return False
    left_aside = name not in triggers and not then & _addable(model, others, country)
    return not left_aside and not any(then & added for added in additions(model, after, country))


def without_rivals(model: Model, chosen: Names, name: Name) -> Names:
    """Leave the choices that stay when this option is chosen."""
    group = model.groups[name.partition(".")[0]]
    return chosen - ({name} if group.many else frozenset(group_names(group)))


@lru_cache(maxsize=2048)
def available(model: Model, others: Names, country: str | None) -> Names:
    """Name every option that can still be chosen beside the others."""
    finished = list(ways(model, others, country, model.rules))
    return frozenset().union(*finished) if finished else _addable(model, others, country)


def some(model: Model, source: random.Random) -> Selections:
    """Choose at random, leaving about every third group open."""
    changes = []
    for group in model.option_groups:
        codes = [option.code for option in group.options]
        count = source.randint(0, min(2, len(codes))) if group.many else source.choice((0, 1, 1))
        changes.append((group.code, source.sample(codes, count)))
    return choose(model, {}, changes)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw 2 to 4 small groups (at most 256 configurations), with markets and prices, some withdrawn, any rules."""
    groups = []
    for name in "WXYZ"[: draw(st.integers(2, 4))]:
        many = draw(st.booleans())
        made = tuple(
            Option(
                code,
                text(code),
                {"CNY": Decimal(draw(st.integers(0, 4)))},
                draw(st.integers(0, 2)),
                value=draw(st.sampled_from((None, 1.0, 2.0, 3.0))),
                markets=draw(st.sampled_from(MARKETS)),
                withdrawn=draw(st.sampled_from(WITHDRAWN)),
            )
            for code in "ABC"[: draw(st.integers(1, 2 if many else 3))]
        )
        groups.append(OptionGroup(name, text(name), made, required=draw(st.booleans()), many=many))
    names = [name for group in groups for name in group_names(group)]
    some_of = st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map(tuple)
    rules = []
    for index in range(draw(st.integers(1, 6))):
        code, kind = f"R{index}", draw(st.sampled_from(RuleKind))
        if kind is RuleKind.RANGE:
            low, high = draw(st.sampled_from(((1.0, 2.0), (2.0, None), (None, 2.0), (2.0, 2.0))))
            group = draw(st.sampled_from(groups)).code
            rules.append(Rule(code, kind, draw(some_of), text(code), group=group, minimum=low, maximum=high))
        else:
            rules.append(Rule(code, kind, draw(some_of), text(code), then=draw(some_of)))
    return replace(MODEL, option_groups=tuple(groups), rules=tuple(rules))


countries = st.sampled_from((None, "DE", "GB"))
