"""Whether a configuration can be built: choices checked against a model's groups and rules."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.domain.catalogue.catalogue import Engraving, Model, OptionGroup
from app.domain.configuration.option_space import OptionSpace, option_space, places_of
from app.domain.shared.character import described, is_seen
from app.domain.shared.country import country_names
from app.domain.shared.refusal import InvalidInput
from app.domain.shared.text import Text, all_languages

Selections = Mapping[str, tuple[str, ...]]
"""Chosen option codes by group code, both in the model's own order; a group without choice is absent."""

Choices = Sequence[tuple[str, Sequence[str]]]
"""What somebody asks to be chosen: option codes by group code, as they are sent."""

MARKET = "MARKET"
"""Stands for a rule's code where an option, or the model itself, is not sold in the market."""


@dataclass(frozen=True)
class Explanation:
    """Why a configuration cannot be built: the broken rule and the chosen options (`GROUP.OPTION`) that break it.

    No options: it is about the model itself.
    """

    rule: str
    text: Text
    options: tuple[str, ...]


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


def evaluate(model: Model, selections: Selections, country: str | None = None, sold: bool = True) -> Evaluation:
    """Check a configuration, complete or not; with a country also whether its options are sold there.

    `sold` says whether the model is.
    """
    missing = tuple(code for code, group in model.groups.items() if group.required and code not in selections)
    space = option_space(model)
    chosen = space.mask(selections)
    conflicts = [explain(space, rule, chosen) for rule, bits in enumerate(space.rules) if bits.broken_by(chosen)]
    if country is not None:
        conflicts += _unavailable(model, selections, country)
        conflicts[:0] = () if sold else (not_sold(country),)
    return Evaluation(missing, tuple(conflicts))


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


def _unavailable(model: Model, selections: Selections, country: str) -> Iterator[Explanation]:
    for group_code, options in selections.items():
        for code in options:
            option = model.groups[group_code].find_option(code)
            if option is not None and option.markets is not None and country not in option.markets:
                yield not_sold(country, f"{group_code}.{code}")


@lru_cache(maxsize=1024)
def not_sold(country: str, name: str | None = None) -> Explanation:
    """Explain that an option, `GROUP.OPTION`, or without a name the model itself, is not for a market."""
    sentence, options = (MODEL_NOT_SOLD, ()) if name is None else (OPTION_NOT_SOLD, (name,))
    names = country_names(country)
    text = {language: words.format(country=names[language]) for language, words in sentence.items()}
    return Explanation(MARKET, text, options)


MODEL_NOT_SOLD = all_languages(
    "This model is not sold in the chosen country ({country}).",
    "该型号在所选国家或地区（{country}）不销售。",
    "Ce modèle n'est pas vendu dans le pays choisi ({country}).",
    "Dieses Modell wird im gewählten Land ({country}) nicht verkauft.",
)
OPTION_NOT_SOLD = all_languages(
    "This option is not sold in the chosen country ({country}).",
    "该选项在所选国家或地区（{country}）不销售。",
    "Cette option n'est pas vendue dans le pays choisi ({country}).",
    "Diese Option wird im gewählten Land ({country}) nicht verkauft.",
)
"""The country's name stands apart: its article and preposition are its own (in the, au, aux, in der)."""


COMPOSED_MAX = 4
"""How many characters NFC makes one of, at most."""
MARKS_MAX = 4
"""How many marks stand on one letter at most: names need three or so, a tower of them would run over its neighbours."""


def checked_engraving(rule: Engraving | None, text: str | None) -> str | None:
    """Normalise an engraving to NFC and check it; None and blank mean none.

    Its length is in characters of the normalised text. What is far too long is refused before it is normalised, which
    takes time by the square of the marks on one letter. A letter that the model engraves brings the marks of its own
    script along: in Hindi or Thai the vowels are marks. Raises InvalidInput naming the limit or the character that
    cannot be engraved.
    """
    typed = (text or "").strip()
    if not typed:
        return None
    if rule is None:
        raise InvalidInput("This model cannot be engraved.", ("engraving",))
    normal = typed if len(typed) > COMPOSED_MAX * rule.length_max else unicodedata.normalize("NFC", typed)
    if len(normal) > rule.length_max:
        raise InvalidInput(f"An engraving has at most {rule.length_max} characters, not {len(normal)}.", ("engraving",))
    refused = _first_refused(rule, normal)
    if refused is not None:
        raise InvalidInput(f"{described(refused)} cannot be engraved.", ("engraving",), refused)
    return normal


def _first_refused(rule: Engraving, text: str) -> str | None:
    letter, marks = "", 0
    for symbol in text:
        if not is_seen(symbol):
            return symbol
        if re.fullmatch(rule.allowed, symbol):
            letter, marks = symbol, 0
        elif marks < MARKS_MAX and letter and _is_mark_of(letter, symbol):
            marks += 1
        else:
            return symbol
    return None


def _is_mark_of(letter: str, symbol: str) -> bool:
    """Tell whether a symbol is a mark of a letter's own script, with which the Unicode names of both begin."""
    kinds = unicodedata.category(letter)[0] + unicodedata.category(symbol)[0]
    return kinds == "LM" and _script(letter) == _script(symbol)


def _script(symbol: str) -> str:
    return unicodedata.name(symbol, symbol).partition(" ")[0]
