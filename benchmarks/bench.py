"""What the live benchmarks stand on: pinned processes, units to watch, and a server's CPU and memory from outside."""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson

from app.actions.design import Revision, start_design
from app.actions.place_order import Purchase, place_order
from app.actions.quote import request_quote
from app.deps import Deps
from app.domain.order.order import Address
from app.domain.shared.viewer import AccountKind, Viewer
from app.ops.bootstrap import build_deps, seed
from app.ops.issue_token import machine_token
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from benchmarks.load import Client

SERVER_CORE, OTHER_CORE = 0, 1
HOME = Address("Li Na", ("88 Garden Road",), "Foshan", "CN", "528000")
RECORD = """mutation($input: [RecordStepInput!]!) { recordSteps(input: $input) { __typename
    ... on Step { sequence } } }"""


@dataclass
class Server:
    """A server process, seen from outside."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """Return what all its threads have used, of user and system time."""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except OSError:
                continue
        return total / 1e9

    def memory_kib(self) -> int:
        """Return its resident memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@asynccontextmanager
async def serving(module: tuple[str, ...], settings: Settings, port: int) -> AsyncIterator[Server]:
    """Run a server on a core of its own."""
    environment = {
        **os.environ,
        "ZERO_DISTANCE_MONGODB_URL": settings.mongodb_url,
        "ZERO_DISTANCE_DATABASE": settings.database,
        "ZERO_DISTANCE_DATA_DIR": str(settings.data_dir),
        "ZERO_DISTANCE_PORT": str(port),
        "ZERO_DISTANCE_SOCKETS_PER_PARTNER_MAX": "100000",
        "ZERO_DISTANCE_SWEEP_SECONDS": "3600",  # it would look after all the units that were just ordered
        "ZERO_DISTANCE_PLANNING_SECONDS": "3600",  # it would tell most of them, at some moment, that their plan moved
        "ZERO_DISTANCE_LOG_FORMAT": "json",
        "ZERO_DISTANCE_ENGINE_OFF": orjson.dumps(sorted(settings.engine_off)).decode(),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *module,
        env=environment,
        stderr=asyncio.subprocess.DEVNULL if not os.environ.get("BENCH_LOGS") else None,
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
    )
    try:
        async with httpx.AsyncClient() as http:
            for _ in range(400):
                await asyncio.sleep(0.05)
                try:
                    await http.get(f"http://127.0.0.1:{port}/healthz")
                except httpx.TransportError:
                    continue
                break
        await asyncio.sleep(1)
        yield Server(process.pid, port)
    finally:
        process.kill()
        await process.wait()


@dataclass
class Plant:
    """What there is to watch, who watches, and the machine that reports."""

    deps: Deps
    watcher: str
    machine: str
    codes: list[str]


async def build_plant(settings: Settings, units: int) -> Plant:
    """Order units for one partner; its token and a machine's come with them."""
    stores = Stores(Database.connect(settings.mongodb_url, settings.database))
    await stores.build_indexes()
    await seed(stores)
    deps = await build_deps(settings, stores, 1.0)
    name = secrets.token_hex(4)
    watcher = await machine_token(deps, AccountKind.PARTNER, name=name)
    machine = await machine_token(deps, AccountKind.FACTORY, factory="FOSHAN")
    viewer = Viewer(f"partner-{name}", AccountKind.PARTNER, datetime.max.replace(tzinfo=UTC))
    model = deps.model("WM-FRONT-9")
    choices = [(group.code, [group.options[0].code]) for group in model.option_groups if group.required]
    design = await start_design(deps, viewer, model.sku, Revision("Benchmark", choices, None))
    codes: list[str] = []
    while len(codes) < units:
        quote = await request_quote(deps, viewer, design.id, 1, min(100, units - len(codes)), "CN", "CNY")
        codes += (await place_order(deps, viewer, Purchase(quote.id, HOME, secrets.token_hex(8)))).products
    return Plant(deps, watcher, machine, codes)


class Reporter:
    """A machine that reports steps over HTTP, as machines do."""

    def __init__(self, plant: Plant, port: int) -> None:
        self._client = Client(port, "/graphql", plant.machine)

    async def report(self, codes: list[str]) -> list[int]:
        """Report one step of each unit in one mutation; return their sequences.

        Where a connection is lost it is sent again, as machines do: the event's id makes that harmless.
        """
        at = datetime.now(UTC).isoformat()
        reports = [
            {"code": code, "kind": "COMPONENT_FITTED", "eventId": secrets.token_hex(8), "occurredAt": at}
            for code in codes
        ]
        answer = orjson.loads(await self._client.post(orjson.dumps({"query": RECORD, "variables": {"input": reports}})))
        return [step["sequence"] for step in answer["data"]["recordSteps"]]

    def close(self) -> None:
        self._client.close()


class Meter:
    """CPU of the server and of this process over a stretch of work."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._server_before = server.cpu_seconds()
        self._own_before = time.process_time()
        self._began = time.perf_counter()

    def read(self) -> tuple[float, float, float]:
        """Return the server's CPU seconds, and the shares of their cores that the server and this process used."""
        wall = time.perf_counter() - self._began
        used = self._server.cpu_seconds() - self._server_before
        return used, used / wall, (time.process_time() - self._own_before) / wall
