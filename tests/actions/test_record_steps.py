"""Reports of many callers at the same time: they are written together, and each is answered as if it were alone."""

import asyncio
import logging

import pytest

from app.actions.record_steps import Recorded, record_steps
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.refusal import NotFound, NotPossible, Refusal
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.journey import Step
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.report import Report
from tests.actions.test_race import station_of, units_of
from tests.client import FRONT_9, Api, new_customer, new_quote, place


async def new_units(api: Api, deps: Deps, count: int) -> list[Product]:
    customer = await new_customer(api)
    return await units_of(deps, await place(customer, await new_quote(customer, FRONT_9, quantity=count)))


def started(deps: Deps, unit: Product, event_id: str, operation: str | None = "PAINTING") -> Report:
    return Report(unit.code, ProductionKind.OPERATION_STARTED, event_id, deps.now(), operation)


async def told(deps: Deps, viewer: Viewer, report: Report) -> Recorded | Refusal:
    (answer,) = await record_steps(deps, viewer, [report])
    return answer


def step_of(answer: Recorded | Refusal) -> Step:
    assert isinstance(answer, Recorded), answer
    return answer.entry.step


async def journal(deps: Deps, unit: Product) -> list[Step]:
    """Read what stands in a unit's journal, and check its numbers and links."""
    steps = await deps.stores.steps.read_steps(unit.code, 0, 100)
    assert [step.sequence for step in steps] == list(range(1, len(steps) + 1))
    assert [step.previous_hash for step in steps[1:]] == [step.hash for step in steps[:-1]]
    return steps


async def test_each_of_many_reports_at_once_has_its_own_answer(api: Api, deps: Deps) -> None:
    units = await new_units(api, deps, 6)
    robot = station_of(units[0], deps)
    stranger = Viewer("elsewhere", AccountKind.FACTORY, deps.wall(), factory="QINGDAO")
    answers = await asyncio.gather(
        *(told(deps, robot, started(deps, unit, "begun")) for unit in units[:3]),
        told(deps, robot, started(deps, units[3], "begun", operation="NO_SUCH")),
        told(deps, stranger, started(deps, units[4], "begun")),
        told(deps, robot, started(deps, units[5], "begun")),
    )
    assert isinstance(answers[3], NotPossible)
    assert isinstance(answers[4], NotFound)
    for unit, answer in zip([*units[:3], units[5]], [*answers[:3], answers[5]], strict=True):
        step = step_of(answer)
        assert isinstance(answer, Recorded)
        assert (step.product, step.event_id) == (unit.code, "begun")
        assert (await journal(deps, unit))[-1].hash == step.hash
        found = await deps.stores.products.find(unit.code)
        assert found is not None
        assert found.state == answer.entry.state
    for unit in units[3:5]:
        assert "begun" not in [step.event_id for step in await journal(deps, unit)]


async def test_the_same_event_from_many_at_once_makes_one_step(api: Api, deps: Deps) -> None:
    (unit,) = await new_units(api, deps, 1)
    robot, report = station_of(unit, deps), started(deps, unit, "once")
    answers = await asyncio.gather(*(told(deps, robot, report) for _ in range(8)))
    steps = [step for step in await journal(deps, unit) if step.event_id == "once"]
    assert len(steps) == 1
    assert {step_of(answer).hash for answer in answers} == {steps[0].hash}


async def test_reports_on_one_unit_at_once_are_all_written_each_at_its_own_place(api: Api, deps: Deps) -> None:
    unit, other = await new_units(api, deps, 2)
    robot = station_of(unit, deps)
    reports = [started(deps, unit, f"event-{number}") for number in range(8)]
    answers = await asyncio.gather(
        *(told(deps, robot, report) for report in reports), told(deps, robot, started(deps, other, "event"))
    )
    steps = {step.event_id: step.sequence for step in await journal(deps, unit)}
    assert [step_of(answer).sequence for answer in answers[:8]] == [steps[report.event_id] for report in reports]
    assert step_of(answers[8]).product == other.code
    found = await deps.stores.products.find(unit.code)
    assert found is not None
    last = await deps.stores.steps.head(unit.code)
    assert last is not None
    assert found.state == last.state


async def test_one_who_gives_up_takes_nobody_along_and_leaves_nothing_half(api: Api, deps: Deps) -> None:
    units = await new_units(api, deps, 5)
    robot = station_of(units[0], deps)
    for turns in range(12):
        tasks = [asyncio.create_task(told(deps, robot, started(deps, unit, f"turn-{turns}"))) for unit in units]
        for _ in range(turns):
            await deps.stores.database.ping() if turns % 2 else await asyncio.sleep(0)
        tasks[1].cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        for unit, answer in zip(units, answers, strict=True):
            if not isinstance(answer, asyncio.CancelledError):
                assert isinstance(answer, Recorded)
                step = answer.entry.step
                assert (step.product, step.event_id) == (unit.code, f"turn-{turns}")
    again = await told(deps, robot, started(deps, units[1], "turn-0"))
    assert [step.event_id for step in await journal(deps, units[1])].count("turn-0") == 1
    assert step_of(again).event_id == "turn-0"


async def test_a_repeated_event_with_other_content_is_noted_among_many(
    api: Api, deps: Deps, caplog: pytest.LogCaptureFixture
) -> None:
    unit, other = await new_units(api, deps, 2)
    robot = station_of(unit, deps)
    first = step_of(await told(deps, robot, started(deps, unit, "e")))
    with caplog.at_level(logging.WARNING):
        answers = await asyncio.gather(
            told(deps, robot, started(deps, unit, "e", operation="ASSEMBLY")),
            told(deps, robot, started(deps, other, "e")),
        )
    assert step_of(answers[0]).hash == first.hash
    assert step_of(answers[1]).product == other.code
    assert [record.message for record in caplog.records] == ["event repeated with other content"]


async def test_what_goes_wrong_with_one_unit_is_the_answer_to_its_own_reports_alone(api: Api, deps: Deps) -> None:
    broken, *sound = await new_units(api, deps, 4)
    robot = station_of(broken, deps)
    products = deps.stores.products.collection
    await products.update_one({"_id": broken.code}, {"$set": {"model": "NO_SUCH_MODEL"}})
    reports = [started(deps, unit, "begun") for unit in (sound[0], broken, *sound[1:])]
    first, wrong, *others = await asyncio.gather(
        *(told(deps, robot, report) for report in reports), return_exceptions=True
    )
    assert isinstance(wrong, KeyError)
    for unit, answer in zip(sound, [first, *others], strict=True):
        assert isinstance(answer, Recorded)
        assert answer.entry.step.product == unit.code
        found = await deps.stores.products.find(unit.code)
        assert found is not None
        assert found.state == answer.entry.state
    await products.update_one({"_id": broken.code}, {"$set": {"model": broken.model}})
    assert step_of(await told(deps, robot, started(deps, broken, "begun"))).event_id == "begun"
