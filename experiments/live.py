"""P1, P2, P3, P4 and P7: live delivery through kills, cuts and lost bells, and a control that must fail.

Machines report over HTTP through proxies that cut and drop replies; subscribers watch through proxies that cut each
socket at an age of 1 to 10 s. One API process with the bell in memory; two with another one, the second of which
reaches mongod through a proxy, too. Processes, mongod and Redis are killed, frozen and flushed meanwhile.
"""

import asyncio
from collections import Counter

from experiments.blow import API_BLOWS, MONGOD_BLOWS, REDIS_BLOWS
from experiments.crowd import Crowd, gathered, read_cold, take_part
from experiments.live_figures import judged, latencies
from experiments.live_server import DOUBLED, LOST, SHUFFLED, STOCK
from experiments.proxy import Faults
from experiments.result import Options, Result

HTTP_FAULTS = Faults(cut=0.01, drop_reply=0.03, silent_back=0.001, latency_seconds_max=0.005)
SOCKET_FAULTS = Faults(
    age_seconds=(1.0, 10.0), cut=0.001, silent_there=0.001, silent_back=0.001, latency_seconds_max=0.005
)
DATABASE_FAULTS = Faults(cut=0.0005, drop_reply=0.001)
BELL_FAULTS = {LOST: "0.1", DOUBLED: "0.1", SHUFFLED: "0.1"}
NO_BELL = {LOST: "1"}
LATENCY_SECONDS_MAX = 3.0
CONTROL_SETTLE_SECONDS = 2.0
"""What broadcaster alone has not delivered by then never comes."""


async def run_live(options: Options) -> Result:
    """P1, P2 and P3: everything fails at once, then cold subscribers come with cursors drawn by chance."""
    blows = [*API_BLOWS, *MONGOD_BLOWS, *(REDIS_BLOWS if options.bell == "redis" else ())]
    async with gathered(options, options.bell, BELL_FAULTS) as crowd:
        _break(crowd)
        await take_part(crowd, options, blows, unheard=True)
        cold = await read_cold(crowd)
        return await judged(crowd, cold)


def _break(crowd: Crowd) -> None:
    for proxy in crowd.plant.proxies.values():
        proxy.faults = HTTP_FAULTS
    for proxy in crowd.plant.sockets.values():
        proxy.faults = SOCKET_FAULTS
    crowd.plant.database_proxy.faults = DATABASE_FAULTS


async def run_p4(options: Options) -> Result:
    """P4: nothing else fails, but no bell is ever heard."""
    async with gathered(options, options.bell, NO_BELL) as crowd:
        await take_part(crowd, options, ())
        result = await judged(crowd)
        late = [seconds for seconds in latencies(crowd.history.entries) if seconds > LATENCY_SECONDS_MAX]
        problem = [f"{len(late)} deliveries took over {LATENCY_SECONDS_MAX} s"] if late else []
        return Result(result.figures, [*result.violations, *problem])


async def run_p7(options: Options) -> Result:
    """P7: Redis is killed, frozen and flushed, a third of the time each; no mutation may fail."""
    async with gathered(options, "redis", {}) as crowd:
        taking_part = asyncio.create_task(take_part(crowd, options, ()))
        redis, third = crowd.redis, 60 * options.minutes / 3
        assert redis is not None
        await redis.kill()
        await asyncio.sleep(third)
        await redis.start()
        redis.pause()
        await asyncio.sleep(third)
        redis.resume()
        for _ in range(10):
            await redis.flush()
            await asyncio.sleep(third / 10)
        await taking_part
        result = await judged(crowd)
        failed = sum((machine.failed for machine in crowd.machines), Counter[str]())
        figures = {
            **result.figures,
            "Redis away": f"{2 * third:.0f} s",
            "slowest mutation": f"{max(machine.slowest_seconds for machine in crowd.machines):.2f} s",
        }
        return Result(figures, [*result.violations, *(f"mutations failed: {code} {n}" for code, n in failed.items())])


async def run_control(options: Options) -> Result:
    """The same machines, subscribers and faults, delivered straight from broadcaster: the checker must object.

    A step that is reported while nobody watches never comes there, so that objection is sure.
    """
    async with gathered(options, "memory", {**BELL_FAULTS, STOCK: "1"}) as crowd:
        _break(crowd)
        await take_part(crowd, options, API_BLOWS, CONTROL_SETTLE_SECONDS, unheard=True)
        result = await judged(crowd)
        objections = Counter(_kind(violation) for violation in result.violations)
        figures = {**result.figures, **{f"objected: {kind}": n for kind, n in objections.most_common()}}
        wanted = {"skipped", "never saw"}
        return Result(figures, [f"the control was not caught: {kind}" for kind in sorted(wanted - objections.keys())])


def _kind(violation: str) -> str:
    """Name a violation without its numbers."""
    return violation.partition(": ")[2].partition(":")[0].rstrip("0123456789 to").strip()
