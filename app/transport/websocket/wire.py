"""How messages leave and enter a socket: straight through uvicorn's protocol, or by ASGI under any other server."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from starlette.types import Message, Receive, Scope, Send

EXTENSION = "zero_distance.wire"
"""The key among a scope's extensions of a socket that can be taken out of ASGI."""
UNSENT_MAX = 100


class Stalled(Exception):
    """The peer does not read what it is sent."""


class SocketHandler(Protocol):
    """Who has taken a socket over. None of these may block."""

    def on_message(self, data: bytes | str | None) -> None:
        """Take a message; None for a binary one."""

    def lost(self) -> None:
        """Take note that the connection is gone."""

    def leave(self) -> None:
        """Say goodbye within a while: the server stops."""


class Wire(Protocol):
    """A socket's way out. `clear` tells whether the peer keeps up with what was written."""

    clear: bool

    def write(self, *messages: bytes) -> None:
        """Send text messages in one go, now or as soon as the peer takes them; nothing happens where it is gone."""

    async def drained(self, seconds: float) -> None:
        """Wait until the peer keeps up; raises Stalled where it does not."""

    def close(self, code: int, reason: str) -> None:
        """Close with a code; what was written comes first."""

    def abort(self) -> None:
        """End the connection at once, whatever is still to be sent."""


class DetachableWire(Wire, Protocol):
    """A wire that a server offers for the time after the handshake, instead of ASGI's messages."""

    def take(self, handler: SocketHandler) -> None:
        """Hand the accepted socket over, for as long as it lives."""


async def set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event; raises Stalled. Not by `asyncio.wait_for`, which on Python 3.11 may swallow a cancellation."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError as error:
        raise Stalled from error


class AsgiWire:
    """A wire by ASGI messages alone: one task reads, one writes. A stalled peer is left to the server to end."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.clear = True
        self._receive = receive
        self._send = send
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue()
        self._empty = asyncio.Event()

    async def serve(self, handler: SocketHandler) -> None:
        """Pass messages on until the connection is gone."""
        writing = asyncio.create_task(self._write_all())
        reading = asyncio.create_task(self._read_all(handler.on_message))
        try:
            await asyncio.wait((reading, writing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            handler.lost()
            reading.cancel()
            writing.cancel()
            await asyncio.gather(reading, writing, return_exceptions=True)

    async def _read_all(self, on_message: Callable[[bytes | str | None], None]) -> None:
        while (message := await self._receive())["type"] == "websocket.receive":
            on_message(message.get("text"))
            if self._messages.qsize() > UNSENT_MAX:
                await self._empty.wait()

    async def _write_all(self) -> None:
        while (message := await self._messages.get()) is not None:
            await self._send(message)
            if message["type"] == "websocket.close":
                return
            if self._messages.empty():
                self.clear = True
                self._empty.set()

    def _put(self, message: Message | None) -> None:
        self.clear = False
        self._empty.clear()
        self._messages.put_nowait(message)

    def write(self, *messages: bytes) -> None:
        for message in messages:
            self._put({"type": "websocket.send", "text": message.decode()})

    async def drained(self, seconds: float) -> None:
        if not self.clear:
            await set_within(self._empty, seconds)

    def close(self, code: int, reason: str) -> None:
        self._put({"type": "websocket.close", "code": code, "reason": reason})

    def abort(self) -> None:
        self._put(None)


async def take_over(scope: Scope, receive: Receive, send: Send, make: Callable[[Wire], SocketHandler]) -> None:
    """Let a handler have an accepted socket for as long as it lives; returns early where the server keeps it."""
    detachable: DetachableWire | None = (scope.get("extensions") or {}).get(EXTENSION)
    if detachable is not None:
        detachable.take(make(detachable))
    else:
        wire = AsgiWire(receive, send)
        await wire.serve(make(wire))
