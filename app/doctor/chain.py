"""Whether a unit's steps hold together: what each hash says, which it names before it, and the head's signature.

A head's signature stands for all steps before it. The signatures of those, and whether each step is in the form in
which it was written, are left to `verify`: they cost several times what the doctor asks of a step.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from app.auth.keys import Keys
from app.auth.seal import check_head
from app.doctor.check import UNREADABLE
from app.doctor.replay import EMPTY, EVENT, first_state
from app.domain.chain import Head, link_faults
from app.domain.journey import State, Step
from app.store.database import Document

NAMED = ("product", "model", "line", "sequence", "recorded_at")
CHAINED = ("previous_hash", "hash", "signature")


def broken_chain(keys: Keys, steps: Sequence[Document]) -> Iterator[str]:
    """Yield a sentence for each step that its hash does not fit, or that does not name the hash before it."""
    before: Step | None = None

    def signed(signature: str, head: Head) -> bool:
        return check_head(keys, signature, head)

    for document in steps:
        try:
            step = _step(document, EMPTY if before else first_state(document))
            yield from link_faults(before, step, signed if document is steps[-1] else _unchecked)
        except UNREADABLE as error:
            yield f"step {document.get('sequence')} cannot be hashed: {type(error).__name__}"
            return
        before = step


def _unchecked(signature: str, head: Head) -> bool:
    return True


def _step(document: Document, state: State) -> Step:
    """Read what is hashed of a step: of its state only what was ordered, at the first; the replay looks at the rest."""
    said: dict[str, Any] = {name: document[name] for name in NAMED} | {name: document.get(name) for name in CHAINED}
    return Step(**vars(EVENT.validate_python(document)), **said, state=state)
