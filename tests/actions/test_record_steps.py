"""Reports of many callers at the same time: they are written together, and each is answered as if it were alone."""

import asyncio
import logging

import pytest

from app.actions.record_steps import Recorded, record_steps
from app.domain.event import StepKind
from app.domain.journey import Step
from app.domain.order import Product
from app.domain.refusal import NotFound, NotPossible, Refusal
from app.domain.report import Report
from app.domain.viewer import AccountKind, Viewer
from app.world import World
from tests.actions.test_race import station_of, units_of
from tests.client import FRONT_9, Api, new_customer, new_quote, place


async def new_units(api: Api, world: World, count: int) -> list[Product]:
    customer = await new_customer(api)
    return await units_of(world, await place(customer, await new_quote(customer, FRONT_9, quantity=count)))


def started(world: World, unit: Product, event_id: str, operation: str | None = "PAINTING") -> Report:
    return Report(unit.code, StepKind.OPERATION_STARTED, event_id, world.now(), operation)


async def told(world: World, viewer: Viewer, report: Report) -> Recorded | Refusal:
    (answer,) = await record_steps(world, viewer, [report])
    return answer


def step_of(answer: Recorded | Refusal) -> Step:
    assert isinstance(answer, Recorded), answer
    return answer.step


async def journal(world: World, unit: Product) -> list[Step]:
    """Read what stands in a unit's journal, and check its places and links."""
    steps = await world.stores.steps.read(unit.code, 0, 100)
    assert [step.sequence for step in steps] == list(range(1, len(steps) + 1))
    assert [step.previous_hash for step in steps[1:]] == [step.hash for step in steps[:-1]]
    return steps


async def test_each_of_many_reports_at_once_has_its_own_answer(api: Api, world: World) -> None:
    units = await new_units(api, world, 6)
    robot = station_of(units[0], world)
    stranger = Viewer("elsewhere", AccountKind.FACTORY, world.wall(), factory="QINGDAO")
    answers = await asyncio.gather(
        *(told(world, robot, started(world, unit, "begun")) for unit in units[:3]),
        told(world, robot, started(world, units[3], "begun", operation="NO_SUCH")),
        told(world, stranger, started(world, units[4], "begun")),
        told(world, robot, started(world, units[5], "begun")),
    )
    assert isinstance(answers[3], NotPossible)
    assert isinstance(answers[4], NotFound)
    for unit, answer in zip([*units[:3], units[5]], [*answers[:3], answers[5]], strict=True):
        step = step_of(answer)
        assert (step.product, step.event_id) == (unit.code, "begun")
        assert (await journal(world, unit))[-1].hash == step.hash
        found = await world.stores.products.find(unit.code)
        assert found is not None
        assert found.state == step.state
    for unit in units[3:5]:
        assert "begun" not in [step.event_id for step in await journal(world, unit)]


async def test_the_same_event_from_many_at_once_makes_one_step(api: Api, world: World) -> None:
    (unit,) = await new_units(api, world, 1)
    robot, report = station_of(unit, world), started(world, unit, "once")
    answers = await asyncio.gather(*(told(world, robot, report) for _ in range(8)))
    steps = [step for step in await journal(world, unit) if step.event_id == "once"]
    assert len(steps) == 1
    assert {step_of(answer).hash for answer in answers} == {steps[0].hash}


async def test_reports_on_one_unit_at_once_are_all_written_each_at_its_own_place(api: Api, world: World) -> None:
    unit, other = await new_units(api, world, 2)
    robot = station_of(unit, world)
    reports = [started(world, unit, f"event-{number}") for number in range(8)]
    answers = await asyncio.gather(
        *(told(world, robot, report) for report in reports), told(world, robot, started(world, other, "event"))
    )
    steps = {step.event_id: step.sequence for step in await journal(world, unit)}
    assert [step_of(answer).sequence for answer in answers[:8]] == [steps[report.event_id] for report in reports]
    assert step_of(answers[8]).product == other.code
    found = await world.stores.products.find(unit.code)
    assert found is not None
    assert found.state == (await journal(world, unit))[-1].state


async def test_one_who_gives_up_takes_nobody_along_and_leaves_nothing_half(api: Api, world: World) -> None:
    units = await new_units(api, world, 5)
    robot = station_of(units[0], world)
    for turns in range(12):
        tasks = [asyncio.create_task(told(world, robot, started(world, unit, f"turn-{turns}"))) for unit in units]
        for _ in range(turns):
            await world.stores.database.ping() if turns % 2 else await asyncio.sleep(0)
        tasks[1].cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        for unit, answer in zip(units, answers, strict=True):
            if not isinstance(answer, asyncio.CancelledError):
                assert isinstance(answer, Recorded)
                assert (answer.step.product, answer.step.event_id) == (unit.code, f"turn-{turns}")
    again = await told(world, robot, started(world, units[1], "turn-0"))
    assert [step.event_id for step in await journal(world, units[1])].count("turn-0") == 1
    assert step_of(again).event_id == "turn-0"


async def test_a_repeated_event_with_other_content_is_noted_among_many(
    api: Api, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    unit, other = await new_units(api, world, 2)
    robot = station_of(unit, world)
    first = step_of(await told(world, robot, started(world, unit, "e")))
    with caplog.at_level(logging.WARNING):
        answers = await asyncio.gather(
            told(world, robot, started(world, unit, "e", operation="ASSEMBLY")),
            told(world, robot, started(world, other, "e")),
        )
    assert step_of(answers[0]).hash == first.hash
    assert step_of(answers[1]).product == other.code
    assert [record.message for record in caplog.records] == ["event repeated with other content"]
