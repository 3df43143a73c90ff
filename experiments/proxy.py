"""A seeded proxy that does to a TCP connection what networks do: for HTTP, MongoDB or Redis alike."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

CHUNK = 64 * 1024


class Fault(StrEnum):
    """What may happen to one chunk of bytes."""

    CUT = "connection cut before a request was passed on"
    DROP_REPLY = "reply dropped after the server had sent it"
    SILENT_THERE = "nothing passed on to the server from then on"
    SILENT_BACK = "nothing passed on to the client from then on"
    AGE = "connection cut at its age"


@dataclass(frozen=True)
class Faults:
    """How likely each fault is, per chunk, and how long a chunk is held up at most.

    A silent connection stays open; its other direction goes on. Where an age is given, each connection is cut at one
    drawn between these.
    """

    cut: float = 0.0
    drop_reply: float = 0.0
    silent_there: float = 0.0
    silent_back: float = 0.0
    latency_seconds_max: float = 0.0
    age_seconds: tuple[float, float] | None = None


NONE = Faults()


class FaultProxy:
    """Listens on a port of 127.0.0.1 and passes on to another, as `faults` has it; they may be changed at any time.

    The same seed draws the same fates, one per chunk; which chunk meets which depends on how the machine schedules.
    """

    def __init__(self, target: int, random: Random, faults: Faults = NONE) -> None:
        self.target, self.random, self.faults = target, random, faults
        self.happened: Counter[Fault] = Counter()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    @property
    def port(self) -> int:
        assert self._server is not None, "it was started"
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def open_connections(self) -> int:
        """How many connections pass through it just now."""
        return len(self._connections)

    async def stop(self) -> None:
        assert self._server is not None, "it was started"
        self._server.close()
        await self.cut_all()

    async def cut_all(self) -> None:
        """Cut all connections at once."""
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connect(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on in both directions until either ends; then both sides see the connection end."""
        there: asyncio.StreamWriter | None = None
        try:
            back, there = await asyncio.open_connection("127.0.0.1", self.target)
            pumps = [
                asyncio.create_task(self._pump(reader, there, self._fate_of_request)),
                asyncio.create_task(self._pump(back, writer, self._fate_of_reply)),
            ]
            try:
                age = self.random.uniform(*self.faults.age_seconds) if self.faults.age_seconds else None
                done, _ = await asyncio.wait(pumps, timeout=age, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    self.happened[Fault.AGE] += 1
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except OSError:
            pass  # nobody listens there just now
        finally:
            for side in (writer, there):
                if side is not None:
                    side.transport.abort()

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, draw: Callable[[], Fault | None]
    ) -> None:
        silent = False
        while chunk := await source.read(CHUNK):
            fault = draw()
            if fault is not None:
                self.happened[fault] += 1
            if fault in (Fault.CUT, Fault.DROP_REPLY):
                return
            silent = silent or fault is not None
            if silent:
                continue
            if self.faults.latency_seconds_max:
                await asyncio.sleep(self.random.uniform(0, self.faults.latency_seconds_max))
            sink.write(chunk)
            await sink.drain()

    def _fate_of_request(self) -> Fault | None:
        return self._draw((self.faults.cut, Fault.CUT), (self.faults.silent_there, Fault.SILENT_THERE))

    def _fate_of_reply(self) -> Fault | None:
        return self._draw((self.faults.drop_reply, Fault.DROP_REPLY), (self.faults.silent_back, Fault.SILENT_BACK))

    def _draw(self, *chances: tuple[float, Fault]) -> Fault | None:
        drawn = self.random.random()
        for chance, fault in chances:
            if drawn < chance:
                return fault
            drawn -= chance
        return None
