"""Every edition that is referred to is there, as it was made."""

from typing import Any

from app.ops.doctor.edition import examine_editions
from app.store.snapshot import KeyRange, snapshot
from tests.ops.doctor.clinic import SKU, Patient
from tests.rows import rows


async def found(patient: Patient) -> list[tuple[str, str]]:
    async with snapshot(patient.deps.stores.database) as now:
        _, findings = await examine_editions(patient.deps, now, KeyRange())
    return [(finding.check, finding.problem) for finding in findings if finding.subject == f"model {SKU}"]


async def test_editions_as_they_were_made_are_sound(patient: Patient) -> None:
    assert await found(patient) == []


ALTERED: list[tuple[dict[str, Any], str]] = [
    ({"content.base_price.CNY": "1.00"}, "edition 1 was altered: its hash does not fit its content"),
    ({"content": {}}, "a document cannot be read: ValidationError"),
]


@rows(("change", "problem"), ALTERED)
async def test_an_altered_edition_is_found(patient: Patient, change: dict[str, Any], problem: str) -> None:
    editions = patient.deps.stores.catalogue.collection
    before = await editions.find_one({"_id": f"{SKU}:1"})
    assert before is not None
    await editions.update_one({"_id": before["_id"]}, {"$set": change})
    assert await found(patient) == [("edition contents", problem)]
    await editions.replace_one({"_id": before["_id"]}, before)


async def test_an_edition_that_is_gone_is_found_by_who_refers_to_it_and_by_its_number(patient: Patient) -> None:
    editions = patient.deps.stores.catalogue.collection
    before = await editions.find_one({"_id": f"{SKU}:1"})
    assert before is not None
    await editions.replace_one({"_id": before["_id"]}, {**before, "number": 3})
    assert await found(patient) == [
        ("edition numbering", "edition 1 is missing"),
        ("edition numbering", "edition 2 is missing"),
        ("edition references", "units name edition 1, which there is not"),
    ]
    await editions.replace_one({"_id": before["_id"]}, before)
