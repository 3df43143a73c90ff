"""A server in a process of its own, to be killed and started again on the same data directory."""

import asyncio
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class ServerProcess:
    data_dir: Path
    port: int
    environment: dict[str, str]
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, *arguments: str) -> None:
        """Start `python -m app serve` and wait until it is ready."""
        self.process = await self._python("serve", "--port", str(self.port), *arguments)
        async with httpx.AsyncClient() as http:
            while True:
                assert self.process.returncode is None, "the server ended at its start"
                try:
                    if (await http.get(f"{self.url}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)

    async def command(self, *arguments: str) -> str:
        """Run a command beside the server and return what it prints."""
        process = await self._python(*arguments, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
        assert process.returncode == 0
        return out.decode().strip()

    async def _python(self, *arguments: str, **pipes: Any) -> asyncio.subprocess.Process:
        environment = {
            **os.environ,
            **self.environment,
            "ZERO_DISTANCE_DATA_DIR": str(self.data_dir),
            "PYTHONWARNINGS": "error",
        }
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", *arguments, cwd=ROOT, env=environment, start_new_session=True, **pipes
        )

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end and return its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, sign: signal.Signals) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(sign)
        return await self.process.wait()
