"""uvicorn's WebSocket protocol, whose socket an application may take out of ASGI once it is accepted."""

import asyncio
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.transport.websocket.wire import EXTENSION, SocketHandler, set_within

CLOSE_SECONDS = 2.0
"""How long a peer has to answer a close."""


def frame_header(length: int) -> bytes:
    """Make the head of a whole, unmasked text frame (RFC 6455, 5.2)."""
    if length < 126:
        return bytes((0x81, length))
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")


class NullQueue(asyncio.Queue[Any]):
    """Null queue for sockets detached from ASGI, whose messages nobody awaits any more: saves 3 KiB for each."""

    def put_nowait(self, item: object) -> None:
        """Drop it."""


NULL_QUEUE = NullQueue()


class DirectWire(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which a handler may take over from the application; for one that does not, it is stock."""

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
        """Run the application; a socket that was taken over outlives it."""
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
            self.transport.write(b"".join([frame_header(len(message)) + message for message in messages]))

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
