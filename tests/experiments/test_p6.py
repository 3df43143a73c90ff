"""P6 in short: reports in whatever order, twice, in batches, by eight writers, end as the reference model says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import Phase, settings

from app.deps import Deps
from experiments.floor import Floor, Unit, open_floor, order_unit
from experiments.p6 import LANE, run_stories
from experiments.telling import note, send
from experiments.verdict import judge
from tests.client import Api
from tests.domain.happening import whole_inspection
from tests.domain.machine import MACHINES
from tests.domain.story import Told

SHORT = settings(LANE, max_examples=3, stateful_step_count=6, phases=[Phase.generate])


async def test_any_order_repetition_and_batching_by_eight_writers_ends_as_the_reference_model_says(
    api: Api, deps: Deps
) -> None:
    figures, wrong = await run_stories(await open_floor(api, deps), 6, SHORT)
    assert wrong == []
    assert figures["reports sent"] > figures["different reports"] > 0


async def told_unit(floor: Floor) -> Unit:
    """Order a unit and tell that it was inspected, once and in order."""
    unit = await order_unit(floor, "WM-FRONT-9")
    for report in whole_inspection(floor.models[unit.sku], 20):
        unit.happens(MACHINES[0], report)
    answered, _ = await send(floor, [[unit.waiting]])
    for told, answer in answered:
        note(unit, told, answer)
    return unit


def without_one(unit: Unit) -> dict[str, Told]:
    return dict(list(unit.told.items())[1:])


def with_another(unit: Unit) -> dict[str, Told]:
    first = next(iter(unit.told.values()))
    other = replace(first, report=replace(first.report, event_id="other"))
    unit.places[other.key] = {99}
    return {**unit.told, other.key: other}


def with_another_value(unit: Unit) -> dict[str, Told]:
    key, told = next((key, told) for key, told in unit.told.items() if told.report.measurements)
    first, *others = told.report.measurements
    values = (replace(first, value=first.value + 1), *others)
    return {**unit.told, key: replace(told, report=replace(told.report, measurements=values))}


def at_another_time(unit: Unit) -> dict[str, Told]:
    key, told = next(iter(unit.told.items()))
    later = told.report.occurred_at + timedelta(seconds=1)
    return {**unit.told, key: replace(told, report=replace(told.report, occurred_at=later))}


def at_another_place(unit: Unit) -> dict[str, Told]:
    first, second, *_ = unit.places
    unit.places[first], unit.places[second] = unit.places[second], unit.places[first]
    return unit.told


ALTERED: tuple[Callable[[Unit], dict[str, Told]], ...] = (
    without_one,
    with_another,
    with_another_value,
    at_another_time,
    at_another_place,
)


async def test_the_judge_finds_a_report_that_was_lost_doubled_altered_or_moved(api: Api, deps: Deps) -> None:
    floor = await open_floor(api, deps)
    unit = await told_unit(floor)
    assert await judge(floor, unit) == ([], "RELEASED")
    for alter in ALTERED:
        other = replace(unit, told=dict(unit.told), places=dict(unit.places))
        other.told = alter(other)
        wrong, _ = await judge(floor, other)
        assert wrong, alter.__name__
