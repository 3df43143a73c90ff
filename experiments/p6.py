"""P6: machines may report twice, late and out of order. What the public API says in the end equals the reference model.

Hypothesis draws stories of units of all four factories; eight writers tell the reports over HTTP, 30 % of them twice,
shuffled within a window of 50, in batches of 1 to 100, while customers and engineers decide in between. After each
rule, what the API says is compared with a second reading of the rules over all that was told.
"""

import asyncio
import time
import traceback
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from app.ops.bootstrap import with_database, with_deps
from app.settings import Settings
from experiments.floor import Floor, open_floor
from experiments.healing import healing_over
from experiments.process import ServerProcess, free_port
from experiments.result import Options, Result
from experiments.telling import WRITERS
from tests.client import Api

ROUNDS_MAX = 10_000
ANSWER_SECONDS_MAX = 60
FRAMES_SHOWN = 3
LANE = settings(
    deadline=None,
    database=None,
    stateful_step_count=12,
    max_examples=4,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


async def run_stories(floor: Floor, drawn_by: int, lane: settings = LANE) -> tuple[Counter[str], list[str]]:
    """Have Hypothesis draw some stories and tell them; return what was counted and, shrunk, what was wrong.

    Hypothesis waits while it draws: it gets a thread of its own, and the callers stay in this loop.
    """
    loop = asyncio.get_running_loop()

    def wait(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(ANSWER_SECONDS_MAX)

    machine = seed(drawn_by)(healing_over(floor, wait))
    try:
        await asyncio.to_thread(run_state_machine_as_test, machine, settings=lane)
    except Exception as error:  # what the experiment is to find: any of it is a finding
        return machine.figures, ["".join(traceback.format_exception(error, limit=-FRAMES_SHOWN)), *machine.wrong]
    return machine.figures, machine.wrong


async def run_p6(options: Options) -> Result:
    """Draw round after round until the minutes are over."""
    started, wrong = time.monotonic(), list[str]()
    figures = Counter[str]()
    server = ServerProcess(options.folder, free_port(), {}, log=options.folder / "server.log")
    await server.start()
    api = Api(server.url)
    try:
        with with_database(Settings(data_dir=options.folder)) as database:
            async with with_deps(database) as deps:
                floor = await open_floor(api, deps)
        for number in range(ROUNDS_MAX):
            if time.monotonic() - started > 60 * options.minutes or wrong:
                break
            counted, found = await run_stories(floor, 1_000_000 * options.seed + number)
            figures += counted + Counter({"rounds": 1})
            wrong += [f"round {number}: {fault}" for fault in found]
    finally:
        await api.http.aclose()
        await server.stop()
    return Result({"writers": WRITERS, **dict(sorted(figures.items()))}, wrong)
