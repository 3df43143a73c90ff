"""Which bytes stand for a JSON value: its form by RFC 8785, in which equal values are equal bytes."""

import json
import re
from typing import Any

import rfc8785

_WRITER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
_NUMBER_IN_DOUBT = re.compile(r"[:,\[]-?(?:\d{16}|\d+\.0(?!\d)|\d[\d.]*e[+-])")
"""Python writes 1.0, 1e-05 and 2**60, where ECMAScript has 1 and 0.00001, and RFC 8785 nothing for the last."""
_ORDER_IN_DOUBT = re.compile("[\U00010000-\U0010ffff]")
"""Names are in the order of UTF-16, in which these stand before U+E000."""


def canonical(value: dict[str, Any]) -> bytes:
    """Write JSON, in which all names are texts, by RFC 8785; raises ValueError for what has no form there.

    Python's own writer, which is several times as fast as the library, wherever both surely write the same.
    """
    try:
        text = _WRITER.encode(value)
        if not _NUMBER_IN_DOUBT.search(text) and (text.isascii() or not _ORDER_IN_DOUBT.search(text)):
            return text.encode()
    except (TypeError, ValueError):
        pass  # the library says better what is wrong
    return rfc8785.dumps(value)


def plain_number(value: float) -> float:
    """Give a whole number without its point, so that nobody doubts how it is written."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
