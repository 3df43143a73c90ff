"""A line is looked at when something can have changed, and left alone otherwise."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.actions.background.planner import LineLook, look_at, plan_line
from app.actions.schedule import change_line
from app.deps import Deps
from app.domain.line.calendar import Stop
from app.domain.line.state import PlanChangeKind
from app.domain.line.stop import stopped
from app.ops.bootstrap import with_deps
from app.settings import Settings
from tests.ops.doctor.clinic import admit

LINE = "FOSHAN-FRONT"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def plant(settings: Settings, own_database: str) -> AsyncIterator[Deps]:
    """A database of its own, without a server that looks after its lines."""
    async with with_deps(settings.model_copy(update={"database": own_database})) as deps:
        await deps.stores.build_indexes()
        await admit(deps)
        yield deps


async def settled(deps: Deps) -> dict[str, LineLook]:
    """Look at a line until nothing changes, and let the last change be some time ago."""
    seen: dict[str, LineLook] = {}
    for _ in range(3):
        await look_at(deps, LINE, seen, also_working=False)
    seen[LINE] = replace(seen[LINE], changed_at=deps.wall() - MINUTE)
    return seen


async def is_read(deps: Deps, seen: dict[str, LineLook], also_working: bool = False) -> bool:
    before = seen.get(LINE)
    await look_at(deps, LINE, seen, also_working)
    return seen.get(LINE) is not before


async def test_a_line_on_which_nothing_happens_is_not_read(plant: Deps) -> None:
    seen = await settled(plant)
    assert [await is_read(plant, seen) for _ in range(3)] == [False] * 3
    assert await is_read(plant, seen, also_working=True)


async def test_it_is_read_after_a_step_and_for_some_seconds_more(plant: Deps) -> None:
    seen = await settled(plant)
    await admit(plant)
    assert [await is_read(plant, seen) for _ in range(3)] == [True] * 3


async def test_it_is_read_when_it_is_stopped_by_another_process(plant: Deps) -> None:
    seen = await settled(plant)
    stop = Stop(plant.now(), plant.now() + MINUTE, "x")
    await change_line(plant, LINE, lambda state: stopped(state, stop, plant.now()))
    assert await is_read(plant, seen)
    assert plant.calendar(LINE).stops == (stop,)


async def test_it_is_read_once_a_minute_for_times_move_on(plant: Deps) -> None:
    seen = await settled(plant)
    seen[LINE] = replace(seen[LINE], looked_at=plant.now() - MINUTE)
    assert await is_read(plant, seen)


async def test_who_does_not_look_after_a_line_knows_nothing_of_it(plant: Deps) -> None:
    seen = await settled(plant)
    leases = plant.stores.database.collection("leases")
    await leases.update_one({"_id": f"plan:{LINE}"}, {"$set": {"holder": "another process"}})
    await admit(plant)
    await look_at(plant, LINE, seen, also_working=False)
    assert seen == {}
    await leases.update_one({"_id": f"plan:{LINE}"}, {"$set": {"expires_at": plant.wall() - MINUTE}})
    assert await is_read(plant, seen)


async def test_a_version_that_a_killed_planner_had_not_told_is_told_once_there_is_nothing_more_to_move(
    plant: Deps,
) -> None:
    await settled(plant)
    leases = plant.stores.database.collection("leases")
    await leases.update_one({"_id": f"plan:{LINE}"}, {"$set": {"unannounced": 77}})
    assert await plan_line(plant, LINE, also_working=False) == 0
    head = await plant.stores.plan_changes.head(LINE)
    assert head is not None
    assert (head.kind, head.version, head.moved) == (PlanChangeKind.REPLANNED, 77, 0)
    lease = await leases.find_one({"_id": f"plan:{LINE}"})
    assert lease is not None
    assert lease["unannounced"] is None
