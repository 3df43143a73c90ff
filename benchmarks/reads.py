"""What plain reads cost: `python -m benchmarks.reads`, ours beside stock Strawberry over the same data.

Track is a unit by its code, with its factory and its last ten steps and what was measured; Catalogue 50 units with
model and factory; Opening what an app shows first; Page a hundred units of a partner. CPU is that of each server's
process, all its threads, on a core of its own, in turns; commands and bytes are what each asks of the database.
"""

import argparse
import asyncio
import os
import secrets
import statistics
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import httpx
import orjson
import uvloop

from app.deps import Deps
from app.domain.shared.viewer import AccountKind
from app.ops.bootstrap import build_deps, seed
from app.ops.embedded.mongod import embedded_mongod
from app.ops.issue_token import customer_token, machine_token
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from benchmarks.bench import OTHER_CORE, Meter, Server, serving
from benchmarks.commands import Asked, start_counting, stop_counting
from benchmarks.load import Client
from benchmarks.units import Furnished, Shop, furnish
from seeds import client
from seeds.buyer import sign_up

TRACK = """query Track($code: ProductCode!) { product(code: $code) { code status factory { code name city }
    steps(last: 10) { nodes { sequence kind stage occurredAt operation { code }
        measurements { characteristic value unit lowerLimit upperLimit passed } } } } }"""
CATALOGUE = """query Catalogue { products(first: 50) { nodes { code status
    model { sku category name } factory { code name city } } pageInfo { hasNextPage endCursor } } }"""
OPENING = """query Opening {
    orders(first: 5) { nodes { id number status placedAt
        products { code status model { sku name } eta { earliest latest } } } }
    openDecisions(first: 10) { nodes { id raisedAt deadline product { code }
        evidence { characteristic value unit lowerLimit upperLimit passed } } } }"""
PAGE = """query Page { products(first: 100) { edges { cursor node { code gtin serial status lastSequence
    model { sku } plan { position startsAt finishesAt } order { number customerReference } } }
    pageInfo { hasNextPage endCursor } } }"""
UNITS = 120
WORKED_OUT = ("eta",)
"""What stock does not work out as we do."""


class Read(NamedTuple):
    """A query, who asks it, and how often in a round."""

    query: str
    partner: bool
    times: int


READS: Mapping[str, Read] = {
    "Track": Read(TRACK, False, 400),
    "Catalogue": Read(CATALOGUE, True, 160),
    "Opening": Read(OPENING, False, 240),
    "Page": Read(PAGE, True, 80),
}
KINDS = {
    "ours": ("app", "serve"),
    "stock": ("benchmarks.stock_reads",),
    "stock with its caches": ("benchmarks.stock_reads", "--caches"),
}


@dataclass
class Bearers:
    """The tokens of a partner, a customer and the factories' machines."""

    partner: str
    customer: str
    machines: Mapping[str, str]


async def bearers(deps: Deps, caller: client.Client) -> Bearers:
    """Give out tokens that outlast a run; the customer signs up as any other."""
    email = f"{secrets.token_hex(6)}@example.com"
    await sign_up(caller, email, secrets.token_urlsafe(16), "Li Na", "en")
    return Bearers(
        await machine_token(deps, AccountKind.PARTNER, name=secrets.token_hex(4)),
        await customer_token(deps, email),
        {code: await machine_token(deps, AccountKind.FACTORY, factory=code) for code in deps.catalogue.factory},
    )


def shop_of(found: Bearers, caller: client.Client) -> Shop:
    machines = {code: caller.bearing(token) for code, token in found.machines.items()}
    return Shop(caller.bearing(found.partner), caller.bearing(found.customer), machines)


def body_of(read: Read, made: Furnished) -> bytes:
    """Write a request; only Track has a variable."""
    variables = {"code": made.tracked} if read.query is TRACK else {}
    return orjson.dumps({"query": read.query, "variables": variables})


