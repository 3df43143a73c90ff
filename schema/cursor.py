"""Cursors as clients see them: opaque texts that hold what a list is ordered by at one place in it."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.shared.refusal import InvalidInput
from app.store.paging import Cursor


def write_cursor(*values: datetime | int | str | Sequence[int]) -> str:
    """Write values as a cursor, times in milliseconds."""
    plain = [_milliseconds(value) if isinstance(value, datetime) else value for value in values]
    text = json.dumps(plain, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str, types: Sequence[type], name: str = "after") -> Cursor:
    """Read the cursor of a list that is ordered by values of these types; raises InvalidInput for any other text."""
    plain = read_values(text, [int if wanted is datetime else wanted for wanted in types], name)
    pairs = zip(plain, types, strict=True)
    return Cursor(tuple(_time_of(value, name) if wanted is datetime else value for value, wanted in pairs))


def read_values(text: str, types: Sequence[type], name: str = "after") -> list[Any]:
    """Take a cursor apart; raises InvalidInput where it does not hold values of these types."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _no_cursor(name) from error
    if not isinstance(values, list) or [type(value) for value in values] != list(types) or not _sane(values):
        raise _no_cursor(name)
    return values


def _no_cursor(name: str) -> InvalidInput:
    return InvalidInput("This is no cursor of this list.", (name,))


def _sane(values: list[Any]) -> bool:
    """Tell whether the database could hold these: whole numbers of 64 bits, and Unicode text."""
    numbers = [value for value in values if isinstance(value, int)]
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return all(abs(number) < 2**63 for number in numbers)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000 + 0.5)


def _time_of(milliseconds: int, name: str) -> datetime:
    """Read the time in a cursor; raises InvalidInput where no calendar has it."""
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
    except (ValueError, OverflowError, OSError) as error:
        raise _no_cursor(name) from error
