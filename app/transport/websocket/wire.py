"""How messages leave and enter a socket: straight through uvicorn's protocol, or by ASGI under any other server.

uvicorn's ASGI path costs about twice as much for each message as writing a finished frame to the transport, and keeps a
task for each socket. `DirectWire`, given to uvicorn's `ws` setting, is the stock protocol with a short way for an
application that takes the socket over; for one that does not, it is the stock one.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "zero_distance.wire"
UNSENT_MAX = 100
CLOSE_SECONDS = 2.0
"""How long a peer has to answer a close."""


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


def header(length: int) -> bytes:
    """Make the head of a whole, unmasked text frame (RFC 6455, 5.2)."""
    if length < 126:
        return bytes((0x81, length))
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")


async def set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event; raises Stalled. Not by `asyncio.wait_for`, which on Python 3.11 may swallow a cancellation."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError as error:
        raise Stalled from error


class NullQueue(asyncio.Queue[Any]):
    """Stands for the queue of ASGI messages that nobody waits for any more: three KiB for each socket."""

    def put_nowait(self, item: object) -> None:
        """Drop it."""


NULL_QUEUE = NullQueue()


class DirectWire(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which a guest may take over from the ASGI application."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.close_timeout = CLOSE_SECONDS
        self.clear = True
        self.handler: SocketHandler | None = None

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[Any, Any] = self.scope["extensions"] or {}
            extensions[EXTENSION] = self

    async def run_asgi(self) -> None:
        """Run the application; a socket with a guest outlives it."""
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except BaseException:
            self.logger.exception("Exception in ASGI application\n")
            self.send_500_response()
        if not self.handshake_complete:
            self.send_500_response()
        if self.handler is None and self.close_timer is None:
            self.transport.close()

    def take(self, handler: SocketHandler) -> None:
        """Hand the accepted socket over, and let go of what only the handshake needed."""
        self.handler = handler
        del self.request, self.response, self.scope
        self.queue = NULL_QUEUE
        if self.disconnected:
            handler.lost()

    def send_receive_event_to_app(self) -> None:
        if self.handler is None:
            super().send_receive_event_to_app()
            return
        data, self.frames = b"".join(self.frames), []
        if not self.close_sent:
            self.handler.on_message(data if self.curr_msg_data_type == "text" else None)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.handler is not None:
            self.handler.lost()
        self.conn.parser.close()  # it is tied to the protocol: else both wait for the garbage collector
        self.handler = None

    def shutdown(self) -> None:
        if self.handler is None or self.close_sent:
            super().shutdown()
        else:
            self.handler.leave()

    def keepalive_timeout(self) -> None:
        """Cut off a peer that answers no ping. It finds 1006 and comes back; after the stock 1011 it would give up."""
        self.transport.abort()

    def pause_writing(self) -> None:
        """Read nothing more from a peer that does not read, so that its questions can't pile up answers."""
        super().pause_writing()
        self.clear = False
        if self.handler is not None and not self.close_sent:
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.clear = True
        if self.handler is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def write(self, *messages: bytes) -> None:
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(b"".join([header(len(message)) + message for message in messages]))

    async def drained(self, seconds: float) -> None:
        if not self.clear:
            await set_within(self.writable, seconds)

    def close(self, code: int, reason: str) -> None:
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_keepalive()
        self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def abort(self) -> None:
        self.transport.abort()


class AsgiWire:
    """The same by ASGI messages alone: one task reads, one writes. A stalled peer is left to the server to end."""

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
    """Let a guest have an accepted socket for as long as it lives; returns early where uvicorn keeps it."""
    direct = scope.get("extensions", {}).get(EXTENSION)
    if isinstance(direct, DirectWire):
        direct.take(make(direct))
    else:
        wire = AsgiWire(receive, send)
        await wire.serve(make(wire))
