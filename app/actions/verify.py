"""verify: whether a unit's journal is as it was written, from the first step to the last."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.actions.anchor import anchored, contradicted
from app.auth.seal import check_head
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.chain import link_faults
from app.domain.unit.journey import JournalEntry, Step, follow
from app.domain.unit.state import State, changed
from app.store.database import UNREADABLE, Document
from app.store.journal import is_stored_as, read_back
from app.store.step import dump_entry, load_state, load_step


async def verify(deps: Deps, product: Product) -> list[str]:
    """Say what is wrong with a unit's journal; nothing where all is as it was written.

    `product` is as it stands in the list of units: a second record of the head, by which a missing end is found.
    """
    heads = await anchored(deps, product.code)
    documents = await deps.stores.steps.documents(product.code)
    return [
        *chain_faults(deps, documents),
        *_missing_end(product, documents),
        *contradicted(heads, documents),
        *engraving_faults(product, documents),
    ]


def chain_faults(deps: Deps, documents: Sequence[Document]) -> Iterator[str]:
    """Yield what is wrong with one unit's steps as they are stored, in their order."""
    before: Step | None = None
    for replayed in replay(documents):
        yield from replayed.faults
        if replayed.entry is None:
            return
        step = replayed.entry.step
        try:
            yield from link_faults(before, step, lambda signature, head: check_head(deps.keys, signature, head))
        except UNREADABLE as error:
            yield f"step {step.sequence} was altered: it cannot be hashed ({type(error).__name__})"
        before = step


@dataclass(frozen=True)
class Replayed:
    """One stored step, followed from the state before it, and what is wrong with how it is stored.

    `entry` is None where the step cannot be read or followed: nothing behind it can be judged then.
    """

    entry: JournalEntry | None
    faults: Sequence[str] = ()


def replay(documents: Iterable[Document]) -> Iterator[Replayed]:
    """Follow the stored steps of one unit from the first on, and compare each document with what it must be.

    Where a stored state does not follow from the one before, the next is judged by the stored one, so that one wrong
    state is one fault.
    """
    state = State()
    for document in documents:
        place = document.get("sequence")
        try:
            step = load_step(document)
            entry = JournalEntry(step, changed(follow(state, step), {"hash": step.hash}))
            expected = {"_id": document["_id"], **dump_entry(entry)}
            faults = [] if is_stored_as(expected, document) else list(_differences(read_back(expected), document))
        except UNREADABLE as error:
            yield Replayed(None, [f"step {place} was altered: it cannot be followed ({type(error).__name__})"])
            return
        state = (_stored_state(document) if faults else None) or entry.state
        yield Replayed(JournalEntry(step, state), faults)


def _stored_state(document: Document) -> State | None:
    try:
        return load_state(document)
    except UNREADABLE:
        return None


def _differences(expected: Document, found: Document) -> Iterator[str]:
    """Say in which fields a stored step differs from what it must be."""
    place = found.get("sequence")
    if others := [name for name in _unlike(expected, found) if name != "state"]:
        yield f"step {place} was altered: it is not in the form it was written in ({', '.join(others)})"
    state = found.get("state")
    if not isinstance(state, dict):
        yield f"the state at step {place} is not there"
    elif names := _unlike(expected["state"], state):
        yield f"the state at step {place} does not follow from the one before: {', '.join(names)}"


def _unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> Sequence[str]:
    return sorted(name for name in {*one, *other} if (name in one, one.get(name)) != (name in other, other.get(name)))


def _missing_end(product: Product, documents: Sequence[Document]) -> Iterator[str]:
    """Compare the head of a journal with what the list of units knows of it."""
    last = documents[-1] if documents else {}
    sequence = last.get("sequence", 0)
    if product.state.sequence > sequence:
        yield f"the end is missing: {product.state.sequence} steps were written, {sequence} are there"
    elif product.state.sequence == sequence and product.state.hash != last.get("hash"):
        yield f"the list of units names another hash for step {sequence}"


def engraving_faults(product: Product, documents: Sequence[Document]) -> Iterator[str]:
    """Compare the words of an engraving with what was ordered; where they have been erased, there is nothing to say."""
    ordered = documents[0].get("payload") if documents else None
    if product.engraving and isinstance(ordered, dict) and ordered.get("engraving_hash") != product.engraving.hash:
        yield "its engraving is not the one that was ordered"
