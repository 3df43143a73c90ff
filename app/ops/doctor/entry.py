"""What a stored step says: its event read into objects, once for all checks; what it is chained by as it stands."""

from dataclasses import dataclass, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter

from app.domain.unit.journey import Step
from app.ops.doctor.encoded import EMPTY
from app.store.database import Document
from app.store.raw import read
from app.store.snapshot import in_utc


@dataclass(frozen=True, kw_only=True)
class StoredStep(Step):
    """A step whose place and chain are unread, so that a wrong one is never taken for what it could be read as.

    Its state is empty: the stored one is compared with the fold, mostly without reading it.
    """

    product: Any
    model: Any
    line: Any
    sequence: Any
    recorded_at: Any
    previous_hash: Any = None
    hash: Any = None
    signature: Any = None


STEP = TypeAdapter(StoredStep)


@dataclass(frozen=True)
class Entry:
    """A step but for its state: as stored, its times without zones, and as it is read, None where it cannot be.

    And its state in BSON.
    """

    document: Document
    state: bytes | None
    step: StoredStep | None

    @property
    def place(self) -> Any:
        return self.document.get("sequence")

    @cached_property
    def stored(self) -> Document:
        """The state as it is stored, its times without zones; raises KeyError where there is none."""
        if self.state is None:
            raise KeyError("state")
        return read(self.state)


def may_hold_times(kind: Any) -> bool:
    """Tell whether a value of a type may have a time in it."""
    if is_dataclass(kind):
        return any(map(may_hold_times, get_type_hints(kind).values()))
    if inner := get_args(kind):
        return any(map(may_hold_times, inner))
    return kind is not ... and not (isinstance(kind, type) and issubclass(kind, TIMELESS))


TIMELESS = (str, int, float, Decimal, Enum, type(None))
TIMED = [name for name, kind in get_type_hints(StoredStep).items() if name != "state" and may_hold_times(kind)]


def read_entry(document: Document, state: bytes | None) -> Entry:
    said = {**document, "state": EMPTY}
    for name in TIMED:
        if name in said:
            said[name] = in_utc(said[name])
    try:
        return Entry(document, state, STEP.validate_python(said))
    except ValueError:
        return Entry(document, state, None)
