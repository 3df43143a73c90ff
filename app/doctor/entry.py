"""What a stored step says: its event read into objects, once for all checks; what it is chained by as it stands."""

from dataclasses import dataclass, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any, get_args, get_type_hints

from bson import decode, encode
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument
from pydantic import TypeAdapter

from app.doctor.encoded import EMPTY
from app.domain.journey import Step
from app.store.database import CODEC, Document
from app.store.span import ZONELESS, in_utc


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
STATE = b"\x03state\0"


def parted(raw: RawBSONDocument) -> tuple[Document, bytes | None]:
    """Part a step into what it says, its times without zones, and its state in BSON, None where there is none.

    A text before the state may hold the bytes with which that begins: what is left is no document then, and read whole.
    """
    found = bytes(raw.raw)
    place = found.find(STATE)
    if place > 0:
        begin = place + len(STATE)
        end = begin + int.from_bytes(found[begin : begin + 4], "little")
        said = found[4:place] + found[end:]
        try:
            document: Document = decode((len(said) + 4).to_bytes(4, "little") + said, ZONELESS)
            if "state" not in document:
                return document, found[begin:end]
        except InvalidBSON:
            pass
    document = decode(found, ZONELESS)
    state = document.pop("state", None)
    return document, encode(state, codec_options=CODEC) if isinstance(state, dict) else None


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
        return decode(self.state, ZONELESS)


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
