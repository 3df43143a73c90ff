"""Which characters can be seen, which of the others people need to write, and how one is named that cannot be used."""

import re
import unicodedata

UNSEEN = {
    "Cc": "a control character",
    "Cf": "a format character",
    "Cs": "half of a surrogate pair",
    "Co": "a private-use character",
    "Cn": "an unassigned character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
"""The general categories of what has nothing to see."""
BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters, marks and symbols with nothing to see: fillers, variation selectors, the empty Braille pattern."""
SHAPING = re.compile("[\u061c\u200c-\u200f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Unseen, but part of what people write: joiners (Persian, families of emoji), direction marks, variation selectors."""
PLANE_ENDS = "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
NEVER = re.compile(f"[\u2065\ufdd0-\ufdef\ufff0-\ufff8\U000e0000-\U000e0fff{PLANE_ENDS}]")
"""Unassigned and never to be seen: noncharacters, and what is set aside for more format characters and tags."""


def is_seen(symbol: str) -> bool:
    """Tell whether there is something to see of a character that Unicode, as we know it, has."""
    return unicodedata.category(symbol) not in UNSEEN and not BLANK.match(symbol)


def is_written(symbol: str) -> bool:
    """Tell whether a character belongs into what people write to each other, in one line.

    An unassigned one may: it is, say, an emoji of a later Unicode than the one we know.
    """
    if SHAPING.match(symbol):
        return True
    return not NEVER.match(symbol) if unicodedata.category(symbol) == "Cn" else is_seen(symbol)


def says_something(text: str) -> bool:
    """Tell whether there is anything to see in a text."""
    return any(is_written(symbol) and not symbol.isspace() and not SHAPING.match(symbol) for symbol in text)


def code_point(symbol: str) -> str:
    return f"U+{ord(symbol):04X}"


def shown_alone(symbol: str) -> str | None:
    """Return a character, if it can be shown on its own."""
    return symbol if is_seen(symbol) and unicodedata.category(symbol)[0] not in "MZ" else None


def described(symbol: str) -> str:
    """Name a character by its code point and Unicode name, and show it where it can be shown on its own."""
    kind = UNSEEN.get(unicodedata.category(symbol), "")
    name = f"{code_point(symbol)} {unicodedata.name(symbol, kind)}".strip()
    return f"“{symbol}” ({name})" if shown_alone(symbol) else name
