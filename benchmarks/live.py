"""What a delivery costs: `python -m benchmarks.live`, all scenarios, ours beside the stock handler in the same run.

`python -m benchmarks.live hot idle --only ours --scale 0.1` runs some of them, smaller.
"""

import argparse
import asyncio
import gc
import os
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import uvloop

from app.ops.embedded.mongod import embedded_mongod
from app.settings import Settings
from benchmarks.bench import OTHER_CORE, Meter, Plant, Reporter, Server, build_plant, serving
from benchmarks.load import Client, Crowd

STEPS = """subscription Steps($code: ProductCode!, $after: Int) { productSteps(code: $code, after: $after) {
    sequence stage kind label occurredAt station { code name } product { code status progress } } }"""
MACHINES = 16
HOT_MACHINES = (1, MACHINES)
KINDS = {"ours": ("app", "serve"), "stock": ("benchmarks.stock",), "bare": ("benchmarks.bare",)}


def crowd(plant: Plant, server: Server) -> Crowd:
    return Crowd("127.0.0.1", server.port, plant.watcher)


async def settled(work: Callable[[], Awaitable[object]], there: Crowd) -> None:
    """Do something until everybody hears of it: the stock subscribers confirm nothing by themselves."""
    while any(not peer.received for peer in there.peers):
        await work()
        await asyncio.sleep(0.3)
    before = -1
    while there.deliveries != before:
        before = there.deliveries
        await asyncio.sleep(0.5)


