"""Somebody who watches one unit over a socket that costs this process little, so that thousands can watch at once."""

import asyncio
import json
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

from benchmarks.load import Peer
from experiments.crowd import Crowd
from experiments.history import History
from experiments.live_checker import Seen, What
from experiments.subscriber import PASSING, PAUSE_SECONDS_MAX, STEPS

HOST = "127.0.0.1"
OPEN_SECONDS_MAX = 10.0
CONNECTED_SECONDS_MAX = 60.0
CUT_CODE = 1006
"""RFC 6455: no close frame came."""
SMALL_BUFFER, PACKET = 4096, 1400
"""What a phone on a slow network takes in at once. Without the packet's size, loopback holds megabytes for each."""
SELECTED = re.compile(
    rb'"sequence":(\d+),"kind":"(\w+)","occurredAt":"([^"]+)","hash":"([^"]+)","product":{"lastSequence":(\d+)'
)
"""The beginning of a step as SELECTION selects it."""


def open_road() -> asyncio.Event:
    """Let phones connect; they are kept away while it is clear."""
    road = asyncio.Event()
    road.set()
    return road


@dataclass
class Phone:
    """One phone. `cursor` is the last sequence that it has; `road` is set while it may connect.

    One that is `small` has little room for what it does not read.
    """

    name: str
    code: str
    token: str
    port: int
    random: Random
    history: History[Seen]
    cursor: int
    road: asyncio.Event = field(default_factory=open_road)
    query: str = STEPS
    small: bool = False
    subscriptions: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    _line: "_Line | None" = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        """Watch for ever: connect wherever there is a road, and come back behind the cursor."""
        while True:
            await self.road.wait()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(OPEN_SECONDS_MAX):
                    await self.connect()
                await self.ended.wait()
            if self.road.is_set():
                await asyncio.sleep(self.random.uniform(0, PAUSE_SECONDS_MAX))

    async def connect(self) -> None:
        """Open a socket and subscribe behind the cursor; raises OSError. `ended` is set as soon as it is gone."""
        self.ended.clear()
        loop = asyncio.get_running_loop()
        there = socket.socket()
        there.setblocking(False)
        if self.small:
            there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            there.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, PACKET)
        try:
            await loop.sock_connect(there, (HOST, self.port))
        except BaseException:
            there.close()
            raise
        _, line = await loop.create_connection(lambda: _Line(self), sock=there)
        try:
            await line.acknowledged
        except BaseException:
            line.transport.abort()
            raise
        self._line = line
        self._add(What.SUBSCRIBED, self.cursor)
        self.subscriptions += 1
        line.subscribe(self.query, {"code": self.code, "after": self.cursor}, "1")

    def cut(self) -> None:
        """Lose the connection, without a word."""
        if self._line is not None:
            self._line.transport.abort()
            self.lost(self._line, CUT_CODE)

    def stop_reading(self) -> None:
        """Leave what comes in the buffers between here and the server, until they are full."""
        if self._line is not None:
            self._line.transport.pause_reading()

    def read_again(self) -> None:
        if self._line is not None:
            self._line.transport.resume_reading()

    def on_message(self, message: bytes) -> None:
        """Take a step as `content_of` would, without reading all of the message: there are thousands a second."""
        found = SELECTED.search(message)
        if found is None:
            self.failed(json.loads(message)["payload"]["errors"])
            return
        sequence, kind, at, hashed, last = found.groups()
        self._add(What.STEP, int(sequence), f"{hashed.decode()} {kind.decode()} {at.decode()} {last.decode()}")
        self.cursor = max(self.cursor, int(sequence))

    def failed(self, errors: Sequence[Any]) -> None:
        """Note an error, and end the socket where one comes back after it."""
        code = errors[0].get("extensions", {}).get("code", "an error without a code")
        self.errors[code] += 1
        if code not in PASSING:
            self.problems.append(f"{self.name} of {self.code}, behind {self.cursor}: {errors}")
        self.cut()

    def lost(self, line: "_Line", code: int) -> None:
        if self._line is line:
            self._line = None
            self.ended.set()
            self._add(What.CLOSED, code)

    def _add(self, what: What, sequence: int, content: str = "") -> None:
        self.history.add(Seen(self.name, what, self.code, sequence, monotonic(), content))


class _Line(Peer):
    """A phone's socket."""

    def __init__(self, phone: Phone) -> None:
        super().__init__(phone.token, HOST, phone.port, lambda _, message: phone.on_message(message))
        self._phone = phone

    def closed(self, code: int, reason: str) -> None:
        self._phone.lost(self, code)
        self.transport.close()

    def failed(self, message: bytes) -> None:
        self._phone.failed(json.loads(message)["payload"])

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._phone.lost(self, CUT_CODE)


def phones_of(crowd: Crowd) -> list[Phone]:
    """Give a phone to everybody who watches, straight to the first server, and all one road."""
    road = open_road()
    port = crowd.plant.servers["A"].port
    return [
        Phone(one.name, one.code, one.token, port, crowd.random, crowd.history, one.cursor, road)
        for one in crowd.watching
    ]


@asynccontextmanager
async def watching(phones: Sequence[Phone], seconds: float = CONNECTED_SECONDS_MAX) -> AsyncIterator[None]:
    """Have all phones watch while the block lasts, which begins when all have subscribed."""
    tasks = [asyncio.create_task(phone.watch()) for phone in phones]
    try:
        async with asyncio.timeout(seconds):
            while not all(phone.subscriptions for phone in phones):  # noqa: ASYNC110 — they share no event
                await asyncio.sleep(0.05)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for phone in phones:
            phone.cut()


async def all_at(phones: Sequence[Phone], heads: Mapping[str, int], seconds: float) -> None:
    """Wait until all phones are as far as the journals were, or a while; a checker says who is not."""
    give_up_at = monotonic() + seconds
    while not all(phone.cursor >= heads[phone.code] for phone in phones):
        if monotonic() > give_up_at:
            return
        await asyncio.sleep(0.05)