async def cpu_of(server: Server, there: Client, body: bytes, times: int, at_once: int) -> float:
    """Return the CPU milliseconds of the server that one request takes, so many of them at a time."""
    meter, left = Meter(server), iter(range(times))

    async def ask() -> None:
        for _ in left:
            await there.post(body)

    await asyncio.gather(*(ask() for _ in range(at_once)))
    return meter.read()[0] / times * 1e3


async def asked_by(database: Database, there: Client, body: bytes) -> Asked:
    """Count what one request asks of the database, the least of three: a server looks after its sockets meanwhile."""
    counted = []
    for _ in range(3):
        await start_counting(database)
        await there.post(body)
        counted.append(await stop_counting(database))
    return min(counted, key=lambda asked: len(asked.commands))


def plain(answer: Any) -> Any:
    """Leave out what is not to be the same."""
    if isinstance(answer, dict):
        return {name: plain(value) for name, value in answer.items() if name not in WORKED_OUT}
    return [plain(value) for value in answer] if isinstance(answer, list) else answer


async def check_same(body: bytes, callers: Sequence[Client]) -> None:
    """Raise AssertionError where the servers answer differently."""
    answers = [orjson.loads(await there.post(body)) for there in callers]
    assert not any(answer.get("errors") for answer in answers), answers
    first, *others = map(plain, answers)
    assert all(other == first for other in others), answers


async def measure(
    name: str, body: bytes, servers: Mapping[str, Server], callers: Mapping[str, Client], chosen: argparse.Namespace
) -> None:
    """Print a read's CPU by each server, and which part of it ours takes, pair by pair: median, least and most."""
    times = max(chosen.at_once, int(READS[name].times * chosen.scale))
    taken: dict[str, list[float]] = {kind: [] for kind in servers}
    for number in range(chosen.rounds + 1):
        for kind, server in servers.items():
            each = await cpu_of(server, callers[kind], body, times, chosen.at_once)
            if number:  # the first round only warms
                taken[kind].append(each)
    for kind, used in taken.items():
        ratios = sorted(ours / each for ours, each in zip(taken["ours"], used, strict=True))
        beside = f"; ours is {statistics.median(ratios):.2f} of it ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(f"{name:<9} {kind}: {statistics.median(used):.2f} ms CPU{beside if kind != 'ours' else ''}", flush=True)


async def run(settings: Settings, chosen: argparse.Namespace) -> None:
    stores = Stores(Database.connect(settings.mongodb_url, settings.database))
    await stores.build_indexes()
    await seed(stores)
    deps = await build_deps(settings, stores, 1.0)
    async with AsyncExitStack() as started:
        servers = {
            kind: await started.enter_async_context(serving(KINDS[kind], settings, 8400 + number))
            for number, kind in enumerate(KINDS)
        }
        http = await started.enter_async_context(httpx.AsyncClient(timeout=60))
        caller = client.Client(http, f"http://127.0.0.1:{servers['ours'].port}/graphql")
        known = await bearers(deps, caller)
        made = await furnish(shop_of(known, caller), UNITS)
        if chosen.hold:
            print(f"servers {[server.pid for server in servers.values()]}", flush=True)
        for name in chosen.reads:
            read = READS[name]
            token, body = known.partner if read.partner else known.customer, body_of(read, made)
            callers = {kind: Client(server.port, "/graphql", token) for kind, server in servers.items()}
            await check_same(body, list(callers.values()))
            for kind, there in callers.items():
                asked = await asked_by(stores.database, there, body)
                print(f"{name:<9} {kind}: {asked.bytes:,} bytes by {len(asked.commands)}: {', '.join(asked.commands)}")
            await measure(name, body, servers, callers, chosen)
    stores.database.close()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("reads", nargs="*", default=list(READS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--hold", action="store_true", help="print the server's id, for a profiler")
    os.sched_setaffinity(0, {OTHER_CORE})
    folder = Path(mkdtemp())
    with embedded_mongod(folder) as running:
        settings = Settings(mongodb_url=running.url, data_dir=folder, database=f"bench_{secrets.token_hex(4)}")
        await run(settings, parser.parse_args())


if __name__ == "__main__":
    uvloop.run(main())
