"""Folds a unit's stored steps again and tells where a stored state does not follow from the one before.

What the fold says is encoded, what an event did not touch only once, and compared with the bytes that are stored. Where
they differ, what it did not touch is compared as the documents stand, and what it touched is read into objects. So each
field of each state is checked at a fraction of the price of reading every state.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from app.domain.unit.journey import Changes, State, changed, changes_of
from app.ops.doctor.check import UNREADABLE
from app.ops.doctor.encoded import EMPTY, KINDS, MAPS, Encoded
from app.ops.doctor.entry import Entry, may_hold_times
from app.store.database import Document
from app.store.snapshot import in_utc

STATE = TypeAdapter(State)
Read = Callable[[Any], Any]


def reader(kind: Any) -> Read:
    """Make what reads a stored value of a type, whose times are stored without zones."""
    read: Read = TypeAdapter(kind).validator.validate_python
    return (lambda value: read(in_utc(value))) if may_hold_times(kind) else read


FIELDS: Mapping[str, Read] = {name: reader(kind) for name, kind in KINDS.items() if name != "hash"}
"""Reads a field; all but the hash, which is none of the fold's."""
ENTRIES: Mapping[str, Read] = {name: reader(kind) for name, kind in MAPS.items()}
"""Reads one entry of a field that is a map."""
FIRST = ("selections", "engraving", "design_revision")
"""What a unit's first state has from its order, not from an event."""


@dataclass(frozen=True)
class Replay:
    """A sentence for each step whose state is not the fold of its event on the state before; and the last state.

    The state is None where a step could not be read or followed.
    """

    broken: Sequence[str]
    head: State | None = None


def replay(entries: Sequence[Entry]) -> Replay:
    """Fold the steps of a unit from the first on."""
    try:
        stored, state = _ordered(entries[0]), first_state(entries[0])
    except UNREADABLE:
        return Replay(["the first state cannot be read"])
    encoded, before, hash = Encoded(state), entries[0], None
    broken: list[str] = []
    for entry in entries:
        if entry.step is None:
            return Replay([*broken, f"step {entry.place} cannot be read"])
        try:
            hash, changes = entry.step.hash, changes_of(state, entry.step, entry.step.recorded_at)
            after = changed(state, changes)
            encoded.update({**changes, "hash": hash})
            if bytes(encoded) != entry.state:
                stored = stored if entry is before else before.stored
                if differing := _differing(state, changes, stored, entry.stored, hash):
                    names = ", ".join(differing)
                    broken.append(f"the state at step {entry.place} does not follow from the one before: {names}")
                    after = read_state(entry.stored)  # one wrong state is one finding
                    encoded, hash = Encoded(after), entry.stored.get("hash")
        except UNREADABLE as error:
            return Replay([*broken, f"step {entry.place} cannot be followed: {type(error).__name__}"])
        state, before = after, entry
    return Replay(broken, changed(state, {"hash": hash}))


def read_state(document: Document) -> State:
    """Read a stored state whole."""
    state: State = STATE.validate_python(in_utc(document))
    return state


def first_state(first: Entry) -> State:
    """Read the state before the first step: what was ordered."""
    state: State = STATE.validate_python({"selections": {}, **_ordered(first)})
    return state


def _ordered(first: Entry) -> Document:
    return {name: value for name, value in first.stored.items() if name in FIRST}


def _differing(before: State, changes: Changes, stored: Document, found: Document, hash: Any) -> list[str]:
    """Name the fields in which the state found is not `before` with these changes and this hash.

    `stored` is how `before` is stored.
    """
    differing = [name for name, value in changes.items() if not _is(name, value, before, stored, found)]
    if found.get("hash") != hash:
        differing.append("hash")
    return [*differing, *_unlike(stored, found, {*changes, "hash"}), *sorted(found.keys() - KINDS.keys())]


def _is(name: str, value: Any, before: State, stored: Document, found: Document) -> bool:
    """Tell whether a field that an event touched is stored with this value; what is the default is left out."""
    if name not in found:
        return bool(value == getattr(EMPTY, name))
    if name in ENTRIES:
        return _are(ENTRIES[name], value, getattr(before, name), stored.get(name, {}), found[name])
    return bool(FIELDS[name](found[name]) == value)


def _are(read: Read, value: Mapping[str, Any], before: Mapping[str, Any], stored: Document, found: Document) -> bool:
    """Tell whether a map is stored with these entries: those that an event touched are read, as with fields."""
    expected = {}
    for key, entry in value.items():
        if before.get(key) is entry:
            expected[key] = stored[key]
        elif key in found and read(found[key]) == entry:
            expected[key] = found[key]
        else:
            return False
    return expected == found


def _unlike(stored: Document, found: Document, apart: set[str]) -> list[str]:
    """Name the fields, but for some, in which two stored states differ: as a rule in none."""
    left_out = dict.fromkeys(apart)
    if {**stored, **left_out} == {**found, **left_out}:
        return []
    return [name for name in FIELDS if name not in apart and found.get(name) != stored.get(name)]
