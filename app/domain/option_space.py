"""What a model's options and rules are as bits: each option is one bit, so that judging a rule is a few `&`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.domain.catalogue import Model, Option, Rule, RuleKind


@dataclass(frozen=True)
class RuleBits:
    """A rule as masks. `forbids`: who has one of `when` has none of `then`; otherwise: has one of `then`.

    A requirement that a required group may still meet waits for it: none of `awaited` may be open for it to be broken.
    """

    forbids: bool
    when: int
    then: int
    awaited: tuple[int, ...] = ()

    def broken_by(self, chosen: int) -> bool:
        if not chosen & self.when or bool(chosen & self.then) is not self.forbids:
            return False
        return self.forbids or all(chosen & group for group in self.awaited)


@dataclass(frozen=True, eq=False)
class OptionSpace:
    """A model compiled: bits in the model's order, masks by group and rule, and what each option rules out and needs.

    `excluded[i]` never stand beside option i: a rule forbids it, or they are the others of its single-choice group.
    `requirements[i]` are masks of each of which option i needs one. `touching[i]` are the rules that name option i or
    wait for its group.
    """

    model: Model
    names: tuple[str, ...]
    options: tuple[Option, ...]
    groups: tuple[int, ...]
    group_of: tuple[int, ...]
    rules: tuple[RuleBits, ...]
    excluded: tuple[int, ...]
    requirements: tuple[tuple[int, ...], ...]
    touching: tuple[tuple[int, ...], ...]
    places: Mapping[str, int]

    def mask(self, selections: Mapping[str, tuple[str, ...]]) -> int:
        """Map choices to bits; what the model does not have is left out."""
        places = self.places
        chosen = 0
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

    def group_places(self, mask: int) -> tuple[int, ...]:
        """Name the groups, by position, that hold one of these options."""
        return tuple(place for place, group in enumerate(self.groups) if group & mask)


def places_of(mask: int) -> Iterator[int]:
    """Yield the positions of the bits that are set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


@lru_cache(maxsize=1024)
def option_space(model: Model) -> OptionSpace:
    """Compile a model once: the catalogue does not change while the program runs."""
    return compiled(model, model.rules)


def compiled(model: Model, rules: Iterable[Rule]) -> OptionSpace:
    """Compile a model with some rules: all of its own, or a part of them."""
    pairs = [(group, option) for group in model.option_groups for option in group.options]
    names = tuple(f"{group.code}.{option.code}" for group, option in pairs)
    places = {name: place for place, name in enumerate(names)}
    groups = tuple(
        _mask(places, (f"{group.code}.{option.code}" for option in group.options)) for group in model.option_groups
    )
    group_of = tuple(index for index, group in enumerate(model.option_groups) for _ in group.options)
    waited_for = {mask for mask, group in zip(groups, model.option_groups, strict=True) if group.required}
    bits = tuple(_compiled_rule(model, rule, places, groups, waited_for) for rule in rules)
    excluded, requirements = _by_option(model, groups, group_of, bits)
    touched = [rule.when | rule.then | sum(rule.awaited) for rule in bits]
    touching = tuple(
        tuple(index for index, mask in enumerate(touched) if mask >> place & 1) for place in range(len(names))
    )
    options = tuple(option for _, option in pairs)
    return OptionSpace(model, names, options, groups, group_of, bits, excluded, requirements, touching, places)


def _mask(places: Mapping[str, int], names: Iterable[str]) -> int:
    mask = 0
    for name in names:
        mask |= 1 << places[name]
    return mask


def _compiled_rule(
    model: Model, rule: Rule, places: Mapping[str, int], groups: tuple[int, ...], waited_for: set[int]
) -> RuleBits:
    when, then = _mask(places, rule.when), _mask(places, rule.then)
    if rule.kind is RuleKind.REQUIRES:
        return RuleBits(False, when, then, tuple(mask for mask in groups if mask & then and mask in waited_for))
    if rule.kind is RuleKind.RANGE:
        assert rule.group is not None
        group = model.groups[rule.group]
        then = _mask(places, (f"{group.code}.{option.code}" for option in group.options if outside(rule, option)))
    return RuleBits(True, when, then)


def outside(rule: Rule, option: Option) -> bool:
    """Tell whether an option's value lies outside a RANGE; one without value never does."""
    if option.value is None:
        return False
    below = rule.minimum is not None and option.value < rule.minimum
    return below or (rule.maximum is not None and option.value > rule.maximum)


def _by_option(
    model: Model, groups: tuple[int, ...], group_of: tuple[int, ...], rules: tuple[RuleBits, ...]
) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Turn rules round: per option, what it excludes (on both sides of the rule) and what it requires."""
    excluded = [
        0 if model.option_groups[group].many else groups[group] & ~(1 << place) for place, group in enumerate(group_of)
    ]
    requirements: list[list[int]] = [[] for _ in group_of]
    for rule in rules:
        for place in places_of(rule.when):
            if rule.forbids:
                excluded[place] |= rule.then
            elif not rule.then >> place & 1:
                requirements[place].append(rule.then)
        for place in places_of(rule.then if rule.forbids else 0):
            excluded[place] |= rule.when
    return tuple(excluded), tuple(tuple(masks) for masks in requirements)
