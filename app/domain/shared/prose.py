"""What people write to each other: titles, comments and notes, in one form and with something to see."""

import unicodedata

from app.domain.shared.character import described, is_written, says_something
from app.domain.shared.refusal import InvalidInput

TITLE_LENGTH_MAX = 120
TEXT_LENGTH_MAX = 2_000
LINE_ENDS = "\t\n\r"


def checked_title(title: str) -> str:
    """Trim and normalise (NFC) a title, which is one line; raises InvalidInput naming the limit or the character."""
    return _checked(title, f"A title has 1 to {TITLE_LENGTH_MAX} characters.", TITLE_LENGTH_MAX, "", "title")


def checked_text(text: str, *path: str) -> str:
    """Trim and normalise (NFC) what somebody writes; raises InvalidInput naming the limit or the character."""
    return _checked(text, f"Give 1 to {TEXT_LENGTH_MAX} characters.", TEXT_LENGTH_MAX, LINE_ENDS, *path)


def _checked(text: str, limit: str, length_max: int, also: str, *path: str) -> str:
    """Check a text. What is far too long is refused before it is normalised, which takes time by the square."""
    typed = text.strip()
    normal = typed if len(typed) > 2 * length_max else unicodedata.normalize("NFC", typed)
    if len(normal) > length_max or not says_something(normal):
        raise InvalidInput(limit, path)
    refused = next((symbol for symbol in normal if symbol not in also and not is_written(symbol)), None)
    if refused is not None:
        raise InvalidInput(f"{described(refused)} cannot be used here.", path, refused)
    return normal
