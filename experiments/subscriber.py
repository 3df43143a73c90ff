"""Somebody who watches one unit, loses the connection again and again, and comes back with the last sequence."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from experiments.history import History
from experiments.live_checker import Seen, What

SELECTION = "sequence kind occurredAt hash product { lastSequence }"
STEPS = (
    f"subscription($code: ProductCode!, $after: Int) {{ productSteps(code: $code, after: $after) {{ {SELECTION} }} }}"
)
PASSING = frozenset(("RATE_LIMITED",))
"""Errors after which a client comes back. UNAVAILABLE is none: a stream waits for its database."""
PAUSE_SECONDS_MAX = 0.5
PING_SECONDS = 3.0


def content_of(step: Mapping[str, Any]) -> str:
    """Say in one word what a step says, the state of its unit included."""
    return " ".join(str(step[name]) for name in ("hash", "kind", "occurredAt")) + f" {step['product']['lastSequence']}"


class Failed(Exception):
    """The server said what no fault explains."""


@dataclass
class Subscriber:
    """One phone. `cursor` is the last sequence that it has; `addresses` are tried by chance."""

    name: str
    code: str
    token: str
    addresses: Sequence[str]
    random: Random
    history: History[Seen]
    cursor: int
    subscriptions: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    async def watch(self, until: int | None = None) -> None:
        """Watch for ever, or until a sequence is reached; raises Failed."""
        while until is None or self.cursor < until:
            with suppress(OSError, TimeoutError, WebSocketException):
                async with connect(
                    self.random.choice(self.addresses),
                    subprotocols=[Subprotocol("graphql-transport-ws")],
                    open_timeout=5,
                    close_timeout=0.2,
                    ping_interval=PING_SECONDS,
                    ping_timeout=PING_SECONDS,
                    proxy=None,
                ) as socket:
                    await self._follow(socket, until)
            if until is None or self.cursor < until:
                await asyncio.sleep(self.random.uniform(0, PAUSE_SECONDS_MAX))

    async def _follow(self, socket: ClientConnection, until: int | None) -> None:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {self.token}"}}))
        payload = {"query": STEPS, "variables": {"code": self.code, "after": self.cursor}}
        async for text in socket:
            message = json.loads(text)
            match message["type"]:
                case "connection_ack":
                    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
                    self._add(What.SUBSCRIBED, self.cursor)
                    self.subscriptions += 1
                case "ping":
                    await socket.send(json.dumps({"type": "pong"}))
                case "next" if not message["payload"].get("errors"):
                    step = message["payload"]["data"]["productSteps"]
                    self._add(What.STEP, step["sequence"], content_of(step))
                    self.cursor = max(self.cursor, step["sequence"])
                    if until is not None and self.cursor >= until:
                        return
                case _:
                    self._failed(message)
                    return

    def _add(self, what: What, sequence: int, content: str = "") -> None:
        self.history.add(Seen(self.name, what, self.code, sequence, monotonic(), content))

    def _failed(self, message: Mapping[str, Any]) -> None:
        """Read an `error`, or a `next` with errors; a `complete` is neither, and nothing that was asked for."""
        payload = message.get("payload")
        errors = payload["errors"] if isinstance(payload, dict) else payload or [{}]
        code = errors[0].get("extensions", {}).get("code", message["type"])
        self.errors[code] += 1
        if code not in PASSING:
            raise Failed(f"{self.name} of {self.code}, behind {self.cursor}: {message}")
