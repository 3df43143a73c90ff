"""Whether a unit's steps hold together: what each hash says, which it names before it, and the head's signature.

A head's signature stands for all steps before it. The signatures of those, and whether each step is in the form in
which it was written, are left to `verify`: they cost several times what the doctor asks of a step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.auth.keys import Keys
from app.auth.seal import check_head
from app.domain.shared.chain import Head, link_faults
from app.ops.doctor.check import UNREADABLE
from app.ops.doctor.entry import Entry, StoredStep
from app.ops.doctor.replay import first_state


def broken_chain(keys: Keys, entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a sentence for each step that its hash does not fit, or that does not name the hash before it."""
    before: StoredStep | None = None

    def signed(signature: str, head: Head) -> bool:
        return check_head(keys, signature, head)

    for entry in entries:
        step = entry.step
        if step is None:
            yield f"step {entry.place} cannot be hashed: it cannot be read"
            return
        try:
            if before is None:
                step = replace(step, state=first_state(entry))  # what was ordered is hashed too
            yield from link_faults(before, step, signed if entry is entries[-1] else _unchecked)
        except UNREADABLE as error:
            yield f"step {entry.place} cannot be hashed: {type(error).__name__}"
            return
        before = step


def _unchecked(signature: str, head: Head) -> bool:
    return True
