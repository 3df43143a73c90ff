"""Is each line one JSON object, whatever is to be said?"""

import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.ops.logs import JsonFormatter
from tests.rows import rows


def line(**extra: Any) -> dict[str, Any]:
    record = logging.LogRecord("app.request", logging.INFO, __file__, 1, "said %s", ("so",), None)
    record.__dict__.update(extra)
    written = JsonFormatter().format(record)
    assert "\n" not in written
    found: dict[str, Any] = json.loads(written)
    return found


def test_a_line_says_when_how_grave_who_and_what() -> None:
    found = line(path="/graphql", ms=1.5)
    assert datetime.fromisoformat(found.pop("time")).tzinfo is not None
    assert found == {"level": "INFO", "logger": "app.request", "message": "said so", "path": "/graphql", "ms": 1.5}


@rows(
    ("value", "written"),
    [
        ("Grüße 你好", "Grüße 你好"),
        ("half of a pair: \ud83d", "half of a pair: \ud83d"),
        (2**70, 2**70),
        ({1: "a"}, {"1": "a"}),
        (Decimal("1.50"), "1.50"),
        (datetime(2026, 11, 30, tzinfo=UTC), "2026-11-30T00:00:00+00:00"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_whatever_is_said_with_it_is_written(value: object, written: object) -> None:
    assert line(said=value)["said"] == written
