"""The server as a child process: started, waited for, and ended with the demonstration, however that ends."""

import asyncio
import os
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from app.ops.embedded.mongod import die_with_parent
from app.ops.problem import OperatorProblem
from app.settings import Settings

READY_SECONDS, END_SECONDS = 60.0, 15.0
LINES_KEPT = 40


class NoServer(OperatorProblem):
    """The server doesn't start or has ended: the message tells why."""


class Server:
    """`python -m app serve` and the last lines that it wrote."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.url = url
        self._process = process
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        """Keep what it writes; only trouble is passed on."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            text = line.decode(errors="replace").rstrip()
            self._lines.append(text)
            if " WARNING " in text or " ERROR " in text:
                sys.stderr.write(f"server: {text}\n")

    async def ready(self) -> None:
        """Wait until it answers. Raises NoServer."""
        async with httpx.AsyncClient() as http, asyncio.timeout(READY_SECONDS):
            while self._process.returncode is None:
                with suppress(httpx.TransportError):
                    if (await http.get(f"{self.url}/readyz")).is_success:
                        return
                await asyncio.sleep(0.1)
        await self.ended()

    async def ended(self) -> None:
        """Wait until it ends by itself, and raise NoServer with the last it wrote."""
        code = await self._process.wait()
        await self._reading
        raise NoServer("\n".join((*self._lines, f"The server has ended with code {code}.")))

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        try:
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading


@asynccontextmanager
async def running_server(settings: Settings) -> AsyncIterator[Server]:
    """Run the server for as long as the block lasts. Raises NoServer where its port is in use."""
    _check_port(settings.host, settings.port)
    environment = {
        **os.environ,
        "ZERO_DISTANCE_HOST": settings.host,
        "ZERO_DISTANCE_PORT": str(settings.port),
        "ZERO_DISTANCE_CLOCK_SPEED": str(settings.clock_speed),
        "ZERO_DISTANCE_LOG_FORMAT": "readable",
    }
    # Its own session: Ctrl-C in the terminal is for the demonstration, which ends the server after its clients.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "serve"),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent if sys.platform == "linux" else None,
    )
    server = Server(process, f"http://{settings.host}:{settings.port}")
    try:
        yield server
    finally:
        await server.end()


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NoServer(f"{host}:{port} can't be used ({error.strerror}); try another port: --port 8001.") from error
