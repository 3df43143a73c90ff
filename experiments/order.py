"""P5 and P19: orders through kills and dropped replies, two API processes over one mongod.

One process talks to mongod directly, the other through a proxy that cuts and drops replies, the commit's among them;
customers reach both through such proxies. Processes are killed in turn, and the doctor examines after each kill.
"""

import asyncio
import multiprocessing
import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from random import Random

import httpx

from app.ops.bootstrap import with_deps
from app.ops.doctor.check import Finding
from app.ops.doctor.examination import examine
from app.settings import Settings
from app.store.database import Database
from experiments.history import History
from experiments.order_checker import Ending, Submit, check_orders
from experiments.order_figures import Kills, figures, read_orders
from experiments.plant import Plant, running_plant
from experiments.proxy import Faults
from experiments.result import Options, Result
from experiments.shopper import MARKET, Customer, Shopper, new_customers

KEYS_AT_ONCE = 8
CUSTOMERS = 8
HTTP_FAULTS = Faults(cut=0.01, drop_reply=0.04, silent_there=0.001, silent_back=0.002, latency_seconds_max=0.01)
DATABASE_FAULTS = Faults(cut=0.001, drop_reply=0.003)
KILL_SECONDS = (1.0, 3.0)
"""How long a process serves before one is killed."""
ASKED_AGAIN_MAX = 20
SETTLE_SECONDS = 40.0


async def run_orders(options: Options) -> Result:
    """Run until all keys are submitted or the minutes are over, heal all faults, ask each key again, and judge."""
    random = Random(options.seed)
    history = History[Submit](options.folder / "history.jsonl")
    started = time.monotonic()
    async with running_plant(options.folder, options.seed) as plant, httpx.AsyncClient(timeout=30) as http:
        names = [f"c{secrets.token_hex(3)}" for _ in range(CUSTOMERS)]
        customers = await new_customers(http, f"{plant.servers['A'].url}/graphql", names)
        shopper = Shopper({name: f"http://127.0.0.1:{p.port}" for name, p in plant.proxies.items()}, random, history)
        for proxy in plant.proxies.values():
            proxy.faults = HTTP_FAULTS
        plant.database_proxy.faults = DATABASE_FAULTS
        keys = [(random.choice(customers), f"key-{number}") for number in range(options.keys)]
        kills = Kills()
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            await _examine(plant.settings, kills, pool)
            over = asyncio.Event()
            kill_random = Random(f"{options.seed} kills")
            killing = asyncio.create_task(_kill_in_turn(plant, shopper, kills, kill_random, pool, over))
            asked = await _buy_all(shopper, keys, time.monotonic() + 60 * options.minutes)
            over.set()
            await killing
            plant.heal()
            kills.over_at = time.monotonic()
            await _ask_again(shopper, asked)
            await _wait_for_plans(plant.settings)
            await _examine(plant.settings, kills, pool)
        await shopper.close()
        stored = await read_orders(plant.settings)
    history.close()
    answered = {submit.key for submit in history.entries if submit.ending != Ending.UNKNOWN}
    silent = {submit.key for submit in history.entries} - answered
    problems = [
        *check_orders(history.entries, *stored),
        *(f"doctor: {finding}" for finding in kills.broken),
        *(f"key {key}: never answered" for key in silent),
    ]
    return Result(figures(plant, history.entries, stored, kills, time.monotonic() - started), problems)


async def _buy_all(
    shopper: Shopper, keys: Sequence[tuple[Customer, str]], deadline: float
) -> Sequence[tuple[Customer, str]]:
    """Submit keys, a few at a time, until the deadline; return those that were submitted."""
    waiting, asked = iter(keys), []

    async def one_after_the_other() -> None:
        for customer, key in waiting:
            if time.monotonic() > deadline:
                return
            asked.append((customer, key))
            await shopper.buy(customer, key)

    await asyncio.gather(*(one_after_the_other() for _ in range(KEYS_AT_ONCE)))
    return asked


async def _kill_in_turn(
    plant: Plant, shopper: Shopper, kills: Kills, random: Random, pool: ProcessPoolExecutor, over: asyncio.Event
) -> None:
    """Kill one of the processes every few seconds; examine the database at once; start it again."""
    while True:
        try:
            await asyncio.wait_for(over.wait(), random.uniform(*KILL_SECONDS))
            return
        except TimeoutError:
            name = random.choice(list(plant.servers))
        kills.count += 1
        kills.hit += shopper.under_way[name] > 0
        await plant.servers[name].kill()
        _, failed = await asyncio.gather(_examine(plant.settings, kills, pool), plant.restart(name))
        kills.failed_starts += failed


async def _examine(settings: Settings, kills: Kills, pool: ProcessPoolExecutor) -> None:
    findings = await asyncio.get_running_loop().run_in_executor(pool, _findings, settings)
    kills.examinations += 1
    for finding in findings:
        if finding.repaired:
            kills.repaired[finding.check] += 1
        else:
            kills.broken.append(finding)


def _findings(settings: Settings) -> list[Finding]:
    async def run() -> list[Finding]:
        async with with_deps(settings) as deps:
            return [finding async for outcome in examine(deps) for finding in outcome.findings]

    return asyncio.run(run())


async def _ask_again(shopper: Shopper, keys: Sequence[tuple[Customer, str]]) -> None:
    """Submit each key until it answers, now that nothing fails: it must answer as it ever did."""
    waiting = iter(keys)

    async def one_after_the_other() -> None:
        for customer, key in waiting:
            for _ in range(ASKED_AGAIN_MAX):  # what was cut before leaves broken connections behind
                if (await shopper.submit(customer, key, MARKET.city)).ending != Ending.UNKNOWN:
                    break

    await asyncio.gather(*(one_after_the_other() for _ in range(KEYS_AT_ONCE)))


async def _wait_for_plans(settings: Settings) -> None:
    """Wait until the sweep has planned what kills left without a plan, or should have."""
    database = Database.connect(settings.mongodb_url, settings.database)
    unplanned = {"state.plan": None}
    deadline = time.monotonic() + SETTLE_SECONDS
    products = database.collection("products")
    while time.monotonic() < deadline and await products.count_documents(unplanned, limit=1):  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    database.close()
