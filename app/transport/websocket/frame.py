"""The messages of graphql-transport-ws and of legacy graphql-ws: read and checked, or written."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson
from graphql import GraphQLFormattedError

ID_LENGTH_MAX = 128
Errors = Sequence[GraphQLFormattedError]


class Close(IntEnum):
    """Why a socket ends. Clients come back after 1012, 1013, 4403 and 4408, and give up on the others."""

    NORMAL = 1000
    RESTARTING = 1012
    OVERLOADED = 1013
    BAD_FRAME = 4400
    NOT_GREETED = 4401
    FORBIDDEN = 4403
    NO_PROTOCOL = 4406
    SILENT = 4408
    ID_TAKEN = 4409
    GREETED_TWICE = 4429
    FAILED = 4500


class BadFrame(Exception):
    """A frame is not as the protocol wants it; the text is the close reason."""


@dataclass(frozen=True)
class Dialect:
    """What one of the two protocols calls its messages, and the form in which it tells errors."""

    name: str
    subscribe: str
    complete: str
    next: str
    beat: bytes
    others: frozenset[str]
    errors: Callable[[Errors], Any]

    @property
    def types(self) -> frozenset[str]:
        return self.others | {"connection_init", self.subscribe, self.complete}


DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            name="graphql-transport-ws",
            subscribe="subscribe",
            complete="complete",
            next="next",
            beat=b'{"type":"ping"}',
            others=frozenset(("ping", "pong")),
            errors=list,
        ),
        Dialect(
            name="graphql-ws",
            subscribe="start",
            complete="stop",
            next="data",
            beat=b'{"type":"ka"}',
            others=frozenset(("connection_terminate",)),
            errors=lambda errors: errors[0],
        ),
    )
}


def read(dialect: Dialect, data: bytes | str | None) -> dict[str, Any]:
    """Read a frame as the dialect wants it; None stands for a binary one. Raises BadFrame."""
    if data is None:
        raise BadFrame("A message is text")
    try:
        text = data if isinstance(data, str) else data.decode()
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFrame("A message is JSON in UTF-8") from error
    if "\\u" in text and not is_unicode(frame):
        raise BadFrame("A message is Unicode text")
    if not isinstance(frame, dict):
        raise BadFrame("A message is a JSON object")
    kind = frame.get("type")
    if not isinstance(kind, str) or kind not in dialect.types:
        raise BadFrame("Unknown message type")
    if kind in (dialect.subscribe, dialect.complete):
        _check_id(frame.get("id"))
    if kind == dialect.subscribe:
        _check_operation(frame.get("payload"))
    elif not isinstance(frame.get("payload"), dict | None):
        raise BadFrame("payload is an object")
    return frame


def _check_id(id: object) -> None:
    if not isinstance(id, str) or not 0 < len(id) <= ID_LENGTH_MAX:
        raise BadFrame(f"id is a string of 1 to {ID_LENGTH_MAX} characters")


def _check_operation(payload: object) -> None:
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        raise BadFrame("payload.query is a string")
    for name, kind in (("variables", dict), ("extensions", dict), ("operationName", str)):
        if not isinstance(payload.get(name), kind | None):
            raise BadFrame(f"payload.{name} has another type")


def is_unicode(parsed: object) -> bool:
    """Tell whether all strings of parsed JSON can be encoded: it may hold halves of surrogate pairs."""
    try:
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def encode(message: Mapping[str, Any]) -> bytes:
    return orjson.dumps(message)


def next_prefix(dialect: Dialect, id: str) -> bytes:
    """Return what stands around a payload that many sockets share, up to the payload; `}` follows it."""
    return b'{"id":%b,"type":"%b","payload":' % (encode_text(id), dialect.next.encode())


def encode_text(text: str) -> bytes:
    return orjson.dumps(text)
