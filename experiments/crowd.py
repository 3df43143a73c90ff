"""Everybody who takes part in live delivery, and the blows that fall meanwhile."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from app.domain.unit.code import parse_code
from experiments.blow import Blow, strike
from experiments.history import History
from experiments.live_checker import Seen, What
from experiments.live_server import SEED
from experiments.machine import Machine
from experiments.plant import Plant, running_plant
from experiments.proxy import Faults
from experiments.redis_server import RedisServer, find_redis
from experiments.result import Options
from experiments.subscriber import Failed, Subscriber
from tests.client import Api, new_customer, new_quote, place

UNITS, CUSTOMERS, MACHINES = 6, 2, 4
EMAIL = "customer-{}@example.com"
PAUSE_SECONDS_MAX = 0.2
CALM_SECONDS = (1.0, 4.0)
"""Between one blow and the next."""
SETTLE_SECONDS = 40.0
COLD, COLD_AT_ONCE = 2, 10
"""Cold subscribers for each who watched, and how many of them at a time."""
COLD_A_SECOND = 50
"""Steps that each of them is to get in a second, at least."""


@dataclass
class Crowd:
    """Everybody who takes part, and what they have seen."""

    plant: Plant
    codes: Mapping[str, str]
    """The units, each with its customer's token."""
    emails: Mapping[str, str]
    """The same with their customers' addresses."""
    machines: Sequence[Machine]
    watching: Sequence[Subscriber]
    history: History[Seen]
    random: Random
    redis: RedisServer | None
    blows: Counter[str] = field(default_factory=Counter)
    failed_starts: int = 0
    problems: list[str] = field(default_factory=list)

    def heads(self) -> dict[str, int]:
        """Tell how far each journal was acknowledged: so far everybody must come."""
        heads = dict.fromkeys(self.codes, 0)
        for seen in self.history.entries:
            if seen.what in (What.ACKNOWLEDGED, What.STEP):
                heads[seen.code] = max(heads[seen.code], seen.sequence)
        return heads


