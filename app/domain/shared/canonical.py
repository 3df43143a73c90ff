"""Which bytes stand for a JSON value: its form by RFC 8785, in which equal values are equal bytes."""

import re
from math import isfinite
from typing import Any

import orjson
import rfc8785

_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_NAMED, _NEXT, _FIRST = (re.compile(at + rb"-?\d(?:\d{15}|\d*\.0(?!\d)|[\d.]*e)") for at in (b'":', b",", rb"\["))
"""orjson writes 1.0, 1e-5 and 2**60, where ECMAScript has 1 and 0.00001, and RFC 8785 nothing for the last.

One pattern for each place that a number can have: what begins with a plain text is found several times as fast.
"""


def canonical(value: dict[str, Any]) -> bytes:
    """Write JSON, in which all names are texts, by RFC 8785; raises ValueError for what has no form there.

    By orjson, which is many times as fast as the library, wherever both surely write the same.
    """
    try:
        said = orjson.dumps(value, option=_SORTED)
        faithful = b"null" not in said or orjson.loads(said) == value  # it writes null for what is no number
        if faithful and _same_numbers(said) and (said.isascii() or _same_order(said.decode())):
            return said
    except (TypeError, ValueError, RecursionError):
        pass  # the library says better what is wrong
    return rfc8785.dumps(value)


def quick(value: dict[str, Any]) -> bytes:
    """Write JSON of finite numbers as `canonical` mostly does, or not at all: for who can tell that it is the same."""
    try:
        return orjson.dumps(value, option=_SORTED)
    except TypeError:
        return b""


def _same_numbers(said: bytes) -> bool:
    return not (_NAMED.search(said) or _NEXT.search(said) or _FIRST.search(said))


def _same_order(text: str) -> bool:
    """Tell whether names are surely in the order of UTF-16: where no character takes two units of it."""
    return len(text.encode("utf-16-le")) == 2 * len(text)


def plain_number(value: float) -> float:
    """Give a whole number without its point, so that nobody doubts how it is written; raises ValueError for none."""
    if not isfinite(value):
        raise ValueError(f"{value} has no form in JSON")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
