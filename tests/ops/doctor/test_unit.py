"""Each way in which what is stored of a unit can be wrong is planted, found, and repaired where it is derived."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.actions.record_steps import record_steps
from app.actions.unit import append_step
from app.domain.unit.disposition import Disposer, Disposition
from app.domain.unit.event import Event
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.quality import Disposal, QualityKind
from app.domain.unit.report import Report, ReportedValue
from app.store.database import Collection
from tests.ops.doctor.clinic import MACHINE, SKU, STEPS, Patient

EARLIER = datetime(2020, 1, 1, tzinfo=UTC)
Plant = Callable[[Patient], Awaitable[Any]]


def steps(patient: Patient) -> Collection:
    return patient.deps.stores.steps.collection


async def alter_step(patient: Patient, sequence: int, **fields: Any) -> None:
    changed = await steps(patient).update_one({"product": patient.code, "sequence": sequence}, {"$set": fields})
    assert changed.modified_count == 1


async def remove_step(patient: Patient, sequence: int) -> None:
    await steps(patient).delete_one({"product": patient.code, "sequence": sequence})


async def alter_record(patient: Patient, **fields: Any) -> None:
    records = patient.deps.stores.products.collection
    assert (await records.update_one({"_id": patient.code}, {"$set": fields})).modified_count == 1


async def alter_order(patient: Patient, **fields: Any) -> None:
    orders = patient.deps.stores.orders.collection
    assert (await orders.update_one({"_id": patient.order.id}, {"$set": fields})).modified_count == 1


async def fall_behind(patient: Patient) -> None:
    second = await steps(patient).find_one({"product": patient.code, "sequence": 2})
    assert second is not None
    await alter_record(patient, state=second["state"])


async def unsign(patient: Patient) -> None:
    await steps(patient).update_many({"product": patient.code}, {"$unset": {"signature": ""}})


async def repeat_step(patient: Patient, **fields: Any) -> None:
    for index in ("sequence", "event"):
        if index in await steps(patient).index_information():
            await steps(patient).drop_index(index)
    step = await steps(patient).find_one({"product": patient.code, "sequence": STEPS}, {"_id": 0})
    assert step is not None
    await steps(patient).insert_one({**step, **fields})


WRONG: Mapping[str, tuple[Plant, set[str]]] = {
    "a step in the middle is gone": (lambda p: remove_step(p, 3), {"numbering", "states", "chain"}),
    "the first step is gone": (lambda p: remove_step(p, 1), {"numbering", "states", "chain"}),
    "the last step is gone": (lambda p: remove_step(p, STEPS), {"projection"}),
    "all steps are gone": (lambda p: steps(p).delete_many({"product": p.code}), {"numbering"}),
    "a step is there twice": (repeat_step, {"numbering", "events", "states", "chain"}),
    "an event is there twice": (
        lambda p: repeat_step(p, sequence=STEPS + 1),
        {"events", "states", "chain", "projection"},
    ),
    "a time in the state at the first step": (
        lambda p: alter_step(p, 1, **{"state.cancelled_at": EARLIER}),
        {"states"},
    ),
    "a price in a state in the middle": (lambda p: alter_step(p, 3, **{"state.price_delta": "-90.00"}), {"states"}),
    "a value that was measured": (
        lambda p: alter_step(p, STEPS, **{"measurements.0.value": 17.0}),
        {"states", "chain"},
    ),
    "a value in the last state": (
        lambda p: alter_step(p, STEPS, **{"state.begun_at": EARLIER}),
        {"states", "projection"},
    ),
    "a time of an operation": (
        lambda p: alter_step(p, 4, **{"state.operations.PRESSING.started_at": EARLIER}),
        {"states"},
    ),
    "an operation that no event began": (lambda p: alter_step(p, 4, **{"state.operations.BAKING": {}}), {"states"}),
    "operations that are none": (lambda p: alter_step(p, 4, **{"state.operations": "?"}), {"states"}),
    "a field that no state has": (lambda p: alter_step(p, 4, **{"state.colour": "RED"}), {"states"}),
    "the time of an event": (lambda p: alter_step(p, 3, occurred_at=EARLIER), {"states", "chain"}),
    "the kind of an event": (lambda p: alter_step(p, 5, kind="PACKED"), {"states", "chain"}),
    "a kind that there is not": (lambda p: alter_step(p, 5, kind="PAINTED"), {"states", "chain"}),
    "a step of another line": (lambda p: alter_step(p, 2, line="QINGDAO-WH1"), {"identity", "chain"}),
    "what no state remembers": (lambda p: alter_step(p, 5, note="nothing to see"), {"chain"}),
    "the hash before it": (lambda p: alter_step(p, 4, previous_hash="0" * 64), {"chain"}),
    "a hash": (lambda p: alter_step(p, 4, hash="0" * 64), {"states", "chain"}),
    "the signature of the head": (lambda p: alter_step(p, STEPS, signature="somebody"), {"chain"}),
    "all signatures": (unsign, {"states", "chain"}),
    "the hash in a state": (lambda p: alter_step(p, 4, **{"state.hash": "0" * 64}), {"states"}),
    "the choices that were ordered": (
        lambda p: alter_step(p, 1, **{"payload.selections.COLOUR": ["ANOTHER"]}),
        {"states", "chain"},
    ),
    "the engraving that was ordered": (
        lambda p: alter_record(p, engraving={"text": "Another", "salt": "0" * 32}),
        {"engraving"},
    ),
    "what the edition said that was ordered": (
        lambda p: alter_step(p, 1, **{"payload.edition_hash": "0" * 64}),
        {"edition", "chain"},
    ),
    "an edition that there is not": (lambda p: alter_record(p, edition=9), {"identity", "edition", "projection"}),
    "where it was after a step": (lambda p: alter_step(p, 4, **{"after.progress": 0.9}), {"chain"}),
    "the form of a step": (lambda p: alter_step(p, 4, form=2), {"states", "chain"}),
    "a field that no step has": (lambda p: alter_step(p, 4, colour="RED"), {"states"}),
    "a state that is none": (lambda p: alter_step(p, 4, state="?"), {"states"}),
    "the record is gone": (
        lambda p: p.deps.stores.products.collection.delete_one({"_id": p.code}),
        {"identity", "units"},
    ),
    "the order is gone": (lambda p: p.deps.stores.orders.collection.delete_one({"_id": p.order.id}), {"order"}),
    "the order does not name it": (lambda p: alter_order(p, products=[p.order.products[1]]), {"order"}),
    "the order is somebody else's": (lambda p: alter_order(p, account="somebody"), {"order"}),
    "it names another order": (lambda p: alter_record(p, order="0" * 24), {"order", "units"}),
    "the record cannot be read": (lambda p: alter_record(p, state="?"), {"projection"}),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_wrong_is_found_and_left_as_it_is(patient: Patient, what: str) -> None:
    plant, checks = WRONG[what]
    await plant(patient)
    findings = await patient.findings()
    assert {finding.check for finding in findings} == checks
    assert not [finding for finding in findings if finding.repaired]
    assert await patient.findings() == findings


DERIVED: Mapping[str, tuple[Plant, str]] = {
    "what figures of the line are counted from": (lambda p: alter_record(p, first_passes=[]), "projection"),
    "a delivery slot that nobody chose": (lambda p: alter_record(p, slot="2020-01-01"), "projection"),
    "the state of the record": (lambda p: alter_record(p, **{"state.begun_at": EARLIER}), "projection"),
    "a record that is behind": (fall_behind, "projection"),
    "its status": (lambda p: alter_record(p, status="DELIVERED"), "projection"),
    "a due time that never comes to rest": (lambda p: alter_record(p, due_at=EARLIER), "projection"),
}


@pytest.mark.parametrize("what", DERIVED)
async def test_what_is_derived_and_wrong_is_found_and_repaired(patient: Patient, what: str) -> None:
    plant, check = DERIVED[what]
    records = patient.deps.stores.products.collection
    sound = await records.find_one({"_id": patient.code})
    await plant(patient)
    assert [(f.check, f.repaired) for f in await patient.findings()] == [(check, True)]
    assert await records.find_one({"_id": patient.code}) == sound
    assert await patient.findings() == []


async def unplanned(patient: Patient, due_at: datetime) -> None:
    """Leave of a unit what a crash leaves right behind the order."""
    await steps(patient).delete_many({"product": patient.code, "sequence": {"$gt": 1}})
    first = await steps(patient).find_one({"product": patient.code})
    assert first is not None
    await alter_record(patient, state=first["state"], status="ORDERED", due_at=due_at, first_passes=[])


@pytest.mark.parametrize("placed", [True, False])
async def test_a_unit_without_a_plan_gets_one(patient: Patient, placed: bool) -> None:
    await unplanned(patient, patient.deps.now() - timedelta(seconds=1))
    if not placed:
        await displace(patient, patient.code)
    assert [(f.check, f.repaired) for f in await patient.findings()] == [("plan", True)]
    assert await patient.findings() == []
    head = await patient.deps.stores.steps.head(patient.code)
    assert head is not None
    assert head.state.plan is not None


async def test_a_unit_that_was_ordered_a_moment_ago_may_wait_for_its_plan(patient: Patient) -> None:
    await unplanned(patient, patient.deps.now() + timedelta(seconds=60))
    assert await patient.findings() == []


async def displace(patient: Patient, code: str) -> None:
    records = patient.deps.stores.products.collection
    assert (await records.update_one({"_id": code}, {"$unset": {"plan": "", "plan_version": ""}})).modified_count == 1


async def test_a_planned_unit_without_a_place_gets_one_that_is_nobody_else_s(patient: Patient) -> None:
    records, code = patient.deps.stores.products.collection, patient.order.products[1]
    sound = await records.find_one({"_id": code})
    assert sound is not None
    await displace(patient, code)
    found = [(f.subject, f.check, f.repaired) for f in await patient.findings()]
    assert found == [(code, "plan", True)]
    after = await records.find_one({"_id": code})
    assert after is not None
    assert after["plan"]["position"] > sound["plan"]["position"]
    assert await patient.findings() == []


async def release(patient: Patient) -> None:
    """Report all operations of the first unit, and all values inside their limits."""
    model, at = patient.deps.model(SKU), patient.deps.now() - timedelta(minutes=5)
    done = [
        Report(patient.code, ProductionKind.OPERATION_COMPLETED, f"done:{entry.code}", at, entry.code)
        for entry in model.routing
    ]
    values = [
        ReportedValue(entry.code, entry.upper_limit or entry.lower_limit or 1.0, entry.unit or "C62")
        for entry in model.inspection_plan
    ]
    passed = Report(patient.code, InspectionKind.INSPECTION_PASSED, "all", at, measurements=values)
    answers = await record_steps(patient.deps, MACHINE, [*done, passed])
    assert not [answer for answer in answers if isinstance(answer, Exception)]


async def test_a_report_that_a_crash_left_out_is_issued(patient: Patient) -> None:
    await release(patient)
    reports = patient.deps.stores.performance_reports.collection
    assert (await reports.delete_many({"product": patient.code})).deleted_count == 1
    assert [(f.check, f.repaired) for f in await patient.findings()] == [("reports", True)]
    assert await reports.count_documents({"product": patient.code}) == 1
    assert await patient.findings() == []


async def test_a_scrapped_unit_without_a_successor_gets_one(patient: Patient) -> None:
    deps, code = patient.deps, patient.code
    product = await deps.stores.products.find(code)
    assert product is not None
    disposal = Disposal("noise", Disposition.SCRAP, Disposer.RULE)
    event = Event(
        kind=QualityKind.NONCONFORMANCE_DISPOSED,
        event_id="disposed:noise:staff",
        occurred_at=deps.now(),
        payload=disposal,
    )
    await append_step(deps, product, lambda _: event)
    assert [(f.check, f.repaired) for f in await patient.findings()] == [("projection", True), ("successor", True)]
    assert await deps.stores.products.collection.count_documents({"replaces": code}) == 1
    assert await patient.findings() == []
