"""API processes over one mongod, and the faults between them and their clients."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from app.settings import Settings
from experiments.mongod import DatabaseProcess
from experiments.process import EndedAtStart, ServerProcess, free_port
from experiments.proxy import NONE, FaultProxy

TOKEN_SECONDS = 6 * 3600
STARTS_MAX = 20


@dataclass
class Plant:
    """The processes and the faults between them. `sockets` are second ways to the servers, with faults of their own."""

    mongod: DatabaseProcess
    servers: dict[str, ServerProcess]
    proxies: dict[str, FaultProxy]
    sockets: dict[str, FaultProxy]
    database_proxy: FaultProxy
    settings: Settings

    async def restart(self, name: str) -> int:
        """Start a killed server as a supervisor does: again where it ends at its start. Return how often it did."""
        for failed in range(STARTS_MAX):
            try:
                await self.servers[name].start()
                return failed
            except EndedAtStart:  # its way to the database was cut, say
                continue
        raise EndedAtStart(f"the server {name} ended at {STARTS_MAX} starts in a row")

    def heal(self) -> None:
        for proxy in (*self.proxies.values(), *self.sockets.values(), self.database_proxy):
            proxy.faults = NONE


@asynccontextmanager
async def running_plant(
    folder: Path,
    seed: int,
    environment: Mapping[str, str] | None = None,
    names: Sequence[str] = ("A", "B"),
    module: str = "app",
) -> AsyncIterator[Plant]:
    """Start mongod, API processes A and B, and proxies before each; B's way to mongod has one too."""
    mongod = DatabaseProcess(folder / "database")
    async with AsyncExitStack() as stack:
        mongod.start()
        stack.callback(mongod.stop)
        assert mongod.running is not None
        database_proxy = await _started(stack, FaultProxy(mongod.running.port, Random(f"{seed} database")))
        database = f"experiment_{secrets.token_hex(4)}"
        settings = Settings(mongodb_url=mongod.url, data_dir=folder / "keys", database=database)
        urls = {"A": mongod.url, "B": f"mongodb://127.0.0.1:{database_proxy.port}/?directConnection=true"}
        servers, proxies, sockets = dict[str, ServerProcess](), dict[str, FaultProxy](), dict[str, FaultProxy]()
        for name in names:
            given = {**_environment(urls[name], database), **(environment or {})}
            log = folder / f"{name}.log"
            server = servers[name] = ServerProcess(settings.data_dir, free_port(), given, module=module, log=log)
            stack.push_async_callback(_ended, server)
            await server.start()
            proxies[name] = await _started(stack, FaultProxy(server.port, Random(f"{seed} {name}")))
            sockets[name] = await _started(stack, FaultProxy(server.port, Random(f"{seed} {name} sockets")))
        yield Plant(mongod, servers, proxies, sockets, database_proxy, settings)


async def _started(stack: AsyncExitStack, proxy: FaultProxy) -> FaultProxy:
    await proxy.start()
    stack.push_async_callback(proxy.stop)
    return proxy


async def _ended(server: ServerProcess) -> None:
    if server.process is not None:
        await server.kill()


def _environment(mongodb_url: str, database: str) -> dict[str, str]:
    return {
        "ZERO_DISTANCE_MONGODB_URL": mongodb_url,
        "ZERO_DISTANCE_DATABASE": database,
        "ZERO_DISTANCE_BELL_URL": "mongodb://",
        "ZERO_DISTANCE_ACCESS_TOKEN_SECONDS": str(TOKEN_SECONDS),
        "ZERO_DISTANCE_LOG_FORMAT": "json",
    }
