"""The command: all of it examined, in one process or several, and an exit code that tells."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.actions.background.planner import plan_line
from app.actions.background.sweep import sweep
from app.actions.change_product import change_product
from app.deps import Deps
from app.domain.shared.money import Money
from app.domain.shared.viewer import AccountKind, Viewer
from app.ops.bootstrap import with_deps
from app.ops.doctor.examination import Kind, divide, examine, examine_part
from app.ops.doctor.run import run_doctor
from app.ops.doctor.unit import examine_units
from app.settings import Settings
from app.store.snapshot import KeyList
from experiments.process import ServerProcess
from tests.ops.doctor.clinic import LATER, SKU, STEPS, Patient, admit

PATIENTS = 8
LINE = "FOSHAN-FRONT"


@pytest.fixture
async def ward(clinic_settings: Settings) -> AsyncIterator[Deps]:
    """A sound database of its own with several orders."""
    settings = clinic_settings.model_copy(update={"database": f"ward_{secrets.token_hex(4)}"})
    async with with_deps(settings) as deps:
        await deps.stores.build_indexes()
        for _ in range(PATIENTS):
            await admit(deps)
        yield deps


async def test_a_sound_database_gives_nothing_and_everything_is_examined(ward: Deps) -> None:
    outcomes = [outcome async for outcome in examine(ward)]
    assert [finding for outcome in outcomes for finding in outcome.findings] == []
    examined: Counter[Kind] = Counter()
    for outcome in outcomes:
        examined[outcome.kind] += outcome.examined
    assert {kind: examined[kind] for kind in Kind} == {
        Kind.STEPS: PATIENTS * (STEPS + 2),
        Kind.ORDERS: PATIENTS,
        Kind.CHANGES: PATIENTS,
        Kind.PLANS: PATIENTS,
        Kind.ANCHORS: 0,
        Kind.EDITIONS: 13,
    }


async def test_parts_together_are_the_whole(ward: Deps) -> None:
    parts = await divide(ward.stores, 5)
    assert len(parts) > PATIENTS
    outcomes = [await examine_part(ward, part) for part in parts]
    steps = sum(outcome.examined for outcome in outcomes if outcome.kind == Kind.STEPS)
    assert steps == PATIENTS * (STEPS + 2)


async def test_units_are_read_in_the_order_in_which_they_were_ordered_each_in_one_part(ward: Deps) -> None:
    keys = [part.keys for part in await divide(ward.stores, 20) if part.examine is examine_units]
    codes = [code for among in keys if isinstance(among, KeyList) for code in among.keys]
    newest = await ward.stores.products.collection.find().sort("ordered_at", -1).to_list(None)
    assert len(keys) > 2
    assert sorted(codes) == sorted(unit["_id"] for unit in newest)
    times = {unit["_id"]: unit["ordered_at"] for unit in newest}
    assert [times[code] for code in codes] == [unit["ordered_at"] for unit in newest]


async def test_a_hole_in_the_journal_of_a_line_is_found(ward: Deps) -> None:
    await ward.stores.plan_changes.collection.delete_one({"line": LINE, "sequence": 2})
    findings = [finding async for outcome in examine(ward) for finding in outcome.findings]
    assert [(finding.subject, finding.check) for finding in findings] == [(f"line {LINE}", "numbering")]


async def test_a_line_on_which_two_units_have_one_place_is_planned_again(ward: Deps) -> None:
    records = ward.stores.products.collection
    first, second = await records.find({"status": "PLANNED"}).sort("plan.position", 1).to_list(2)
    await records.update_one({"_id": second["_id"]}, {"$set": {"plan.position": first["plan"]["position"]}})
    findings = [finding async for outcome in examine(ward) for finding in outcome.findings]
    assert [(finding.subject, finding.check, finding.repaired) for finding in findings] == [
        (f"line {LINE}", "places", True)
    ]
    assert [finding async for outcome in examine(ward) for finding in outcome.findings] == []


async def test_units_that_a_killed_planner_left_half_moved_are_mended_and_no_finding(
    ward: Deps,
) -> None:
    leases, records = ward.stores.database.collection("leases"), ward.stores.products.collection
    first, second = await records.find({"status": "PLANNED"}).sort("plan.position", 1).to_list(2)
    await records.update_one({"_id": second["_id"]}, {"$set": {"plan.position": first["plan"]["position"]}})
    version = (await ward.stores.lines.get(LINE)).version
    killed = {"holder": "killed", "expires_at": ward.wall() - timedelta(seconds=1), "unannounced": version}
    await leases.replace_one({"_id": f"plan:{LINE}"}, killed, upsert=True)
    await admit(ward)
    assert [finding async for outcome in examine(ward) for finding in outcome.findings] == []
    assert await plan_line(ward, LINE, also_working=False)
    lease = await leases.find_one({"_id": f"plan:{LINE}"})
    assert lease is not None
    assert lease["unannounced"] is None
    assert await records.distinct("plan.position", {"status": "PLANNED"}) == sorted(
        unit["plan"]["position"] for unit in await records.find({"status": "PLANNED"}).to_list(None)
    )
    assert [finding async for outcome in examine(ward) for finding in outcome.findings] == []


async def test_a_place_behind_the_last_of_its_line_is_planned_again(ward: Deps) -> None:
    records = ward.stores.products.collection
    (last,) = await records.find({"status": "PLANNED"}).sort("plan.position", -1).to_list(1)
    await records.update_one({"_id": last["_id"]}, {"$set": {"plan.position": 1_000_000}})
    problems = [f"{finding.problem} {finding.repaired}" async for o in examine(ward) for finding in o.findings]
    assert len(problems) == 1
    assert problems[0].startswith("a waiting unit has place 1000000, behind the line's last, ")
    assert problems[0].endswith(" True")
    assert [finding async for outcome in examine(ward) for finding in outcome.findings] == []


async def test_more_of_an_option_in_a_row_than_a_line_bears_is_found_where_nothing_moves_any_more(ward: Deps) -> None:
    records, lines = ward.stores.products.collection, ward.stores.database.collection("lines")
    steam = ward.model(SKU).groups["FUNCTIONS"].find_option("STEAM")
    assert steam is not None
    waiting = await records.find({"status": "PLANNED"}).sort("plan.position", 1).to_list(5)
    for unit in waiting:
        owner = Viewer(unit["account"], AccountKind.CUSTOMER, LATER)
        delta = Money(steam.surcharge["CNY"], "CNY")
        await change_product(ward, owner, unit["_id"], [("FUNCTIONS", ["STEAM"])], delta)
    assert [finding async for outcome in examine(ward) for finding in outcome.findings] == []
    line = await lines.find_one({"_id": LINE})
    assert line is not None
    await lines.update_one({"_id": LINE}, {"$set": {"frozen": line["tail"]["position"]}})
    findings = [finding async for outcome in examine(ward) for finding in outcome.findings]
    problem = f"at place {waiting[4]['plan']['position']} more than 4 of 10 units have FUNCTIONS.STEAM"
    assert [(f.check, f.subject, f.problem) for f in findings] == [("capacities", f"line {LINE}", problem)]


async def test_an_anchor_that_was_altered_is_found(ward: Deps) -> None:
    await sweep(ward)
    await ward.stores.anchors.collection.update_one({"sequence": 1}, {"$set": {"hash": "0" * 64}})
    findings = [finding async for outcome in examine(ward) for finding in outcome.findings]
    assert {(finding.subject, finding.check) for finding in findings} == {("anchors", "chain")}


async def test_an_end_that_was_cut_off_with_its_record_set_back_is_found_by_the_anchors(ward: Deps) -> None:
    await sweep(ward)
    code, steps = (await admit(ward)).code, ward.stores.steps.collection
    await sweep(ward)
    await steps.delete_one({"product": code, "sequence": STEPS})
    before = await steps.find_one({"product": code, "sequence": STEPS - 1})
    assert before is not None
    set_back = {"state": before["state"], "first_passes": []}
    await ward.stores.products.collection.update_one({"_id": code}, {"$set": set_back})
    findings = [finding async for outcome in examine(ward) for finding in outcome.findings]
    assert [(f.subject, f.check) for f in findings if not f.repaired] == [(code, "anchors")]
    assert findings[-1].problem == f"step {STEPS} is not as anchor 2 noted it"


async def test_several_processes_find_what_one_finds(ward: Deps, capfd: pytest.CaptureFixture[str]) -> None:
    code = (await admit(ward)).code
    await ward.stores.steps.collection.delete_one({"product": code, "sequence": 4})
    assert not await asyncio.to_thread(run_doctor, ward.settings, 2, 2)
    lines = capfd.readouterr().out.splitlines()
    assert f"{code}: step 4 is missing (numbering, NOT repaired)" in lines
    entries = f"{(PATIENTS + 1) * (STEPS + 2) - 1} steps, {PATIENTS + 1} orders, {PATIENTS + 1} design changes, "
    assert lines[-1].startswith(f"{entries}{PATIENTS + 1} plan changes, 0 anchors, 13 editions examined in ")
    assert lines[-1].endswith(": 4 invariants violated, 0 derived entries repaired.")


async def test_a_quick_doctor_leaves_the_hashes_to_others_and_finds_all_else(
    ward: Deps, capfd: pytest.CaptureFixture[str]
) -> None:
    noted, lost = (await admit(ward)).code, (await admit(ward)).code
    steps = ward.stores.steps.collection
    await steps.update_one({"product": noted, "sequence": 3}, {"$set": {"note": "altered"}})
    await steps.delete_one({"product": lost, "sequence": 4})
    assert not await asyncio.to_thread(run_doctor, ward.settings, 1, quick=True)
    out = capfd.readouterr().out
    assert f"{lost}: step 4 is missing" in out
    assert noted not in out
    assert not await asyncio.to_thread(run_doctor, ward.settings, 1)
    assert f"{noted}: step 3 was altered" in capfd.readouterr().out


async def test_the_exit_code_tells_of_what_stays_wrong(ward: Deps) -> None:
    settings = ward.settings
    environment = {"ZERO_DISTANCE_MONGODB_URL": settings.mongodb_url, "ZERO_DISTANCE_DATABASE": settings.database}
    beside = ServerProcess(settings.data_dir, 1, environment)
    patient: Patient = await admit(ward)
    await ward.stores.products.collection.update_one({"_id": patient.code}, {"$set": {"status": "DELIVERED"}})
    assert (await beside.run("doctor"))[0] == 0
    await ward.stores.steps.collection.delete_one({"product": patient.code, "sequence": 3})
    code, out = await beside.run("doctor")
    assert code == 1
    assert f"{patient.code}: step 3 is missing" in out
