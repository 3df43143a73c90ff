"""P10: a reconnect storm is survived. Everybody is cut at once, misses steps, and comes back at once with its cursor.

Nothing else fails. All watch one API process; where the bell rings in several, another one is reported to as well. The
position check, which asks for all heads at once whatever happens, is rare, so that each read that mongod tells of was
caused by who came back.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from math import ceil
from statistics import median

from experiments.crowd import SETTLE_SECONDS, Crowd, gathered
from experiments.live_checker import Seen, What, check_live
from experiments.live_figures import latencies, read_steps
from experiments.machine import at_work
from experiments.phone import Phone, all_at, phones_of, watching
from experiments.reads import Purpose, Read, counted_reads, reads_by_unit
from experiments.result import Options, Result
from experiments.storm_checker import LIVE_SECONDS_MAX, Storm, check_storms, returns

TO_EACH_UNIT, TO_EACH_CUSTOMER = 4, 100
CALM_SECONDS = 2.0
MISSED_MAX = 3
"""Steps of each unit while all are away, at least; machines report more."""
ENVIRONMENT = {
    "ZERO_DISTANCE_POSITION_CHECK_SECONDS": "3600",
    "ZERO_DISTANCE_SWEEP_SECONDS": "3600",
    "ZERO_DISTANCE_PLANNING_SECONDS": "3600",
}


async def run_storm(options: Options) -> Result:
    """Let storm after storm blow until the minutes are over; at least one."""
    customers = ceil(options.subscribers / TO_EACH_UNIT / TO_EACH_CUSTOMER)
    units = max(1, options.subscribers // TO_EACH_UNIT // customers) * customers
    async with gathered(options, options.bell, ENVIRONMENT, units, customers) as crowd:
        phones, storms, reads = phones_of(crowd), list[Storm](), list[Read]()
        async with watching(phones):
            async with at_work(crowd.machines[1:]):
                deadline = time.monotonic() + 60 * options.minutes
                while not storms or time.monotonic() < deadline:
                    await _calm(crowd, phones)
                    storms.append(await _storm(crowd, phones, reads))
            await all_at(phones, crowd.heads(), SETTLE_SECONDS)
        stored, history = await read_steps(crowd), crowd.history.entries
        problems = [problem for phone in phones for problem in phone.problems]
        violations = [*problems, *check_live(history, stored, crowd.heads()), *check_storms(history, storms)]
        return Result(_figures(crowd, phones, storms, reads), violations)


async def _calm(crowd: Crowd, phones: Sequence[Phone]) -> None:
    """Make sure that everybody hears what happens: nothing from before is still under way when the storm begins."""
    await crowd.machines[0].report_all()
    await all_at(phones, crowd.heads(), SETTLE_SECONDS)
    await asyncio.sleep(CALM_SECONDS)


async def _storm(crowd: Crowd, phones: Sequence[Phone], reads: list[Read]) -> Storm:
    """Cut all, report of each unit meanwhile, and let all back in at once."""
    road = phones[0].road
    async with counted_reads(crowd.plant.settings) as counted:
        cut_at = _note(crowd, What.CUT)
        road.clear()
        for phone in phones:
            phone.cut()
        for _ in range(crowd.random.randint(1, MISSED_MAX)):
            await crowd.machines[0].report_all()
        heads, healed_at = crowd.heads(), _note(crowd, What.HEALED)
        road.set()
        await all_at(phones, heads, 2 * LIVE_SECONDS_MAX)
        await asyncio.sleep(CALM_SECONDS)
    reads += counted.reads
    return Storm(cut_at, healed_at, time.monotonic(), reads_by_unit(counted.reads))


def _note(crowd: Crowd, what: What) -> float:
    at = time.monotonic()
    crowd.history.add(Seen("all", what, "", 0, at))
    return at


def _figures(
    crowd: Crowd, phones: Sequence[Phone], storms: Sequence[Storm], reads: Sequence[Read]
) -> dict[str, str | int | float]:
    history = crowd.history.entries
    found = [one for storm in storms for one in returns(history, storm)]
    took = sorted(one.seconds for one in found if one.seconds is not None) or [0.0]
    times = Counter(times for storm in storms for times in storm.reads.values())
    purposes = Counter(read.purpose for read in reads)
    return {
        "subscribers": len(phones),
        "units": len(crowd.codes),
        "storms": len(storms),
        "subscriptions": sum(phone.subscriptions for phone in phones),
        "reports acknowledged": sum(seen.what == What.ACKNOWLEDGED for seen in history),
        "deliveries": sum(seen.what == What.STEP for seen in history),
        "steps to catch up, of all": sum(one.caught_up for one in found),
        "live again after": f"median {median(took):.2f} s, p99 {took[int(len(took) * 0.99)]:.2f} s, "
        f"{took[-1]:.2f} s at most",
        "reads of a unit's journal in a storm": ", ".join(f"{n}: {units} units" for n, units in sorted(times.items())),
        **{f"queries for {purpose}": purposes[purpose] for purpose in Purpose},
        "slowest mutation": f"{max(machine.slowest_seconds for machine in crowd.machines):.2f} s",
        "from acknowledgement to receipt, longest": f"{max(latencies(history), default=0):.2f} s",
    }
