"""Which heads stood when: a chain of its own over all units, so that no journal can be set back alone."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.shared.chain import Head, Sign, digest, members

LOG = "anchors"
NOT_HASHED = frozenset(("hash", "signature"))


@dataclass(frozen=True)
class Anchor:
    """The heads that moved since the anchor before it; signed as the head of the log of anchors."""

    log: str
    sequence: int
    noted_at: datetime
    heads: tuple[Head, ...]
    previous_hash: str | None = None
    hash: str = ""
    signature: str = ""

    @property
    def head(self) -> Head:
        return Head(LOG, self.sequence, self.hash)


def hash_of(anchor: Anchor) -> str:
    return digest(members(anchor, NOT_HASHED))


def note(before: Anchor | None, heads: tuple[Head, ...], wall: datetime, sign: Sign) -> Anchor:
    """Chain the heads that moved to the anchor before."""
    sequence, previous = (before.sequence + 1, before.hash) if before else (1, None)
    anchor = Anchor(LOG, sequence, wall, heads, previous)
    anchor = replace(anchor, hash=hash_of(anchor))
    return replace(anchor, signature=sign(anchor.head))
