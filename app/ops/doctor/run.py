"""Runs the doctor over all that is stored, in several processes where it is much, and shows how far it is."""

import asyncio
import gc
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.ops.bootstrap import with_deps
from app.ops.doctor.check import Finding
from app.ops.doctor.examination import PART_SIZE, Kind, Outcome, Part, count_entries, divide, examine_part
from app.settings import Settings

PARTS_IN_A_TASK = 25
"""What a process is given at a time: some seconds' work, for which it opens the world once."""
PARTS_AT_A_TIME = 2
"""While one is examined, the database sends the other."""
LINE_SECONDS = 10.0


@dataclass
class Tally:
    """What has been examined and found so far."""

    total: int
    started: float = field(default_factory=time.monotonic)
    examined: Counter[Kind] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.examined.total() / max(time.monotonic() - self.started, 0.001)

    @property
    def broken(self) -> int:
        return sum(not finding.repaired for finding in self.findings)

    def __str__(self) -> str:
        counted = ", ".join(f"{self.examined[kind]:,} {kind.value}" for kind in Kind)
        repaired = len(self.findings) - self.broken
        seconds = time.monotonic() - self.started
        return (
            f"{counted} examined in {seconds:.1f} s ({self.rate:,.0f} a second): "
            f"{self.broken} invariants violated, {repaired} derived entries repaired."
        )


def run_doctor(settings: Settings, processes: int, part_size: int = PART_SIZE, quick: bool = False) -> bool:
    """Examine everything, print each finding and a summary; tell whether all is sound or repaired."""
    parts, total = asyncio.run(_divide(settings, part_size, quick))
    console, tally = Console(soft_wrap=True, highlight=False), Tally(total)
    with _shown(console, tally) as show:
        for outcome in _outcomes(settings, parts, processes):
            tally.examined[outcome.kind] += outcome.examined
            tally.findings += outcome.findings
            for finding in outcome.findings:
                fate = "repaired" if finding.repaired else "NOT repaired"
                console.print(f"{finding.subject}: {finding.problem} ({finding.check}, {fate})", markup=False)
            show()
    console.print(str(tally), markup=False)
    return tally.broken == 0


async def _divide(settings: Settings, part_size: int, quick: bool) -> tuple[Sequence[Part], int]:
    async with with_deps(settings) as deps:
        return await divide(deps.stores, part_size, quick), await count_entries(deps.stores)


def _outcomes(settings: Settings, parts: Sequence[Part], processes: int) -> Iterator[Outcome]:
    tasks = [parts[start : start + PARTS_IN_A_TASK] for start in range(0, len(parts), PARTS_IN_A_TASK)]
    if processes == 1 or len(tasks) == 1:
        for task in tasks:
            yield from _examine(settings, task)
        return
    fresh = multiprocessing.get_context("spawn")  # the driver's threads would not survive a fork
    with ProcessPoolExecutor(processes, fresh) as pool:
        try:
            for done in as_completed([pool.submit(_examine, settings, task) for task in tasks]):
                yield from done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _examine(settings: Settings, parts: Sequence[Part]) -> Sequence[Outcome]:
    """Examine a task's parts. Documents have no cycles: looking for some all the time would take a tenth of it."""
    gc.disable()
    try:
        return asyncio.run(_examined(settings, parts))
    finally:
        gc.enable()
        gc.collect(0)


async def _examined(settings: Settings, parts: Sequence[Part]) -> Sequence[Outcome]:
    turns = asyncio.Semaphore(PARTS_AT_A_TIME)

    async def examined(part: Part) -> Outcome:
        async with turns:
            return await examine_part(deps, part)

    async with with_deps(settings) as deps:
        return await asyncio.gather(*map(examined, parts))


@contextmanager
def _shown(console: Console, tally: Tally) -> Iterator[Callable[[], None]]:
    """Show how far it is: a bar in a terminal, elsewhere a line now and then."""
    if console.is_terminal:
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
        with Progress(TextColumn("{task.description}"), *columns, console=console, transient=True) as progress:
            task = progress.add_task("Examining", total=tally.total, rate="")
            yield lambda: progress.update(task, completed=tally.examined.total(), rate=f"{tally.rate:,.0f}/s")
        return
    shown = time.monotonic()

    def line() -> None:
        nonlocal shown
        if time.monotonic() - shown >= LINE_SECONDS:
            shown = time.monotonic()
            console.print(f"{tally.examined.total():,} of {tally.total:,} examined, {tally.rate:,.0f} a second")

    yield line
