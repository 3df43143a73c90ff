"""The floor under a hot delivery: one finished frame written to every socket, and nothing else.

The same uvicorn, protocol class and socket count as ours, without GraphQL, journal or mutation. `POST /ring` sends.
"""

import json
import os
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from app.transport.detached.websocket import DirectWire
from app.transport.websocket.wire import Wire, take_over

FRAME = b'{"id":"5f2c-00000000","type":"next","payload":{"data":"%b","sequence":%%d}}' % (b"x" * 285)
"""About as long as an event of the hot benchmark."""


class Everybody:
    """All sockets."""

    def __init__(self) -> None:
        self.wires: set[Wire] = set()
        self.rings = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
        await take_over(scope, receive, send, lambda wire: SocketHandler(self, wire))

    async def ring(self, request: Request) -> PlainTextResponse:
        self.rings += 1
        frame = FRAME % self.rings
        for wire in self.wires:
            wire.write(frame)
        return PlainTextResponse("ok")

    async def ready(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")


class SocketHandler:
    """A socket that greets whoever comes."""

    def __init__(self, everybody: Everybody, wire: Wire) -> None:
        self._everybody = everybody
        self._wire = wire

    def on_message(self, data: bytes | str | None) -> None:
        if json.loads(data or "{}").get("type") == "connection_init":
            self._wire.write(b'{"type":"connection_ack"}')
            self._everybody.wires.add(self._wire)

    def lost(self) -> None:
        self._everybody.wires.discard(self._wire)

    def leave(self) -> None:
        """It goes with the process."""


def main() -> None:
    everybody = Everybody()
    routes: list[Any] = [
        WebSocketRoute("/graphql", everybody),
        Route("/ring", everybody.ring, methods=["POST"]),
        Route("/healthz", everybody.ready),
    ]
    port = int(os.environ["ZERO_DISTANCE_PORT"])
    uvicorn.run(
        Starlette(routes=routes),
        host="127.0.0.1",
        port=port,
        log_level="error",
        ws=DirectWire,
        ws_per_message_deflate=False,
    )


if __name__ == "__main__":
    main()
