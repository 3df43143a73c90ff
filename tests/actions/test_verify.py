"""Is each stored step compared with what it must be, in each entry of its state, and is each fault told once?"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from app.actions.verify import replay
from app.domain.unit.event import Event, StepKind
from app.domain.unit.journey import Unit, append
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.ordering import Ordered, OrderingKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.state import State
from app.store.database import Document
from app.store.journal import read_back
from app.store.step import dump_entry
from tests.domain.build import MODEL, SELECTIONS, sign

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
EARLIER = datetime(2020, 1, 1, tzinfo=UTC)
UNIT = Unit("1ZG7EAA4VDYBN", MODEL.sku, 1, MODEL.line)
STEPS: Sequence[tuple[StepKind, str | None]] = (
    (OrderingKind.ORDER_PLACED, None),
    (ProductionKind.OPERATION_STARTED, "PRESSING"),
    (ProductionKind.OPERATION_COMPLETED, "WELDING"),
    (InspectionKind.INSPECTION_PASSED, "LEAK_TEST"),
    (InspectionKind.INSPECTION_PASSED, "FINAL_INSPECTION"),
    (InspectionKind.INSPECTION_FAILED, "LEAK_TEST"),
    (TransportKind.PACKED, None),
    (TransportKind.DELIVERED, None),
)


def journal() -> tuple[list[Document], State]:
    """Make a journal as it is stored, and the state at its end."""
    state, documents = State(), []
    for number, (kind, operation) in enumerate(STEPS):
        payload = Ordered(SELECTIONS) if kind == OrderingKind.ORDER_PLACED else None
        at = AT + timedelta(hours=number)
        event = Event(kind=kind, event_id=str(number), occurred_at=at, operation=operation, payload=payload)
        entry = append(UNIT, MODEL, state, event, AT + timedelta(days=1), sign)
        state = entry.state
        documents.append(read_back({"_id": ObjectId(), **dump_entry(entry)}))
    return documents, state


def faults(documents: Sequence[Document]) -> list[str]:
    return [fault for replayed in replay(documents) for fault in replayed.faults]


def test_a_journal_as_it_was_written_ends_in_its_last_state() -> None:
    documents, state = journal()
    *_, last = replay(documents)
    assert faults(documents) == []
    assert last.entry is not None
    assert last.entry.state == state
    assert last.entry.state.hash == state.hash


def test_a_document_whose_fields_are_in_another_order_is_as_good() -> None:
    documents, _ = journal()
    assert faults([{**dict(reversed(each.items())), "state": each["state"]} for each in documents]) == []


def test_a_state_that_is_not_there_or_is_none_is_one_fault() -> None:
    for sequence in range(1, len(STEPS) + 1):
        documents, _ = journal()
        del documents[sequence - 1]["state"]
        assert faults(documents) == [f"the state at step {sequence} is not there"]
        documents[sequence - 1]["state"] = "?"
        assert faults(documents) == [f"the state at step {sequence} is not there"]


def test_behind_a_step_that_cannot_be_read_nothing_is_judged() -> None:
    documents, _ = journal()
    documents[3]["kind"] = "PAINTED"
    *_, last = replay(documents)
    assert last.entry is None
    assert faults(documents) == ["step 4 was altered: it cannot be followed (ValueError)"]
    assert len(list(replay(documents))) == 4


def test_one_wrong_state_is_one_fault() -> None:
    documents, _ = journal()
    for document in documents[2:]:
        document["state"]["operations"]["ANOTHER"] = documents[2]["state"]["operations"]["PRESSING"]
    assert faults(documents) == ["the state at step 3 does not follow from the one before: operations"]


def test_a_field_that_no_step_has_and_one_that_is_written_otherwise_are_found() -> None:
    documents, _ = journal()
    documents[3]["colour"] = "RED"
    documents[4]["measurements"] = []
    documents[5]["state"]["colour"] = "RED"
    assert faults(documents) == [
        "step 4 was altered: it is not in the form it was written in (colour)",
        "step 5 was altered: it is not in the form it was written in (measurements)",
        "the state at step 6 does not follow from the one before: colour",
    ]


PLACES: Mapping[str, tuple[int, str, str]] = {
    "touched": (3, "operations", "WELDING"),
    "beside the one that was touched": (3, "operations", "PRESSING"),
    "in a map that was not touched": (4, "operations", "PRESSING"),
    "a sign of production": (5, "signs", "PRESSING"),
    "a verdict beside another": (5, "attempts", "LEAK_TEST"),
    "a first verdict that a later one does not change": (6, "first_attempts", "LEAK_TEST"),
    "a time of the way beside another": (8, "transport", "PACKED"),
    "a failure": (6, "failed", ""),
    "what was ordered": (8, "selections", "COLOUR"),
}


@pytest.mark.parametrize("place", PLACES)
def test_an_entry_that_does_not_follow_is_found(place: str) -> None:
    for how in ("gone", "of another time", "twice", "none"):
        documents, _ = journal()
        sequence, name, key = PLACES[place]
        stored = documents[sequence - 1]["state"][name]
        key = key or next(iter(stored))
        entry = stored.pop(key)
        changed: Mapping[str, dict[str, Any]] = {
            "gone": {},
            "of another time": {key: _earlier(entry)},
            "twice": {key: entry, "ANOTHER": entry},
            "none": {key: "?"},
        }
        stored.update(changed[how])
        assert any(f"step {sequence} " in fault for fault in faults(documents)), how


def _earlier(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {name: _earlier(value) if isinstance(value, datetime) else value for name, value in entry.items()}
    return EARLIER
