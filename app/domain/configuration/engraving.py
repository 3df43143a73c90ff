"""Which texts can be engraved on a model."""

import re
import unicodedata

from app.domain.catalogue.catalogue import Engraving
from app.domain.shared.character import described, is_seen
from app.domain.shared.refusal import InvalidInput

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
