"""Is each entry of a stored state compared with the fold, whether the event touched it or not?"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import decode, encode
from pydantic import TypeAdapter

from app.domain.unit.event import Event, StepKind
from app.domain.unit.journey import State, Step, Unit, append
from app.ops.doctor.entry import Entry, read_entry
from app.ops.doctor.replay import replay
from app.store.database import CODEC, Document
from app.store.snapshot import ZONELESS

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
EARLIER = datetime(2020, 1, 1, tzinfo=UTC)
UNIT = Unit("1ZG7EAA4VDYBN", "WM-FRONT-9", "FOSHAN-FRONT")
STEP = TypeAdapter(Step)
EVENTS = (
    (StepKind.OPERATION_STARTED, "PRESSING"),
    (StepKind.OPERATION_COMPLETED, "PRESSING"),
    (StepKind.OPERATION_COMPLETED, "BENDING"),
    (StepKind.INSPECTION_PASSED, "BENDING"),
    (StepKind.INSPECTION_PASSED, "WELDING"),
    (StepKind.INSPECTION_FAILED, "BENDING"),
    (StepKind.PACKED, None),
    (StepKind.DELIVERED, None),
)


def journal() -> tuple[list[Document], State]:
    """Make a journal as it is stored, and the state at its end."""
    state, documents = State({"COLOUR": ("RED",)}), []
    for number, (kind, operation) in enumerate(EVENTS):
        event = Event(kind=kind, event_id=str(number), occurred_at=AT + timedelta(hours=number), operation=operation)
        step = append(UNIT, state, event, AT + timedelta(days=1), lambda head: "signed")
        state = step.state
        documents.append(decode(encode(STEP.dump_python(step, exclude_defaults=True), codec_options=CODEC), ZONELESS))
    return documents, state


def entries(documents: Sequence[Document]) -> Sequence[Entry]:
    return [
        read_entry(
            {name: value for name, value in document.items() if name != "state"},
            encode(document["state"], codec_options=CODEC) if "state" in document else None,
        )
        for document in documents
    ]


def broken(documents: Sequence[Document]) -> Sequence[str]:
    return replay(entries(documents)).broken


def test_a_journal_as_it_was_written_ends_in_its_last_state() -> None:
    documents, state = journal()
    read = entries(documents)
    found = replay(read)
    assert found.broken == []
    assert ["stored" in vars(entry) for entry in read] == [True] + [False] * 7, "bytes are enough, but for the first"
    assert found.head == state
    assert found.head.hash == state.hash


def test_a_state_that_is_stored_in_other_bytes_is_as_good_if_it_says_the_same() -> None:
    documents, state = journal()
    for document in documents[3:]:
        document["state"] = dict(reversed(document["state"].items()))
    found = replay(entries(documents))
    assert (found.broken, found.head) == ([], state)


@pytest.mark.parametrize("sequence", [1, 2, 8])
def test_a_state_that_is_not_there_is_found(sequence: int) -> None:
    documents, _ = journal()
    del documents[sequence - 1]["state"]
    assert len(broken(documents)) == 1


def test_one_wrong_state_is_one_finding() -> None:
    documents, state = journal()
    documents[2]["state"]["operations"]["ANOTHER"] = documents[2]["state"]["operations"]["PRESSING"]
    for document in documents[3:]:
        document["state"]["operations"]["ANOTHER"] = documents[2]["state"]["operations"]["ANOTHER"]
    found = replay(entries(documents))
    assert found.broken == ["the state at step 3 does not follow from the one before: operations"]
    assert found.head is not None
    assert found.head.hash == state.hash


PLACES: Mapping[str, tuple[int, str, str]] = {
    "touched": (3, "operations", "BENDING"),
    "beside the one that was touched": (3, "operations", "PRESSING"),
    "in a map that was not touched": (4, "operations", "PRESSING"),
    "a verdict beside another": (5, "attempts", "BENDING"),
    "a first verdict that a later one does not change": (6, "first_attempts", "BENDING"),
    "a time of the way beside another": (8, "transport", "PACKED"),
    "a failure": (6, "failed", ""),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("how", ["gone", "of another time", "twice", "none"])
def test_an_entry_that_does_not_follow_is_found(place: str, how: str) -> None:
    documents, _ = journal()
    sequence, name, key = PLACES[place]
    stored = documents[sequence - 1]["state"][name]
    entry = stored.pop(key or next(iter(stored)))
    changed: Mapping[str, dict[str, Any]] = {
        "gone": {},
        "of another time": {key: _earlier(entry)},
        "twice": {key: entry, "ANOTHER": entry},
        "none": {key: "?"},
    }
    stored.update(changed[how])
    assert any(f"step {sequence} " in sentence for sentence in broken(documents))


def _earlier(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {name: _earlier(value) if isinstance(value, datetime) else value for name, value in entry.items()}
    return EARLIER.replace(tzinfo=None)
