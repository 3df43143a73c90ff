"""What each layer over the libraries is worth end to end: `python -m benchmarks.layers`, one off at a time and all off.

Each server runs with other layers switched off, in a process of its own on one core. It is measured in pairs with the
one that has them all, the one before the other in turns, as the machine changes its speed from minute to minute.
"""

import argparse
import os
import secrets
import statistics
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import mkdtemp

import httpx
import orjson
import uvloop

from app.execution.layer import Layer
from app.ops.embedded.mongod import embedded_mongod
from app.settings import Settings
from benchmarks.bench import OTHER_CORE, RECORD, Meter, Plant, Reporter, Server, build_plant, serving
from benchmarks.documents import QUERY
from benchmarks.live import MACHINES, STEPS, crowd, drive, settled
from benchmarks.load import Client, Crowd
from benchmarks.reads import READS, Bearers, bearers, body_of, cpu_of, shop_of
from benchmarks.request import OFF, REPORT
from benchmarks.units import Furnished, furnish
from seeds import client

ON = "all on"
UNITS, SUBSCRIBERS, WATCHED, EVENTS = 120, 1_000, 300, 32
Work = Callable[[Server], Awaitable[float]]
"""Some work for a server; returns the CPU that a piece of it took, in whatever unit."""


def asking(body: bytes, token: str, times: int) -> Work:
    """Make the work of answering a request again and again, eight at a time."""

    async def work(server: Server) -> float:
        there = Client(server.port, "/graphql", token)
        used = await cpu_of(server, there, body, times, 8)
        there.close()
        return used

    return work


def hot(plant: Plant, machines: int) -> Work:
    """Make the work of telling many subscribers of one unit of its steps."""

    async def work(server: Server) -> float:
        there, machine, code = crowd(plant, server), Reporter(plant, server.port), plant.codes[0]
        await there.connect(SUBSCRIBERS)
        there.subscribe(STEPS, [{"code": code}])
        await settled(lambda: machine.report([code]), there)
        return await _delivering(server, there, machine, [code] * EVENTS, machines)

    return work


def wide(plant: Plant) -> Work:
    """Make the work of telling as many subscribers as units, each of its own."""

    async def work(server: Server) -> float:
        there, machine, codes = crowd(plant, server), Reporter(plant, server.port), plant.codes[1:]
        await there.connect(len(codes))
        there.subscribe(STEPS, [{"code": code} for code in codes])
        await settled(lambda: drive(machine, codes, 100, 1, 1), there)
        return await _delivering(server, there, machine, codes, MACHINES)

    return work


async def _delivering(server: Server, there: Crowd, machine: Reporter, codes: Sequence[str], machines: int) -> float:
    before = there.deliveries
    awaited = len(codes) * max(1, len(there.peers) // len(set(codes)))
    meter = Meter(server)
    await drive(machine, codes, 1, machines, 1)
    await there.reached(before + awaited)
    used = meter.read()[0]
    machine.close()
    await there.close()
    return used / awaited * 1e6


def works(plant: Plant, known: Bearers, made: Furnished) -> dict[str, tuple[str, Work]]:
    """List the workloads by name, each with the unit in which it is measured."""
    found: dict[str, tuple[str, Work]] = {}
    for name, read in READS.items():
        token = known.partner if read.partner else known.customer
        found[name] = "ms", asking(body_of(read, made), token, read.times // 6)
    query = {"query": QUERY, "variables": {"first": 1}}
    refused = {"query": RECORD, "variables": {"input": [REPORT]}}
    found["query"] = "ms", asking(orjson.dumps(query), known.partner, 250)
    found["report refused"] = "ms", asking(orjson.dumps(refused), known.partner, 250)
    found["hot 1"] = "µs", hot(plant, 1)
    found["hot 16"] = "µs", hot(plant, MACHINES)
    found["wide 16"] = "µs", wide(plant)
    return found


async def compare(work: Work, on: Server, off: Server, rounds: int) -> tuple[float, list[float]]:
    """Return what the work takes with all layers, and in each pair how much more it takes without some, as a factor."""
    taken, ratios = [], []
    for number in range(rounds):
        pair = [on, off] if number % 2 else [off, on]
        used = {server.pid: await work(server) for server in pair}
        taken.append(used[on.pid])
        ratios.append(used[off.pid] / used[on.pid])
    return statistics.median(taken), ratios


async def run(settings: Settings, chosen: argparse.Namespace) -> None:
    plant = await build_plant(settings, 1 + WATCHED)
    async with AsyncExitStack() as started:
        servers = {}
        for number, (name, off) in enumerate({ON: frozenset[Layer](), **OFF}.items()):
            own = settings.model_copy(update={"engine_off": off})
            servers[name] = await started.enter_async_context(serving(("app", "serve"), own, 8600 + number))
        http = await started.enter_async_context(httpx.AsyncClient(timeout=60))
        caller = client.Client(http, f"http://127.0.0.1:{servers[ON].port}/graphql")
        known = await bearers(plant.deps, caller)
        made = await furnish(shop_of(known, caller), UNITS)
        listed = works(plant, known, made)
        for what in chosen.works or listed:
            unit, work = listed[what]
            for server in servers.values():
                await work(server)
            for name in OFF:
                taken, ratios = await compare(work, servers[ON], servers[name], chosen.rounds)
                low, middle, high = statistics.quantiles(ratios, n=4)
                print(
                    f"{what:<15} {taken:8.3f} {unit}; {name:<28} {middle:.2f} times as much "
                    f"(half of the pairs {low:.2f} to {high:.2f}, all {min(ratios):.2f} to {max(ratios):.2f})",
                    flush=True,
                )
    plant.deps.stores.database.close()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("works", nargs="*")
    parser.add_argument("--rounds", type=int, default=12)
    os.sched_setaffinity(0, {OTHER_CORE})
    folder = Path(mkdtemp())
    with embedded_mongod(folder) as running:
        settings = Settings(mongodb_url=running.url, data_dir=folder, database=f"bench_{secrets.token_hex(4)}")
        await run(settings, parser.parse_args())


if __name__ == "__main__":
    uvloop.run(main())
