"""Folds a unit's stored steps again and tells where a stored state does not follow from the one before.

What an event did not touch is compared as the documents stand; only what it touched is read into objects. So each field
of each state is checked at a fraction of the price of reading every state whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from app.doctor.check import UNREADABLE
from app.domain.event import Event
from app.domain.journey import State, follow
from app.store.database import Document

EVENT = TypeAdapter(Event)
STATE = TypeAdapter(State)
FIELDS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in get_type_hints(State).items()}
FIRST = ("selections", "engraving", "design_revision")
"""What a unit's first state has from its order, not from an event."""
EMPTY = State(selections={})


def broken_states(steps: Sequence[Document]) -> Iterator[str]:
    """Yield a sentence for each step whose state is not the fold of its event on the state before."""
    if not steps:
        return
    stored: Document = {}
    try:
        stored, state = _ordered(steps[0]), first_state(steps[0])
    except ValueError:
        yield "the first state cannot be read"
        return
    for step in steps:
        place = step.get("sequence")
        try:
            after = replace(follow(state, EVENT.validate_python(step), step["recorded_at"]), hash=step.get("hash"))
            if differing := _differing(state, after, stored, step["state"]):
                yield f"the state at step {place} does not follow from the one before: {', '.join(differing)}"
                after = STATE.validate_python(step["state"])  # one wrong state is one finding
        except UNREADABLE as error:
            yield f"step {place} cannot be read: {type(error).__name__}"
            return
        state, stored = after, step["state"]


def first_state(first: Document) -> State:
    """Read the state before the first step: what was ordered."""
    state: State = STATE.validate_python({"selections": {}, **_ordered(first)})
    return state


def _ordered(first: Document) -> Document:
    return {name: value for name, value in first.get("state", {}).items() if name in FIRST}


def _differing(before: State, after: State, stored: Document, found: Document) -> list[str]:
    """Name the fields in which the state found is not `after`; `stored` is how `before` is stored."""
    differing = [name for name in found if name not in FIELDS]
    now, then = vars(after), vars(before)
    for name, adapter in FIELDS.items():
        value = now[name]
        if value is then[name]:
            same = found.get(name) == stored.get(name)
        elif name in found:
            same = adapter.validate_python(found[name]) == value
        else:
            same = value == getattr(EMPTY, name)
        if not same:
            differing.append(name)
    return differing