@asynccontextmanager
async def gathered(
    options: Options, bell: str, environment: Mapping[str, str], units: int = UNITS, customers: int = CUSTOMERS
) -> AsyncIterator[Crowd]:
    """Start the plant and a Redis where the bell is one; have units ordered, and bring everybody in."""
    async with AsyncExitStack() as stack:
        redis = await _redis(stack) if bell == "redis" else None
        url = redis.url if redis else f"{bell}://"
        names = ("A",) if bell == "memory" else ("A", "B")
        given = {
            "ZERO_DISTANCE_BELL_URL": url,
            "ZERO_DISTANCE_SOCKETS_PER_ACCOUNT_MAX": "100000",
            "ZERO_DISTANCE_DRAIN_SECONDS": "0.1",
            SEED: str(options.seed),
            **environment,
        }
        plant = await stack.enter_async_context(
            running_plant(options.folder, options.seed, given, names, "experiments.live_server")
        )
        server = plant.servers["A"]
        machine = await server.command("token", "--kind", "factory", "--factory", "FOSHAN")
        api = Api(server.url)
        stack.push_async_callback(api.http.aclose)
        codes, emails = dict[str, str](), dict[str, str]()
        for n in range(customers):
            customer = await new_customer(api, email=EMAIL.format(n))
            order = await place(customer, await new_quote(customer, quantity=units // customers))
            for unit in order["products"]:
                code = parse_code(unit["code"])
                codes[code], emails[code] = customer.token or "", EMAIL.format(n)
        history = History[Seen](options.folder / "history.jsonl")
        stack.callback(history.close)
        random = Random(f"{options.seed} live")
        heads = await read_heads(api, codes)
        addresses = [f"http://127.0.0.1:{proxy.port}" for proxy in plant.proxies.values()]
        machines = [
            Machine(
                f"machine-{n}", list(codes), machine, addresses, random, history, PAUSE_SECONDS_MAX, options.reports
            )
            for n in range(MACHINES)
        ]
        crowd = Crowd(plant, codes, emails, machines, [], history, random, redis)
        known = list(codes)
        crowd.watching = [
            subscriber(crowd, f"watching-{n}", code := known[n % len(known)], heads[code])
            for n in range(options.subscribers)
        ]
        yield crowd


async def _redis(stack: AsyncExitStack) -> RedisServer:
    binary = find_redis()
    assert binary is not None, "there is no redis-server here"
    redis = RedisServer(binary)
    await redis.start()
    stack.push_async_callback(redis.kill)
    return redis


async def read_heads(api: Api, codes: Mapping[str, str]) -> dict[str, int]:
    """Ask how far each journal is."""
    query = "query($code: ProductCode!) { product(code: $code) { lastSequence } }"

    async def ask(code: str, token: str) -> int:
        last: int = (await api.signed_in(token).ask(query, code=code))["product"]["lastSequence"]
        return last

    return dict(zip(codes, await asyncio.gather(*(ask(code, token) for code, token in codes.items())), strict=True))


def subscriber(crowd: Crowd, name: str, code: str, after: int) -> Subscriber:
    addresses = [f"ws://127.0.0.1:{proxy.port}/graphql" for proxy in crowd.plant.sockets.values()]
    return Subscriber(name, code, crowd.codes[code], addresses, crowd.random, crowd.history, after)


async def take_part(
    crowd: Crowd,
    options: Options,
    blows: Sequence[Blow],
    settle_seconds: float = SETTLE_SECONDS,
    unheard: bool = False,
) -> None:
    """Have everybody at work until the minutes are over, while blow after blow falls; heal, and wait for the last.

    Where it ends `unheard`, the last reports are made while nobody can watch.
    """
    deadline = time.monotonic() + 60 * options.minutes
    watching = [asyncio.create_task(one.watch()) for one in crowd.watching]
    working = [asyncio.create_task(one.work(lambda: time.monotonic() > deadline)) for one in crowd.machines]
    try:
        while blows and time.monotonic() < deadline:
            await asyncio.sleep(crowd.random.uniform(*CALM_SECONDS))
            blow = crowd.random.choice(blows)
            crowd.blows[blow] += 1
            crowd.failed_starts += await strike(blow, crowd.plant, crowd.redis, crowd.random)
        await asyncio.sleep(max(0, deadline - time.monotonic()))
        sockets = {name: proxy.faults for name, proxy in crowd.plant.sockets.items()}
        crowd.plant.heal()
        for name, faults in sockets.items():
            crowd.plant.sockets[name].faults = faults
        _, late = await asyncio.wait(working, timeout=SETTLE_SECONDS)
        crowd.problems += ["reports were not acknowledged in peace"] * len(late)
        if unheard:
            await _report_unheard(crowd)
        await _settled(crowd, watching, settle_seconds)
    finally:
        for task in (*watching, *working):
            task.cancel()
        ends = await asyncio.gather(*watching, *working, return_exceptions=True)
        crowd.problems += [f"{type(end).__name__}: {end}" for end in ends if isinstance(end, Exception)]
        crowd.problems += [problem for machine in crowd.machines for problem in machine.refused]


async def _report_unheard(crowd: Crowd) -> None:
    """Report once more of each unit while all sockets are cut, and none gets through."""
    faults = {name: proxy.faults for name, proxy in crowd.plant.sockets.items()}
    for proxy in crowd.plant.sockets.values():
        proxy.faults = Faults(cut=1.0)
        await proxy.cut_all()
    await crowd.machines[0].report_all()
    for name, proxy in crowd.plant.sockets.items():
        proxy.faults = faults[name]


async def _settled(crowd: Crowd, watching: Sequence[asyncio.Task[None]], seconds: float) -> None:
    """Wait until everybody is where the journals end, or a while; the checker says who is not."""
    heads, give_up_at = crowd.heads(), time.monotonic() + seconds
    while time.monotonic() < give_up_at and not all(task.done() for task in watching):
        if all(one.cursor >= heads[one.code] for one in crowd.watching):
            return
        await asyncio.sleep(0.05)


async def read_cold(crowd: Crowd) -> Sequence[Subscriber]:
    """P3: have others come who were never there, each behind a cursor drawn by chance, and read to the end."""
    heads = crowd.heads()
    drawn = [crowd.random.choice(list(heads)) for _ in range(COLD * len(crowd.watching))]
    cold = [subscriber(crowd, f"cold-{n}", code, crowd.random.randint(0, heads[code])) for n, code in enumerate(drawn)]
    waiting = iter(cold)

    async def one_after_the_other() -> None:
        for one in waiting:
            try:
                async with asyncio.timeout(SETTLE_SECONDS + (heads[one.code] - one.cursor) / COLD_A_SECOND):
                    await one.watch(until=heads[one.code])
            except (TimeoutError, Failed) as error:
                crowd.problems.append(f"{one.name} of {one.code}: {type(error).__name__} {error}")

    await asyncio.gather(*(one_after_the_other() for _ in range(COLD_AT_ONCE)))
    return [one for one in cold if one.subscriptions]
