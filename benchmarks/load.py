"""A load generator for sockets, small enough not to be what is measured: raw frames on asyncio transports.

It reads frames whole, looks for two marks in them, and parses no JSON.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

SEQUENCE = re.compile(rb'"sequence":(\d+)')
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
HANDSHAKE = (
    "GET /graphql HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


def frame(message: dict[str, Any]) -> bytes:
    """Make a client's frame; its mask is zero, so that masking costs nothing."""
    data = json.dumps(message).encode()
    size = len(data)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + bytes(4) + data


class Line(asyncio.Protocol):
    """A connection that is kept, over which requests are sent one after the other."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[bytes] | None = None
        self._left = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    async def ask(self, request: bytes) -> bytes:
        """Send a request; return the body of its answer. Raises ConnectionError where none comes."""
        if self.transport.is_closing():
            raise ConnectionError
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._left += data
        head, found, body = self._left.partition(b"\r\n\r\n")
        size = LENGTH.search(head) if found else None
        if size and len(body) >= int(size[1]) and self._answer:
            self._left = b""
            self._answer.set_result(body)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionError())


class Client:
    """POSTs to one path, each over a connection that nobody else is using just now."""

    def __init__(self, port: int, path: str, token: str) -> None:
        self._port = port
        self._idle: list[Line] = []
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Accept: */*\r\nContent-Type: application/json\r\nContent-Length: "
        ).encode()

    async def post(self, body: bytes) -> bytes:
        """Return the body of the answer; a request whose connection is lost is sent again."""
        request = self._head + f"{len(body)}\r\n\r\n".encode() + body
        while True:
            line = self._idle.pop() if self._idle else await self._connect()
            try:
                answer = await line.ask(request)
            except ConnectionError:
                continue
            self._idle.append(line)
            return answer

    async def _connect(self) -> Line:
        _, line = await asyncio.get_running_loop().create_connection(Line, "127.0.0.1", self._port)
        return line

    def close(self) -> None:
        for line in self._idle:
            line.transport.close()
        self._idle.clear()


class Peer(asyncio.Protocol):
    """One socket: greets when it is open, and counts what it gets."""

    def __init__(self, token: str, host: str, port: int, on_message: Callable[["Peer", bytes], None]) -> None:
        self.acknowledged = asyncio.get_running_loop().create_future()
        self.received = 0
        self._token = token
        self._address = host, port
        self._heard = on_message
        self._left = b""
        self._open = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        host, port = self._address
        transport.write(HANDSHAKE.format(host=host, port=port).encode())

    def subscribe(self, query: str, variables: dict[str, Any], id: str) -> None:
        payload = {"query": query, "variables": variables}
        self.transport.write(frame({"id": id, "type": "subscribe", "payload": payload}))

    def data_received(self, data: bytes) -> None:
        data = self._left + data
        if not self._open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._left = head
                return
            assert b" 101 " in head, head
            self._open = True
            payload = {"Authorization": f"Bearer {self._token}"}
            self.transport.write(frame({"type": "connection_init", "payload": payload}))
        place = 0
        while True:
            size, start = self._size(data, place)
            if start < 0 or start + size > len(data):
                break
            self._take(data[place] & 15, data[start : start + size])
            place = start + size
        self._left = data[place:]

    @staticmethod
    def _size(data: bytes, place: int) -> tuple[int, int]:
        """Read a frame's length and where its payload starts; -1 where that is still to come."""
        if len(data) < place + 4:
            return 0, -1 if len(data) < place + 2 or data[place + 1] > 125 else place + 2
        size = data[place + 1]
        if size == 126:
            return int.from_bytes(data[place + 2 : place + 4], "big"), place + 4
        if size == 127:
            return int.from_bytes(data[place + 2 : place + 10], "big"), place + 10
        return size, place + 2

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            self.transport.write(b"\x8a\x80" + bytes(4) if not payload else b"\x8a\x84" + bytes(4) + payload)
        elif opcode == 8:
            self.closed(int.from_bytes(payload[:2], "big"), payload[2:].decode())
        elif b'"next"' in payload:
            self.received += 1
            self._heard(self, payload)
        elif b"connection_ack" in payload:
            self.acknowledged.set_result(None)
        elif b'"error"' in payload:
            self.failed(payload)

    def closed(self, code: int, reason: str) -> None:
        """Take note that the server closes the socket."""
        raise AssertionError(f"{code} {reason}")

    def failed(self, message: bytes) -> None:
        """Take note that an operation ended by an error."""
        raise AssertionError(message)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.acknowledged.done():
            self.acknowledged.set_exception(exc or ConnectionError("closed before it was acknowledged"))


class Crowd:
    """Many peers of one server, and the moments at which what they wait for was there."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self.peers: list[Peer] = []
        self.deliveries = 0
        self.latencies: list[float] = []
        self.sent: dict[int, float] = {}
        """When each sequence was sent, for latencies; empty: they are not measured."""
        self._where = host, port
        self._token = token
        self._target = 0
        self._reached = asyncio.Event()
        self._all_confirmed = asyncio.Event()
        self._confirmed = 0

    async def connect(self, count: int, at_once: int = 50) -> None:
        """Open sockets, greeted and acknowledged."""
        loop = asyncio.get_running_loop()
        host, port = self._where
        for start in range(0, count, at_once):
            fresh = [Peer(self._token, host, port, self._heard) for _ in range(min(at_once, count - start))]
            await asyncio.gather(*(loop.create_connection(lambda peer=peer: peer, host, port) for peer in fresh))  # type: ignore[misc]
            await asyncio.gather(*(peer.acknowledged for peer in fresh))
            self.peers += fresh

    def subscribe(self, query: str, variables: Sequence[dict[str, Any]]) -> None:
        for number, peer in enumerate(self.peers):
            peer.subscribe(query, variables[number % len(variables)], f"5f2c-{number:08d}")

    def _heard(self, peer: Peer, payload: bytes) -> None:
        self.deliveries += 1
        if peer.received == 1:
            self._confirmed += 1
            if self._confirmed == len(self.peers):
                self._all_confirmed.set()
        if self.sent:
            found = SEQUENCE.search(payload)
            assert found
            at = self.sent.get(int(found[1]))
            if at is not None:
                self.latencies.append(time.perf_counter() - at)
        if self.deliveries >= self._target:
            self._reached.set()

    async def reached(self, deliveries: int, seconds: float = 600) -> None:
        """Wait until so many events have arrived in all."""
        self._target = deliveries
        if self.deliveries < deliveries:
            self._reached.clear()
            await asyncio.wait_for(self._reached.wait(), seconds)

    async def all_confirmed(self) -> None:
        """Wait until each peer has got at least one event."""
        await self._all_confirmed.wait()

    async def close(self) -> None:
        for peer in self.peers:
            peer.transport.abort()
        self.peers.clear()
        await asyncio.sleep(1)
