"""What a model's options and rules are as bits: each option is one bit, so that judging a rule is a few `&`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from app.domain.catalogue.catalogue import Model, Option, OptionGroup, Rule, RuleKind


@dataclass(frozen=True)
class RuleBits:
    """A rule as masks. `forbids`: who has one of `when` has none of `then`; otherwise: has one of `then`.

    A requirement that a required group may still meet waits for it: none of `awaited` may be open for it to be broken.
    `beside` are all options of the groups that hold one of `then`. Places are positions of bits, in the rule's order.
    """

    forbids: bool
    when: int
    then: int
    beside: int
    awaited: tuple[int, ...]
    when_places: tuple[int, ...]
    then_places: tuple[int, ...]

    def broken_by(self, chosen: int) -> bool:
        if not chosen & self.when or bool(chosen & self.then) is not self.forbids:
            return False
        return self.forbids or all(chosen & group for group in self.awaited)


class Links(NamedTuple):
    """What options say about each other, option by option.

    `excluded[i]` never stand beside option i: a rule forbids it, or they are the others of its single-choice group.
    `requirements[i]` are masks of each of which option i needs one; `relying[i]` options may need option i.
    `impossible` options exclude themselves.
    """

    excluded: tuple[int, ...]
    requirements: tuple[tuple[int, ...], ...]
    relying: tuple[int, ...]
    impossible: int


@dataclass(frozen=True, eq=False)
class OptionSpace:
    """A model compiled, bits in the model's order: group i's mask is `groups[i]`, option i's group `group_of[i]`.

    `rivals[i]` leave when option i is chosen; `touching[i]` are the rules that a choice of option i may break or mend.
    `offered` are the options that are not withdrawn: what is added must be one of them.
    """

    model: Model
    names: tuple[str, ...]
    places: Mapping[str, int]
    options: tuple[Option, ...]
    groups: tuple[int, ...]
    group_of: tuple[int, ...]
    required: tuple[int, ...]
    offered: int
    rivals: tuple[int, ...]
    rules: tuple[RuleBits, ...]
    links: Links
    touching: tuple[tuple[int, ...], ...]

    def mask(self, selections: Mapping[str, tuple[str, ...]]) -> int:
        """Map choices to bits; what the model does not have is left out."""
        places, chosen = self.places, 0
        for group, codes in selections.items():
            for code in codes:
                place = places.get(f"{group}.{code}")
                if place is not None:
                    chosen |= 1 << place
        return chosen

    def selections(self, chosen: int) -> dict[str, tuple[str, ...]]:
        """Map bits to choices by group code, in the model's own order."""
        found: dict[str, tuple[str, ...]] = {}
        for group, mask in zip(self.model.option_groups, self.groups, strict=True):
            if chosen & mask:
                found[group.code] = tuple(self.options[place].code for place in places_of(chosen & mask))
        return found

    def group_at(self, place: int) -> OptionGroup:
        return self.model.option_groups[self.group_of[place]]


def linked(rivals: tuple[int, ...], rules: Iterable[RuleBits]) -> Links:
    """Turn rules round: per option, what it excludes (on both sides of a rule) and what it requires.

    `rivals` are, per option, the others of its single-choice group.
    """
    excluded = list(rivals)
    requirements: list[tuple[int, ...]] = [()] * len(excluded)
    relying = [0] * len(excluded)
    impossible = 0
    for rule in rules:
        impossible |= rule.when & rule.then if rule.forbids else 0
        for place in rule.when_places:
            if rule.forbids:
                excluded[place] |= rule.then
            elif not rule.then >> place & 1:
                requirements[place] += (rule.then,)
        for place in rule.then_places:
            if rule.forbids:
                excluded[place] |= rule.when
            else:
                relying[place] |= rule.when
    return Links(tuple(excluded), tuple(requirements), tuple(relying), impossible)


def places_of(mask: int) -> Iterator[int]:
    """Yield the positions of the bits that are set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


@lru_cache(maxsize=1024)
def option_space(model: Model) -> OptionSpace:
    """Compile an edition of a model once."""
    pairs = [(group, option) for group in model.option_groups for option in group.options]
    names = tuple(f"{group.code}.{option.code}" for group, option in pairs)
    places = {name: place for place, name in enumerate(names)}
    group_of = tuple(index for index, group in enumerate(model.option_groups) for _ in group.options)
    groups = tuple(
        sum(1 << place for place, of in enumerate(group_of) if of == index) for index in range(len(model.option_groups))
    )
    required = tuple(mask for mask, group in zip(groups, model.option_groups, strict=True) if group.required)
    rivals = tuple(0 if pair[0].many else groups[group_of[i]] & ~(1 << i) for i, pair in enumerate(pairs))
    rules = tuple(_rule_bits(model, rule, places, groups, required) for rule in model.rules)
    touched = [rule.when | (rule.then if rule.forbids else rule.beside) for rule in rules]
    touching = tuple(tuple(i for i, mask in enumerate(touched) if mask >> place & 1) for place in range(len(pairs)))
    options = tuple(option for _, option in pairs)
    links = linked(rivals, rules)
    offered = sum(1 << place for place, option in enumerate(options) if not option.withdrawn)
    return OptionSpace(
        model, names, places, options, groups, group_of, required, offered, rivals, rules, links, touching
    )


def _rule_bits(
    model: Model, rule: Rule, places: Mapping[str, int], groups: tuple[int, ...], required: tuple[int, ...]
) -> RuleBits:
    when_places = tuple(places[name] for name in rule.when)
    if rule.kind is RuleKind.RANGE:
        assert rule.group is not None
        outside = (option.code for option in model.groups[rule.group].options if _outside(rule, option))
        then_places = tuple(places[f"{rule.group}.{code}"] for code in outside)
    else:
        then_places = tuple(places[name] for name in rule.then)
    when, then = sum(1 << place for place in set(when_places)), sum(1 << place for place in set(then_places))
    beside = [mask for mask in groups if mask & then]
    forbids = rule.kind is not RuleKind.REQUIRES
    awaited = () if forbids else tuple(mask for mask in beside if mask in required)
    return RuleBits(forbids, when, then, sum(beside), awaited, when_places, then_places)


def _outside(rule: Rule, option: Option) -> bool:
    """Tell whether an option's value lies outside a RANGE; one without value never does."""
    if option.value is None:
        return False
    below = rule.minimum is not None and option.value < rule.minimum
    return below or (rule.maximum is not None and option.value > rule.maximum)
