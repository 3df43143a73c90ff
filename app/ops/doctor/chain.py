"""Whether a unit's steps hold together: what each hash says, which it names before it, and the head's signature.

A head's signature stands for all steps before it. The signatures of those are left to `verify`: they cost several times
what the doctor asks of a step.
"""

from collections.abc import Iterator, Sequence

from app.auth.keys import Keys
from app.auth.seal import check_head
from app.domain.shared.chain import Head, link_faults
from app.domain.unit.journey import JournalEntry, Step
from app.store.database import UNREADABLE


def broken_chain(keys: Keys, entries: Sequence[JournalEntry | None]) -> Iterator[str]:
    """Yield a sentence for each step that its hash does not fit, or that does not name the hash before it."""
    before: Step | None = None

    def signed(signature: str, head: Head) -> bool:
        return check_head(keys, signature, head)

    for place, entry in enumerate(entries, 1):
        if entry is None:
            yield f"step {place} cannot be hashed: it cannot be read"
            return
        try:
            yield from link_faults(before, entry.step, signed if place == len(entries) else _unchecked)
        except UNREADABLE as error:
            yield f"step {place} cannot be hashed: {type(error).__name__}"
            return
        before = entry.step


def _unchecked(signature: str, head: Head) -> bool:
    return True
