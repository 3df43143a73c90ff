"""Frames of graphql-transport-ws and of legacy graphql-ws, checked before any handler sees them."""

import json
from collections.abc import AsyncGenerator, Mapping
from json import JSONDecodeError
from typing import Any

from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter

BAD_FRAME = 4400
ID_LENGTH_MAX = 128
TYPES = frozenset(("connection_init", "ping", "pong", "subscribe", "complete", "start", "stop", "connection_terminate"))
WITH_ID = frozenset(("subscribe", "complete", "start", "stop"))
WITH_OPERATION = frozenset(("subscribe", "start"))


def problem(frame: object) -> str | None:
    """Say what is wrong with a frame, in words for the close reason; None where it is as the protocol wants it."""
    if not isinstance(frame, dict):
        return "A message is a JSON object"
    kind, id, payload = frame.get("type"), frame.get("id"), frame.get("payload")
    if kind not in TYPES:
        return "Unknown message type"
    if kind in WITH_ID and not (isinstance(id, str) and 0 < len(id) <= ID_LENGTH_MAX):
        return f"id is a string of 1 to {ID_LENGTH_MAX} characters"
    if kind in WITH_OPERATION:
        return _problem_of_operation(payload)
    return None if payload is None or isinstance(payload, dict) else "payload is an object"


def _problem_of_operation(payload: object) -> str | None:
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        return "payload.query is a string"
    for name, kind in (("variables", dict), ("extensions", dict), ("operationName", str)):
        if not isinstance(payload.get(name), kind | None):
            return f"payload.{name} has another type"
    return None


class CheckedSocket(ASGIWebSocketAdapter):
    """Reads frames, closing 4400 with a reason at the first that is not as it should be."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        while self.ws.application_state != WebSocketState.DISCONNECTED:
            try:
                frame = json.loads(await self.ws.receive_text())
            except WebSocketDisconnect:
                return
            except KeyError:
                reason: str | None = "A message is text"
            except (JSONDecodeError, RecursionError):
                reason = "A message is JSON"
            else:
                reason = problem(frame) if is_unicode(frame) else "A message is Unicode text"
            if reason is not None:
                await self.close(BAD_FRAME, reason)
                return
            yield without_null_payload(frame)


def is_unicode(parsed: object) -> bool:
    """Tell whether all strings of parsed JSON can be encoded: it may hold halves of surrogate pairs."""
    try:
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def without_null_payload(frame: Mapping[str, Any]) -> dict[str, Any]:
    """`payload: null` is legal and means none."""
    return {name: value for name, value in frame.items() if not (name == "payload" and value is None)}
