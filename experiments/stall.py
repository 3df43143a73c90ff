"""P11: a slow reader harms nobody and misses nothing. A fifth of all stop reading, again and again, in turns with calm.

Everybody watches one unit, with the same selection. Each other time the slow ones read again before the server's
patience with them ends; the times between, it ends them, and they come back with their cursor.
"""

import asyncio
import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.bench import Server
from experiments.crowd import SETTLE_SECONDS, Crowd, gathered
from experiments.live_checker import What, check_live
from experiments.live_figures import read_steps
from experiments.live_server import NARROW
from experiments.machine import at_work
from experiments.phone import Phone, all_at, phones_of, watching
from experiments.result import Options, Result
from experiments.stall_checker import Limits, Phase, check_stall, ends, p99s, ratio
from experiments.subscriber import SELECTION

SLOW = 5
"""One of so many is slow."""
LONG = f"""subscription($code: ProductCode!, $after: Int) {{ productSteps(code: $code, after: $after) {{ {SELECTION}
    product {{ model {{ optionGroups {{ code name options {{ code name }} }}
        routing {{ code name station {{ code name }} }} inspectionPlan {{ code name unit }} }} }} }} }}"""
"""Some KiB a step, which fill what is between here and the server within a few seconds."""
NARROW_BYTES = 16 * 1024
PAUSE_SECONDS_MAX = 0.05


@dataclass(frozen=True)
class Pace:
    """How long the phases are, and the server's patience with who does not read."""

    calm_seconds: float = 8.0
    short_seconds: float = 4.0
    long_seconds: float = 9.0
    patience_seconds: float = 5.0
    pairs_min: int = 2


async def run_stall(options: Options, pace: Pace | None = None, limits: Limits | None = None) -> Result:
    """Let calm and stalled phases follow each other until the minutes are over."""
    pace = pace or Pace()
    environment = {"ZERO_DISTANCE_SEND_SECONDS_MAX": str(pace.patience_seconds), NARROW: str(NARROW_BYTES)}
    async with gathered(options, options.bell, environment, 1, 1) as crowd:
        phones, phases = phones_of(crowd), list[Phase]()
        slow = phones[::SLOW]
        for phone in phones:
            phone.query = LONG
        for phone in slow:
            phone.small = True
        machine = crowd.machines[0]
        machine.batch_max, machine.pause_seconds_max = 1, PAUSE_SECONDS_MAX
        async with watching(phones):
            async with at_work([machine]):
                deadline = time.monotonic() + 60 * options.minutes
                while len(phases) < 2 * pace.pairs_min or time.monotonic() < deadline:
                    phases += await _pair(crowd, phones, slow, pace, short=len(phases) % 4 == 0)
            await all_at(phones, crowd.heads(), SETTLE_SECONDS)
        stored, history = await read_steps(crowd), crowd.history.entries
        names = {phone.name for phone in slow}
        problems = [problem for phone in phones for problem in phone.problems]
        live = check_live(history, stored, crowd.heads())
        return Result(
            _figures(crowd, phones, phases, names), [*problems, *live, *check_stall(history, phases, names, limits)]
        )


async def _pair(
    crowd: Crowd, phones: Sequence[Phone], slow: Sequence[Phone], pace: Pace, short: bool
) -> Sequence[Phase]:
    """Have one calm phase and a stalled one; wait until all are where the journal ends."""
    calm = await _phase(crowd, pace.calm_seconds, False)
    for phone in slow:
        phone.stop_reading()
    stalled = await _phase(crowd, pace.short_seconds if short else pace.long_seconds, True)
    for phone in slow:
        phone.read_again()
    await all_at(phones, crowd.heads(), SETTLE_SECONDS)
    return calm, stalled


async def _phase(crowd: Crowd, seconds: float, stalled: bool) -> Phase:
    gc.collect()
    gc.freeze()  # the history only grows: looking at it again and again would be measured
    began = time.monotonic()
    process = crowd.plant.servers["A"].process
    assert process is not None
    server, memory = Server(process.pid, 0), 0
    while (left := began + seconds - time.monotonic()) > 0:
        memory = max(memory, server.memory_kib())
        await asyncio.sleep(min(left, 0.25))
    return Phase(stalled, began, time.monotonic(), memory)


def _figures(
    crowd: Crowd, phones: Sequence[Phone], phases: Sequence[Phase], slow: set[str]
) -> dict[str, str | int | float]:
    history = crowd.history.entries
    found = p99s(history, phases, slow)
    shown = {
        stalled: ", ".join(
            f"{1000 * (p99 or 0):.0f}" for p99, phase in zip(found, phases, strict=True) if phase.stalled == stalled
        )
        for stalled in (False, True)
    }
    gone = ends(history, phases, slow)
    return {
        "subscribers": len(phones),
        "of them slow": len(slow),
        "reports acknowledged": sum(seen.what == What.ACKNOWLEDGED for seen in history),
        "deliveries": sum(seen.what == What.STEP for seen in history),
        "others' p99 while all read, ms": shown[False],
        "others' p99 while some do not, ms": shown[True],
        "ratio of their medians": round(ratio(found, phases) or 0, 2),
        "read again in time": gone[What.STEP],
        "ended by the server": gone[What.CLOSED],
        "server's memory, MiB": ", ".join(f"{phase.memory_kib / 1024:.0f}" for phase in phases),
    }
