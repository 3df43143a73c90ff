"""Whether a configuration can be built: choices checked against a model's groups and rules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.catalogue.catalogue import Model, Option, OptionGroup
from app.domain.configuration.engraving import checked_engraving
from app.domain.configuration.explanation import (
    ENGRAVING,
    NOT_ENGRAVED,
    ONE_CHOICE,
    ONE_CHOICE_ONLY,
    Explanation,
    model_obstacles,
    option_obstacle,
)
from app.domain.configuration.option_space import OptionSpace, option_space, places_of
from app.domain.shared.refusal import InvalidInput

Selections = Mapping[str, tuple[str, ...]]
"""Chosen option codes by group code, both in the model's own order; a group without choice is absent."""

Choices = Sequence[tuple[str, Sequence[str]]]
"""What somebody asks to be chosen: option codes by group code, as they are sent."""


@dataclass(frozen=True)
class Evaluation:
    """`missing` required groups, by code, have no choice yet. `complete`: none is. `consistent`: no rule is broken."""

    missing: tuple[str, ...]
    conflicts: tuple[Explanation, ...]

    @property
    def complete(self) -> bool:
        return not self.missing

    @property
    def consistent(self) -> bool:
        return not self.conflicts


def choose(model: Model, present: Selections, changes: Iterable[tuple[str, Sequence[str]]]) -> Selections:
    """Set the named groups of a configuration and leave the others; an empty choice clears its group.

    Raises InvalidInput for unknown or repeated groups and options and for two options in a single-choice group. What is
    withdrawn is known: whoever chooses it is told by `evaluate`.
    """
    chosen: dict[str, tuple[str, ...]] = dict(present)
    named: set[str] = set()
    for index, (code, options) in enumerate(changes):
        group = model.groups.get(code)
        if group is None:
            raise InvalidInput(f"{model.sku} has no option group {code[:40]!r}.", ("selections", str(index), "group"))
        if code in named:
            raise InvalidInput(f"The group {code} is given twice.", ("selections", str(index), "group"))
        named.add(code)
        chosen[code] = _checked_options(group, options, index)
    return {code: chosen[code] for code in model.groups if chosen.get(code)}


def _checked_options(group: OptionGroup, options: Sequence[str], index: int) -> tuple[str, ...]:
    path = ("selections", str(index), "options")
    for position, option in enumerate(options):
        if group.find_option(option) is None:
            raise InvalidInput(f"{group.code} has no option {option[:40]!r}.", (*path, str(position)))
        if option in options[:position]:
            raise InvalidInput(f"The option {option} is given twice.", (*path, str(position)))
    if len(options) > 1 and not group.many:
        raise InvalidInput(f"{group.code} allows one option, not {len(options)}.", path)
    return tuple(option.code for option in group.options if option.code in options)


def evaluate(
    model: Model, selections: Selections, country: str | None = None, sold: bool = True, engraving: str | None = None
) -> Evaluation:
    """Check a configuration, complete or not; with a country also whether its options are sold there.

    `sold` says whether the model is.
    """
    missing = tuple(code for code, group in model.groups.items() if group.required and code not in selections)
    space = option_space(model)
    chosen = space.mask(selections)
    broken = (explain(space, rule, chosen) for rule, bits in enumerate(space.rules) if bits.broken_by(chosen))
    conflicts = (
        *model_obstacles(model, country, sold),
        *broken,
        *_several(model, selections),
        *_unavailable(model, selections, country),
        *_unengraved(model, engraving),
    )
    return Evaluation(missing, conflicts)


def explain(space: OptionSpace, index: int, chosen: int) -> Explanation:
    """Name the choices that break a rule, those of its `when` first.

    For EXCLUDES and RANGE: what is forbidden. For REQUIRES: what stands in the place of what is wanted.
    """
    rule, bits, names = space.model.rules[index], space.rules[index], space.names
    found = [names[place] for place in bits.when_places if chosen >> place & 1]
    if bits.forbids:
        found += [names[place] for place in bits.then_places if chosen >> place & 1]
    else:
        found += sorted(names[place] for place in places_of(chosen & bits.beside & ~bits.when))
    return Explanation(rule.code, rule.explanation, tuple(found))


def chosen_options(model: Model, selections: Selections) -> Iterator[tuple[str, Option]]:
    """Yield each chosen option with its full name, `GROUP.OPTION`."""
    for group_code, codes in selections.items():
        for option in model.groups[group_code].options:
            if option.code in codes:
                yield f"{group_code}.{option.code}", option


def _unavailable(model: Model, selections: Selections, country: str | None) -> Iterator[Explanation]:
    obstacles = (option_obstacle(option, name, country) for name, option in chosen_options(model, selections))
    return (obstacle for obstacle in obstacles if obstacle is not None)


def _several(model: Model, selections: Selections) -> Iterator[Explanation]:
    for code, options in selections.items():
        if len(options) > 1 and not model.groups[code].many:
            yield Explanation(ONE_CHOICE, ONE_CHOICE_ONLY, tuple(f"{code}.{option}" for option in options))


def _unengraved(model: Model, engraving: str | None) -> Iterator[Explanation]:
    try:
        checked_engraving(model.engraving, engraving)
    except InvalidInput:
        yield Explanation(ENGRAVING, NOT_ENGRAVED, ())
