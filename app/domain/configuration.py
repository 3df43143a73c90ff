"""Whether a configuration can be built: choices checked against a model's groups and rules."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.catalogue import Engraving, Model, OptionGroup, Rule, RuleKind
from app.domain.refusal import InvalidInput
from app.domain.text import Text, all_languages

Selections = Mapping[str, tuple[str, ...]]
"""Chosen option codes by group code, both in the model's own order; a group without choice is absent."""


@dataclass(frozen=True)
class Explanation:
    """Why a configuration cannot be built: the broken rule and the chosen options (`GROUP.OPTION`) that break it."""

    rule: str
    text: Text
    options: tuple[str, ...]


@dataclass(frozen=True)
class Evaluation:
    """`complete`: every required group has a choice. `consistent`: no rule is broken."""

    complete: bool
    conflicts: tuple[Explanation, ...]

    @property
    def consistent(self) -> bool:
        return not self.conflicts


def choose(model: Model, present: Selections, changes: Iterable[tuple[str, Sequence[str]]]) -> Selections:
    """Set the named groups of a configuration and leave the others; an empty choice clears its group.

    Raises InvalidInput for unknown or repeated groups and options and for two options in a single-choice group.
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


def evaluate(model: Model, selections: Selections, country: str | None = None) -> Evaluation:
    """Check a configuration, complete or not; with a country also whether its options are sold there."""
    missing = [code for code, group in model.groups.items() if group.required and code not in selections]
    broken = (_broken(model, rule, selections) for rule in model.rules)
    conflicts = [explanation for explanation in broken if explanation]
    if country is not None:
        conflicts += _unavailable(model, selections, country)
    return Evaluation(complete=not missing, conflicts=tuple(conflicts))


def _broken(model: Model, rule: Rule, selections: Selections) -> Explanation | None:
    chosen = {f"{group}.{option}" for group, options in selections.items() for option in options}
    triggers = [name for name in rule.when if name in chosen]
    if not triggers:
        return None
    culprits = CULPRITS[rule.kind](model, rule, selections, chosen)
    if culprits is None:
        return None
    return Explanation(rule.code, rule.explanation, (*triggers, *culprits))


def _missing_partner(model: Model, rule: Rule, selections: Selections, chosen: set[str]) -> tuple[str, ...] | None:
    """REQUIRES: broken once none of `then` is chosen and no required group that holds one is still open."""
    if any(name in chosen for name in rule.then):
        return None
    groups = {name.partition(".")[0] for name in rule.then}
    if any(model.groups[group].required and group not in selections for group in groups):
        return None
    return tuple(name for name in sorted(chosen) if name.partition(".")[0] in groups and name not in rule.when)


def _forbidden(model: Model, rule: Rule, selections: Selections, chosen: set[str]) -> tuple[str, ...] | None:
    return tuple(name for name in rule.then if name in chosen) or None


def _out_of_range(model: Model, rule: Rule, selections: Selections, chosen: set[str]) -> tuple[str, ...] | None:
    assert rule.group is not None
    options = (model.groups[rule.group].find_option(code) for code in selections.get(rule.group, ()))
    outside = (
        f"{rule.group}.{option.code}"
        for option in options
        if option is not None and option.value is not None and not _within(rule, option.value)
    )
    return tuple(outside) or None


def _within(rule: Rule, value: float) -> bool:
    above = rule.minimum is None or value >= rule.minimum
    return above and (rule.maximum is None or value <= rule.maximum)


Culprits = Callable[[Model, Rule, Selections, set[str]], tuple[str, ...] | None]
CULPRITS: Mapping[RuleKind, Culprits] = {
    RuleKind.REQUIRES: _missing_partner,
    RuleKind.EXCLUDES: _forbidden,
    RuleKind.RANGE: _out_of_range,
}


def _unavailable(model: Model, selections: Selections, country: str) -> Iterator[Explanation]:
    text = all_languages(
        f"This option is not sold in {country}.",
        f"该选项在 {country} 不销售。",
        f"Cette option n'est pas vendue en {country}.",
        f"Diese Option wird in {country} nicht verkauft.",
    )
    for group_code, options in selections.items():
        for code in options:
            option = model.groups[group_code].find_option(code)
            if option is not None and option.markets is not None and country not in option.markets:
                yield Explanation("MARKET", text, (f"{group_code}.{code}",))


def checked_engraving(rule: Engraving | None, text: str | None) -> str | None:
    """Normalise an engraving to NFC and check it; None and blank mean none.

    Raises InvalidInput naming the limit or the character that cannot be engraved.
    """
    normal = unicodedata.normalize("NFC", text or "").strip()
    if not normal:
        return None
    if rule is None:
        raise InvalidInput("This model cannot be engraved.", ("engraving",))
    if len(normal) > rule.length_max:
        raise InvalidInput(f"An engraving has at most {rule.length_max} characters, not {len(normal)}.", ("engraving",))
    refused = next((symbol for symbol in normal if not re.fullmatch(rule.allowed, symbol)), None)
    if refused is not None:
        name = unicodedata.name(refused, "a control character")
        raise InvalidInput(f"{refused!r} ({name}) cannot be engraved.", ("engraving",))
    return normal
