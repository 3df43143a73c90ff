"""verify: whether a unit's journal is as it was written, from the first step to the last."""

from collections.abc import Iterator, Sequence

from app.actions.anchor import anchored, contradicted
from app.auth.seal import check_head
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.chain import faults
from app.domain.unit.journey import State, Step, follow
from app.store.database import Document

UNREADABLE = (ValueError, TypeError, LookupError, AssertionError)
"""What following an altered step may raise."""


async def verify(deps: Deps, product: Product) -> list[str]:
    """Say what is wrong with a unit's journal; nothing where all is as it was written.

    `product` is as it stands in the list of units: a second record of the head, by which a missing end is found.
    """
    heads = await anchored(deps, product.code)
    documents = await deps.stores.steps.documents(product.code)
    return [*chain_faults(deps, documents), *_missing_end(product, documents), *contradicted(heads, documents)]


def chain_faults(deps: Deps, documents: Sequence[Document]) -> Iterator[str]:
    """Yield what is wrong with one unit's steps as they are stored, in their order."""
    before: Step | None = None
    for document in documents:
        step = deps.stores.steps.intact(document)
        if step is None:
            yield f"step {document.get('sequence')} was altered: it is not in the form it was written in"
            continue
        try:
            yield from _step_faults(deps, before, step)
        except UNREADABLE as error:
            yield f"step {step.sequence} was altered: it cannot be followed ({type(error).__name__})"
        before = step


def _step_faults(deps: Deps, before: Step | None, step: Step) -> Iterator[str]:
    yield from faults(before, step, lambda signature, head: check_head(deps.keys, signature, head))
    if follow(before.state if before else _start(step), step, step.recorded_at) != step.state:
        yield f"the state at step {step.sequence} does not follow from the one before"


def _start(first: Step) -> State:
    """Return the state that a unit starts from: what was ordered, which the first step's hash covers."""
    state = first.state
    return State(selections=state.selections, engraving=state.engraving, design_revision=state.design_revision)


def _missing_end(product: Product, documents: Sequence[Document]) -> Iterator[str]:
    """Compare the head of a journal with what the list of units knows of it."""
    last = documents[-1] if documents else {}
    sequence = last.get("sequence", 0)
    if product.state.sequence > sequence:
        yield f"the end is missing: {product.state.sequence} steps were written, {sequence} are there"
    elif product.state.sequence == sequence and product.state.hash != last.get("hash"):
        yield f"the list of units names another hash for step {sequence}"
