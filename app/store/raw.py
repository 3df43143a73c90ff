"""Documents as the bytes of which they are stored: BSON (bsonspec.org), taken apart and put together by field."""

from collections.abc import Iterable
from typing import Any

from bson import decode, encode
from bson.errors import BSONError, InvalidBSON
from bson.raw_bson import RawBSONDocument

from app.store.database import CODEC, Document
from app.store.snapshot import ZONELESS

DAMAGED = BSONError
"""Raised for bytes that are no document, and for values that have no form in one."""


def element(name: str, value: Any) -> bytes:
    """Encode one field as the store does: a text or a number in a fraction of the time that the library takes."""
    if "\0" not in name:  # else the library says what is wrong
        if value.__class__ is str:
            text = value.encode()
            return b"\x02%b\0%b%b\0" % (name.encode(), (len(text) + 1).to_bytes(4, "little"), text)
        if value.__class__ is int and -(2**31) <= value < 2**31:
            return b"\x10%b\0%b" % (name.encode(), value.to_bytes(4, "little", signed=True))
    return encode({name: value}, codec_options=CODEC)[4:-1]


def document(elements: Iterable[bytes]) -> bytes:
    """Make a document of its fields."""
    body = b"".join(elements)
    return (len(body) + 5).to_bytes(4, "little") + body + b"\0"


def nested(name: str, value: bytes) -> bytes:
    """Make a field of a document."""
    return _head(name) + value


def _head(name: str) -> bytes:
    return b"\x03" + name.encode() + b"\0"


def read(value: bytes) -> Document:
    """Decode a document, its times without zones."""
    found: Document = decode(value, ZONELESS)
    return found


def parted(raw: RawBSONDocument, name: str) -> tuple[Document, bytes | None]:
    """Part a document from one that is nested in it, None where there is none; only the rest is decoded, as by `read`.

    A text before it may hold the bytes with which it begins: what is left is no document then, and all is decoded.
    """
    found, head = bytes(raw.raw), _head(name)
    place = found.find(head)
    if place > 0:
        begin = place + len(head)
        end = begin + int.from_bytes(found[begin : begin + 4], "little")
        try:
            rest = read(document((found[4:place], found[end:-1])))
            if name not in rest:
                return rest, found[begin:end]
        except InvalidBSON:
            pass
    rest = read(found)
    value = rest.pop(name, None)
    return rest, encode(value, codec_options=CODEC) if isinstance(value, dict) else None
