"""Folds a unit's stored steps again and tells where a stored state does not follow from the one before.

What an event did not touch is compared as the documents stand; only what it touched is read into objects. So each field
of each state is checked at a fraction of the price of reading every state whole.
"""

from collections.abc import Iterator, Sequence
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from app.doctor.check import UNREADABLE
from app.doctor.entry import EMPTY, Entry
from app.domain.journey import State, follow
from app.store.database import Document

STATE = TypeAdapter(State)
FIELDS: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(kind) for name, kind in get_type_hints(State).items() if name != "hash"
}
"""All but the hash, which is none of the fold's."""
KNOWN = {*FIELDS, "hash"}
FIRST = ("selections", "engraving", "design_revision")
"""What a unit's first state has from its order, not from an event."""


def broken_states(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a sentence for each step whose state is not the fold of its event on the state before."""
    if not entries:
        return
    stored: Document = {}
    try:
        stored, state = _ordered(entries[0].document), first_state(entries[0].document)
    except ValueError:
        yield "the first state cannot be read"
        return
    for entry in entries:
        if entry.step is None:
            yield f"step {entry.place} cannot be read"
            return
        try:
            found = entry.document["state"]
            after = follow(state, entry.step, entry.step.recorded_at)
            if differing := _differing(state, after, stored, found, entry.step.hash):
                yield f"the state at step {entry.place} does not follow from the one before: {', '.join(differing)}"
                after = STATE.validate_python(found)  # one wrong state is one finding
        except UNREADABLE as error:
            yield f"step {entry.place} cannot be followed: {type(error).__name__}"
            return
        state, stored = after, found


def first_state(first: Document) -> State:
    """Read the state before the first step: what was ordered."""
    state: State = STATE.validate_python({"selections": {}, **_ordered(first)})
    return state


def _ordered(first: Document) -> Document:
    return {name: value for name, value in first.get("state", {}).items() if name in FIRST}


def _differing(before: State, after: State, stored: Document, found: Document, hash: Any) -> list[str]:
    """Name the fields in which the state found is not `after` with this hash; `stored` is how `before` is stored."""
    now, then = vars(after), vars(before)
    touched = [name for name in FIELDS if now[name] is not then[name]]
    differing = [name for name in touched if not _is(name, now[name], found)]
    if found.get("hash") != hash:
        differing.append("hash")
    return [*differing, *_unlike(stored, found, {*touched, "hash"}), *sorted(found.keys() - KNOWN)]


def _is(name: str, value: Any, found: Document) -> bool:
    """Tell whether a field that an event touched is stored with this value; what is the default is left out."""
    if name in found:
        return bool(FIELDS[name].validate_python(found[name]) == value)
    return bool(value == getattr(EMPTY, name))


def _unlike(stored: Document, found: Document, apart: set[str]) -> list[str]:
    """Name the fields, but for some, in which two stored states differ: as a rule in none."""
    left_out = dict.fromkeys(apart)
    if {**stored, **left_out} == {**found, **left_out}:
        return []
    return [name for name in FIELDS if name not in apart and found.get(name) != stored.get(name)]
