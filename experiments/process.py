"""The API and its commands as processes of their own: started, killed, frozen, and started again."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent


class EndedAtStart(AssertionError):
    """The server ended before it was ready."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def freeze(pid: int) -> None:
    """Stop a child process where it is, and return when all its threads stand."""
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED)


@dataclass
class ServerProcess:
    """`python -m app serve` on a port; with its own database, or the one that the environment names.

    Another `module` takes the same words. What it says goes to the file `log`, where one is given.
    """

    data_dir: Path
    port: int
    environment: dict[str, str]
    process: asyncio.subprocess.Process | None = None
    module: str = "app"
    log: Path | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, *arguments: str) -> None:
        """Start it and wait until it is ready."""
        with self.log.open("ab") if self.log else nullcontext() as log:
            self.process = await self._python("serve", "--port", str(self.port), *arguments, stdout=log, stderr=log)
        async with httpx.AsyncClient() as http:
            while True:
                if self.process.returncode is not None:
                    raise EndedAtStart("the server ended at its start")
                try:
                    if (await http.get(f"{self.url}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)

    async def command(self, *arguments: str) -> str:
        """Run a command beside the server that must succeed, and return what it prints."""
        code, out = await self.run(*arguments)
        assert code == 0
        return out

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command beside the server; return its exit code and what it prints."""
        process = await self._python(*arguments, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode().strip()

    async def _python(self, *arguments: str, **pipes: Any) -> asyncio.subprocess.Process:
        environment = {
            **os.environ,
            "PYTHONWARNINGS": "error",
            **self.environment,
            "ZERO_DISTANCE_DATA_DIR": str(self.data_dir),
        }
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", self.module, *arguments, cwd=ROOT, env=environment, start_new_session=True, **pipes
        )

    async def kill(self) -> None:
        """End it as a power cut of its process would: no handler runs."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end and return its exit code."""
        return await self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Stop it where it is; its connections stay open and silent."""
        assert self.process is not None
        freeze(self.process.pid)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, sign: signal.Signals) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(sign)

    async def _end(self, sign: signal.Signals) -> int:
        assert self.process is not None
        self._signal(sign)
        return await self.process.wait()
