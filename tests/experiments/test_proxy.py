"""The fault proxy does each fault, counts it, and does nothing else."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import pytest

from experiments.proxy import Fault, FaultProxy, Faults
from tests.waiting import WAIT_SECONDS_MAX

Proxy = Callable[[Faults], Awaitable[FaultProxy]]
ECHOES = 200


class Echo:
    """A server that sends back what it hears, and remembers it."""

    def __init__(self) -> None:
        self.on_message: list[bytes] = []
        self.changed = asyncio.Condition()

    async def wait_for(self, word: bytes) -> None:
        async with asyncio.timeout(WAIT_SECONDS_MAX), self.changed:
            await self.changed.wait_for(lambda: word in self.on_message)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1024):
                async with self.changed:
                    self.on_message.append(data)
                    self.changed.notify_all()
                writer.write(data)
        except ConnectionError:
            pass  # the proxy has cut it
        finally:
            writer.close()


@pytest.fixture
async def echo() -> AsyncIterator[tuple[Echo, int]]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    yield echo, server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def proxy(echo: tuple[Echo, int]) -> AsyncIterator[Proxy]:
    """Make a started proxy before the echo: `await proxy(Faults(…))`."""
    made: list[FaultProxy] = []

    async def make(faults: Faults) -> FaultProxy:
        made.append(FaultProxy(echo[1], random.Random(1), faults))
        await made[-1].start()
        return made[-1]

    yield make
    for each in made:
        await each.stop()


@dataclass
class Caller:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, word: bytes = b"hello") -> bytes:
        """Send a word and wait for what comes back; raises ConnectionError where nothing will."""
        self.writer.write(word)
        return await self.hear()

    async def hear(self) -> bytes:
        on_message = await asyncio.wait_for(self.reader.read(1024), WAIT_SECONDS_MAX)
        if not on_message:
            raise ConnectionResetError("closed by the other side")
        return on_message


@asynccontextmanager
async def calling(through: FaultProxy) -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", through.port)
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_without_faults_it_passes_everything_on(proxy: Proxy) -> None:
    through = await proxy(Faults(latency_seconds_max=0.001))
    async with calling(through) as caller:
        for number in range(ECHOES):
            assert await caller.say(str(number).encode()) == str(number).encode()
    assert not through.happened


async def test_a_dropped_reply_is_lost_after_the_server_has_heard_and_answered(
    proxy: Proxy, echo: tuple[Echo, int]
) -> None:
    through = await proxy(Faults(drop_reply=1.0))
    async with calling(through) as caller:
        with pytest.raises(ConnectionError):
            await caller.say()
    assert echo[0].on_message == [b"hello"]
    assert through.happened == {Fault.DROP_REPLY: 1}


async def test_a_cut_connection_is_lost_before_the_server_hears(proxy: Proxy, echo: tuple[Echo, int]) -> None:
    through = await proxy(Faults(cut=1.0))
    async with calling(through) as caller:
        with pytest.raises(ConnectionError):
            await caller.say()
    assert echo[0].on_message == []
    assert through.happened == {Fault.CUT: 1}


async def test_a_silent_server_has_heard_and_the_connection_stays_open(proxy: Proxy, echo: tuple[Echo, int]) -> None:
    through = await proxy(Faults(silent_back=1.0))
    async with calling(through) as caller:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.say(), 0.2)
        assert echo[0].on_message == [b"hello"]
        through.faults = Faults()
        caller.writer.write(b"again")
        await echo[0].wait_for(b"again")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1024), 0.1)


async def test_what_is_sent_into_silence_is_never_heard(proxy: Proxy, echo: tuple[Echo, int]) -> None:
    through = await proxy(Faults(silent_there=1.0))
    async with calling(through) as caller:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.say(), 0.2)
    assert echo[0].on_message == []
    assert through.happened == {Fault.SILENT_THERE: 1}


async def test_faults_come_about_as_often_as_they_are_set(proxy: Proxy) -> None:
    through = await proxy(Faults(cut=0.1, drop_reply=0.2))
    lost = 0
    for _ in range(ECHOES):
        async with calling(through) as caller:
            try:
                assert await caller.say() == b"hello"
            except ConnectionError:
                lost += 1
    assert lost == sum(through.happened.values())
    assert 0.03 * ECHOES < through.happened[Fault.CUT] < 0.2 * ECHOES
    assert 0.1 * ECHOES < through.happened[Fault.DROP_REPLY] < 0.3 * ECHOES


async def test_all_connections_can_be_cut_at_once(proxy: Proxy) -> None:
    through = await proxy(Faults())
    async with AsyncExitStack() as stack:
        callers = [await stack.enter_async_context(calling(through)) for _ in range(20)]
        for caller in callers:
            assert await caller.say() == b"hello"
        await through.cut_all()
        for caller in callers:
            with pytest.raises(ConnectionError):
                await caller.hear()
    async with calling(through) as caller:
        assert await caller.say() == b"hello"