async def hot(kind: str, plant: Plant, server: Server, scale: float) -> None:
    """Many subscribers on one unit: the cost of a delivery, and how long it takes.

    One machine that waits for each answer leaves nothing to be written together; several bring the server to its limit.
    """
    subscribers, events = int(1000 * scale), 208 if kind == "ours" else 16
    there, machine, code = crowd(plant, server), Reporter(plant, server.port), plant.codes[0]
    alone = []
    for machines in HOT_MACHINES:
        meter = Meter(server)
        await drive(machine, [code] * events, 1, machines, 1)
        alone.append(meter.read()[0])
    await there.connect(subscribers)
    there.subscribe(STEPS, [{"code": code}])
    await settled(lambda: machine.report([code]), there)
    for machines, unwatched in zip(HOT_MACHINES, alone, strict=True):
        meter, before = Meter(server), there.deliveries
        rounds = 1 if kind == "ours" else events // machines
        for number in range(1, rounds + 1):
            await drive(machine, [code] * (events // rounds), 1, machines, 1)
            await there.reached(before + number * events // rounds * subscribers)
        used, share, own = meter.read()
        each = 100_000 / (events * subscribers)
        print(
            f"hot   {kind}: {used * each:.2f} CPU-s per 100,000 deliveries, {machines} mutations at a time, "
            f"{unwatched * each:.2f} of it the mutations by themselves "
            f"({subscribers} subscribers, {events} events; server {share:.0%}, load generator {own:.0%})"
        )
    (last,) = await machine.report([code])
    await at_a_pace(kind, there, lambda: machine.report([code]), last, 20 if kind == "ours" else 1, 10)
    machine.close()
    await there.close()


async def bare(kind: str, plant: Plant, server: Server, scale: float) -> None:
    """What the same sockets cost where a finished frame is written to each and nothing else is done."""
    there, events = crowd(plant, server), 200
    await there.connect(int(1000 * scale))
    meter = Meter(server)
    client = Client(server.port, "/ring", plant.machine)
    for _ in range(events):
        await client.post(b"")
    await there.reached(events * len(there.peers))
    used, share, own = meter.read()
    print(
        f"bare  frames: {used / there.deliveries * 100_000:.2f} CPU-s per 100,000 deliveries "
        f"({len(there.peers)} sockets, {events} events; server {share:.0%}, load generator {own:.0%})"
    )
    await at_a_pace(kind, there, lambda: client.post(b""), events, 20, 10)
    client.close()
    await there.close()


async def at_a_pace(
    kind: str, there: Crowd, work: Callable[[], Coroutine[Any, Any, object]], last: int, rate: int, seconds: int
) -> None:
    """Measure from a request to each receipt, at so many events a second; our own garbage is left lying meanwhile.

    `work` makes the event that follows on `last`. What a receipt takes where nothing but writing a frame is done
    (`bare`) says what this machine can do at all.
    """
    gc.collect()
    gc.disable()
    there.latencies.clear()
    await asyncio.sleep(1)
    before, number, tasks = there.deliveries, rate * seconds, []
    began = time.perf_counter()
    for event in range(number):
        await asyncio.sleep(max(0, began + event / rate - time.perf_counter()))
        there.sent[last + 1 + event] = time.perf_counter()
        tasks.append(asyncio.create_task(work()))
    await asyncio.gather(*tasks)
    await there.reached(before + number * len(there.peers))
    gc.enable()
    ordered = sorted(there.latencies)
    print(
        f"      {kind}: at {rate} events/s from request to receipt: "
        f"median {statistics.median(ordered) * 1e3:.1f} ms, p99 {ordered[int(len(ordered) * 0.99)] * 1e3:.1f} ms"
    )


DRIVES = ((100, 1, 4), (1, 1, 1), (1, MACHINES, 2))
"""How many reports to a mutation, how many mutations at a time, and how often round all units."""


async def wide(kind: str, plant: Plant, server: Server, scale: float) -> None:
    """As many units as subscribers, the mutation included: one report, and a hundred, in a mutation.

    And the same mutations while nobody watches: what the rest of it costs.
    """
    units = plant.codes[1 : 1 + int(2000 * scale)]
    there, machine = crowd(plant, server), Reporter(plant, server.port)
    await drive(machine, units, 100, 1, 1)
    alone = []
    for how in DRIVES:
        meter = Meter(server)
        await drive(machine, units, *how)
        alone.append(meter.read()[0])
    await there.connect(len(units))
    there.subscribe(STEPS, [{"code": code} for code in units])
    await settled(lambda: drive(machine, units, 100, 1, 1), there)
    for (batch, machines, rounds), unwatched in zip(DRIVES, alone, strict=True):
        meter, before = Meter(server), there.deliveries
        await drive(machine, units, batch, machines, rounds)
        await there.reached(before + rounds * len(units))
        used, share, own = meter.read()
        each = 100_000 / (rounds * len(units))
        print(
            f"wide  {kind}: {used * each:.0f} CPU-s per 100,000 deliveries, {batch} to a mutation, {machines} at a time"
            f", {unwatched * each:.0f} while nobody watches "
            f"({len(units)} units; server {share:.0%}, load generator {own:.0%})"
        )
    machine.close()
    await there.close()


async def drive(machine: Reporter, units: Sequence[str], batch: int, machines: int, rounds: int) -> None:
    """Report one step of each unit, so many to a mutation, by so many machines at the same time, so often."""
    for _ in range(rounds):
        waiting = iter([list(units[start : start + batch]) for start in range(0, len(units), batch)])
        await asyncio.gather(*(report_all(machine, waiting) for _ in range(machines)))


async def report_all(machine: Reporter, waiting: Iterator[list[str]]) -> None:
    for codes in waiting:
        await machine.report(codes)


async def idle(kind: str, plant: Plant, server: Server, scale: float) -> None:
    """What a subscribed socket weighs that has nothing to do."""
    code, count = plant.codes[0], int(5000 * scale)
    warm = crowd(plant, server)
    await warm.connect(50)
    warm.subscribe(STEPS, [{"code": code}])
    await asyncio.sleep(1)
    before = server.memory_kib()
    there = crowd(plant, server)
    await there.connect(count)
    there.subscribe(STEPS, [{"code": code}])
    await asyncio.sleep(8)
    print(f"idle  {kind}: {(server.memory_kib() - before) / count:.1f} KiB per socket ({count} sockets, one unit)")
    await there.close()
    await warm.close()


async def storm(kind: str, plant: Plant, server: Server, scale: float) -> None:
    """How fast many become subscribers, on one unit and on many: each is confirmed by an event."""
    count, machine = int(2000 * scale), Reporter(plant, server.port)
    for name, codes in (("one unit", plant.codes[:1]), ("as many units", plant.codes[1 : 1 + count])):
        heads: dict[str, int] = {}
        for start in range(0, len(codes), 100):
            part = codes[start : start + 100]
            heads.update(zip(part, await machine.report(part), strict=True))
        there = crowd(plant, server)
        meter = Meter(server)
        await there.connect(count)
        connected = meter.read()
        meter, began = Meter(server), time.perf_counter()
        there.subscribe(STEPS, [{"code": code, "after": heads[code] - 1} for code in codes])
        confirming = asyncio.create_task(there.all_confirmed())
        while kind == "stock" and not confirming.done():
            for start in range(0, len(codes), 100):
                await machine.report(codes[start : start + 100])
        await confirming
        took, (used, _, own) = time.perf_counter() - began, meter.read()
        print(
            f"storm {kind}: {count / took:.0f} subscribes a second until all are confirmed, {name} "
            f"(CPU {used / count * 1e3:.2f} ms each; load generator {own:.0%}; "
            f"connecting and greeting before that, CPU {connected[0] / count * 1e3:.2f} ms each)"
        )
        await there.close()
    machine.close()


async def long(kind: str, plant: Plant, server: Server, scale: float) -> None:
    """Whether memory stays flat over 10,000 events to 100 subscribers."""
    there, machine, code = crowd(plant, server), Reporter(plant, server.port), plant.codes[0]
    await there.connect(100)
    there.subscribe(STEPS, [{"code": code}])
    await settled(lambda: machine.report([code]), there)
    weights = []
    for _ in range(5):
        before = there.deliveries
        for _ in range(int(100 * scale)):
            await machine.report([code] * 20)
        await there.reached(before + int(100 * scale) * 20 * 100)
        weights.append(server.memory_kib())
    shown = ", ".join(f"{weight / 1024:.1f}" for weight in weights)
    print(f"long  {kind}: MiB resident after each {int(100 * scale) * 20} of {int(100 * scale) * 100} events: {shown}")
    machine.close()
    await there.close()


SCENARIOS = {"bare": bare, "hot": hot, "wide": wide, "idle": idle, "storm": storm, "long": long}


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS))
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--hold", type=float, default=0.0, help="seconds to wait for a profiler before each scenario")
    chosen = parser.parse_args()
    os.sched_setaffinity(0, {OTHER_CORE})
    folder = Path(mkdtemp())
    with embedded_mongod(folder) as running:
        settings = Settings(mongodb_url=running.url, data_dir=folder, database=f"bench_{secrets.token_hex(4)}")
        plant = await build_plant(settings, 1 + int(2000 * chosen.scale))
        for name in chosen.scenarios:
            kinds = ["bare"] if name == "bare" else [chosen.only] if chosen.only else ["ours", "stock"]
            for number, kind in enumerate(kinds):
                async with serving(KINDS[kind], settings, 8300 + number) as server:
                    if chosen.hold:
                        print(f"server {server.pid}", flush=True)
                        await asyncio.sleep(chosen.hold)
                    await SCENARIOS[name](kind, plant, server, chosen.scale)
    plant.deps.stores.database.close()


if __name__ == "__main__":
    uvloop.run(main())
