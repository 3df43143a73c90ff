"""How long it takes to plan a line's sequence, and how even it becomes: `python -m benchmarks.planning`.

Units of a seed line's models with options at random (seeded, uneven shares), all ordered at once, first come first
served; then levelled within the promises made at the order, without and with the capacities of the line. Nothing is
frozen yet, so that the whole sequence is compared.
"""

import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from app.domain.catalogue.catalogue import Capacity, Line, Model
from app.domain.configuration.configuration import Selections
from app.domain.line.calendar import Calendar
from app.domain.line.capacity import Load, classes_of
from app.domain.line.levelling import Job, mean_deviation
from app.domain.line.pace import PlanningRules, WaitingUnit
from app.domain.line.plan import replan, reserve
from app.domain.line.state import LineState
from seeds.files import read_catalogue

LINE, ZONE = "FOSHAN-FRONT", ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
RULES = PlanningRules(timedelta(hours=2), timedelta(hours=2), timedelta(hours=24), timedelta(minutes=15))
ROUNDS = 5


def chosen(model: Model, chance: random.Random) -> Selections:
    """Choose one option of each group, the first ones more often than the last; optional groups now and then."""
    selections = {}
    for group in model.option_groups:
        if group.required or chance.random() < 0.5:
            weights = [2.0**-place for place in range(len(group.options))]
            selections[group.code] = (chance.choices(group.options, weights)[0].code,)
    return selections


def orders(models: Sequence[Model], count: int, seed: int) -> list[WaitingUnit]:
    chance = random.Random(seed)
    bought = (chance.choices(models, range(len(models), 0, -1))[0] for _ in range(count))
    return [
        WaitingUnit(f"U{number:05}", model, chosen(model, chance), NOW, None) for number, model in enumerate(bought)
    ]


def exceeded(units: Sequence[WaitingUnit], capacities: Sequence[Capacity]) -> int:
    """Count the windows of consecutive units that have more of an option than the station bears."""
    load, count = Load(capacities), 0
    rows = [load.limited(classes_of(unit.model, unit.selections)) for unit in units]
    for limit in capacities:
        if limit.of is not None:
            built = [limit.option in row for row in rows]
            count += sum(sum(built[at : at + limit.of]) > limit.at_most for at in range(len(built) - limit.of + 1))
    return count


def evenness(units: Sequence[WaitingUnit]) -> float:
    jobs = [Job(unit.code, classes_of(unit.model, unit.selections)) for unit in units]
    return mean_deviation(jobs) / len({name for job in jobs for name in job.classes})


def measure(line: Line, models: Sequence[Model], count: int, seed: int) -> None:
    calendar, units = Calendar(line, ZONE), orders(models, count, seed)
    first = reserve(Calendar(replace(line, capacities=()), ZONE), LineState(), units, NOW, RULES)
    units = [replace(unit, plan=first.plans[unit.code]) for unit in units]
    state = LineState(tail=first.tail)
    seconds = []
    for _ in range(ROUNDS):
        units = [replace(unit) for unit in units]  # as they are read: nothing is known of them yet
        start = time.process_time()
        found = replan(calendar, state, units, [], [], NOW, RULES)
        seconds.append(time.process_time() - start)
    planned = [replace(unit, plan=found.plans.get(unit.code, unit.plan), levelled=unit.load_class) for unit in units]
    start = time.process_time()
    replan(calendar, replace(state, tail=found.tail), planned, [], [], NOW, RULES)
    again = time.process_time() - start
    levelled = sorted(planned, key=lambda unit: unit.plan.position if unit.plan else 0)
    late = sum(unit.plan.finishes_at > (unit.plan.promised_at or NOW) for unit in planned if unit.plan)
    before, after = evenness(units), evenness(levelled)
    print(
        f"{count:>6} units, {len(line.capacities)} capacities: {statistics.median(seconds):.2f} s of CPU, "
        f"{again:.2f} s where nothing has changed; "
        f"mean deviation {before:.2f} -> {after:.2f} units per class ({before / after:.1f} times as even); "
        f"windows over capacity {exceeded(units, line.capacities)} -> {exceeded(levelled, line.capacities)}; "
        f"promises broken {late}"
    )


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    catalogue = read_catalogue(Path("seeds/catalogue"))
    line = catalogue.line[LINE]
    models = [model for model in catalogue.model.values() if model.line == LINE]
    print(f"seed {seed}, {LINE}, median of {ROUNDS}")
    for count in (1_000, 3_000, 10_000):
        measure(replace(line, capacities=()), models, count, seed)
        measure(line, models, count, seed)


if __name__ == "__main__":
    main()
