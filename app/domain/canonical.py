"""Which bytes stand for a JSON value: its form by RFC 8785, in which equal values are equal bytes."""

import json
import re
from typing import Any

import rfc8785

_WRITER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
)
_NUMBERS_IN_DOUBT = [re.compile(rf"{at}-?\d(?:\d{{15}}|\d*\.0(?!\d)|[\d.]*e[+-])") for at in ('":', ",", r"\[")]
"""Python writes 1.0, 1e-05 and 2**60, where ECMAScript has 1 and 0.00001, and RFC 8785 nothing for the last.

One pattern for each place that a number can have: what begins with a plain text is found several times as fast.
"""


def canonical(value: dict[str, Any]) -> bytes:
    """Write JSON, in which all names are texts, by RFC 8785; raises ValueError for what has no form there.

    Python's own writer, which is several times as fast as the library, wherever both surely write the same.
    """
    try:
        text = _WRITER.encode(value)
        if _same_numbers(text) and (text.isascii() or _same_order(text)):
            return text.encode()
    except (TypeError, ValueError, RecursionError):
        pass  # the library says better what is wrong
    return rfc8785.dumps(value)


def _same_numbers(text: str) -> bool:
    return not any(number.search(text) for number in _NUMBERS_IN_DOUBT)


def _same_order(text: str) -> bool:
    """Tell whether names are surely in the order of UTF-16: where no character takes two units of it."""
    return len(text.encode("utf-16-le")) == 2 * len(text)


def plain_number(value: float) -> float:
    """Give a whole number without its point, so that nobody doubts how it is written."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
