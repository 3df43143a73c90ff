"""A design's journal has no holes, and its record follows from it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from app.actions.design import Revision, fork_design, revise_design
from app.domain.shared.viewer import AccountKind, Viewer
from tests.ops.doctor.clinic import LATER, Patient

Plant = Callable[[Patient], Awaitable[Any]]


async def alter_change(patient: Patient, sequence: int, **fields: Any) -> None:
    changes = patient.deps.stores.design_changes.collection
    where = {"design": patient.design.id, "sequence": sequence}
    assert (await changes.update_one(where, {"$set": fields})).modified_count == 1


async def remove_change(patient: Patient, sequence: int) -> None:
    changes = patient.deps.stores.design_changes.collection
    await changes.delete_one({"design": patient.design.id, "sequence": sequence})


async def alter_record(patient: Patient, **fields: Any) -> None:
    records = patient.deps.stores.designs.collection
    assert (await records.update_one({"_id": patient.design.id}, {"$set": fields})).modified_count == 1


async def fall_behind(patient: Patient) -> None:
    await alter_record(patient, sequence=1, revision=1, title="For the cellar")


@pytest.fixture
async def designer(patient: Patient) -> Patient:
    """A patient whose design has three revisions."""
    customer = Viewer(patient.design.account, AccountKind.CUSTOMER, LATER)
    for revision in (1, 2):
        await revise_design(patient.deps, customer, patient.design.id, revision, Revision(f"Title {revision + 1}"))
    return patient


WRONG: Mapping[str, tuple[Plant, set[str]]] = {
    "a change is gone": (lambda p: remove_change(p, 2), {"numbering", "states"}),
    "the last change is gone": (lambda p: remove_change(p, 3), {"projection"}),
    "a change cannot be read": (lambda p: alter_change(p, 2, kind="PAINTED"), {"numbering"}),
    "a revision has another number": (lambda p: alter_change(p, 2, revision=7), {"states"}),
    "a state is of another change": (lambda p: alter_change(p, 2, **{"state.sequence": 3}), {"states"}),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_wrong_with_a_design_is_found_and_left_as_it_is(designer: Patient, what: str) -> None:
    plant, checks = WRONG[what]
    await plant(designer)
    findings = await designer.findings()
    assert {finding.check for finding in findings} == checks
    assert not [finding for finding in findings if finding.repaired]


DERIVED: Mapping[str, Plant] = {
    "its title": lambda p: alter_record(p, title="Another"),
    "who takes part": lambda p: alter_record(p, participants=["somebody"]),
    "that it was published": lambda p: alter_record(p, published=True),
    "a record that is behind": fall_behind,
}


@pytest.mark.parametrize("what", DERIVED)
async def test_a_record_that_differs_is_repaired(designer: Patient, what: str) -> None:
    records = designer.deps.stores.designs.collection
    sound = await records.find_one({"_id": designer.design.id})
    await DERIVED[what](designer)
    assert [(f.check, f.repaired) for f in await designer.findings()] == [("projection", True)]
    assert await records.find_one({"_id": designer.design.id}) == sound


async def test_a_record_that_is_missing_is_written_again(designer: Patient) -> None:
    records = designer.deps.stores.designs.collection
    await records.delete_one({"_id": designer.design.id})
    assert [(f.check, f.repaired) for f in await designer.findings()] == [("projection", True)]
    found = await records.find_one({"_id": designer.design.id})
    assert found is not None
    assert found["title"] == "Title 3"
    assert await designer.findings() == []


async def settled_fork(patient: Patient) -> str:
    """Fork the patient's design, long enough ago that it is counted."""
    customer = Viewer(patient.design.account, AccountKind.CUSTOMER, LATER)
    fork = await fork_design(patient.deps, customer, patient.design.id, None)
    records = patient.deps.stores.designs.collection
    started_at = fork.started_at - timedelta(days=1)
    await records.update_one({"_id": fork.id}, {"$set": {"started_at": started_at}})
    return fork.id


@pytest.mark.parametrize("counted", [0, 2, None])
async def test_a_wrong_count_of_forks_is_repaired(designer: Patient, counted: int | None) -> None:
    await settled_fork(designer)
    await alter_record(designer, forks=counted)
    assert [(f.check, f.repaired) for f in await designer.findings()] == [("forks", True)]
    record = await designer.deps.stores.designs.collection.find_one({"_id": designer.design.id})
    assert record is not None
    assert record["forks"] == 1
    assert await designer.findings() == []


async def test_a_record_that_is_written_again_knows_its_forks(designer: Patient) -> None:
    await settled_fork(designer)
    records = designer.deps.stores.designs.collection
    await records.delete_one({"_id": designer.design.id})
    assert [(f.check, f.repaired) for f in await designer.findings()] == [("projection", True)]
    assert await designer.findings() == []


async def test_a_fork_of_this_moment_may_not_be_counted_yet_and_is_never_counted_twice(designer: Patient) -> None:
    customer = Viewer(designer.design.account, AccountKind.CUSTOMER, LATER)
    await fork_design(designer.deps, customer, designer.design.id, None)
    await alter_record(designer, forks=0)
    assert await designer.findings() == []
    await alter_record(designer, forks=7)
    assert [(f.check, f.repaired) for f in await designer.findings()] == [("forks", False)]
