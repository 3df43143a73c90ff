"""Notes which heads stand, every few seconds, and checks what was noted."""

import logging
from collections.abc import Iterator, Sequence

from app.actions.journal import append
from app.auth.seal import check_head
from app.deps import Deps
from app.domain.shared.anchor import LOG, Anchor, hash_of, note
from app.domain.shared.chain import Head
from app.store.database import Document

log = logging.getLogger(__name__)
HEADS_MAX = 500
PAGE = 100


async def note_heads(deps: Deps, codes: Sequence[str], noted: dict[str, int]) -> None:
    """Note the heads of units that moved beyond what was `noted`, which is brought up to date.

    Forgetting `noted` is harmless: the same head is noted twice. Called under a lease; where two processes hold it for
    a moment, both note what they found, one behind the other.
    """
    for code in set(noted) - set(codes):
        del noted[code]
    for start in range(0, len(codes), HEADS_MAX):
        heads = await deps.stores.steps.heads(codes[start : start + HEADS_MAX])
        moved = [(code, sequence) for code, sequence in heads.items() if noted.get(code, 0) < sequence]
        chained = tuple(await deps.stores.steps.hashes(moved))
        if chained:
            await _note(deps, chained)
        noted |= dict(moved)


async def _note(deps: Deps, heads: tuple[Head, ...]) -> None:
    anchors = deps.stores.anchors

    def decide(before: Anchor | None) -> Anchor:
        return note(before, heads, deps.wall(), deps.sign)

    async def write(_: Anchor | None, anchor: Anchor) -> None:
        await anchors.append(anchor)
        if not await anchors.keep(deps.settings.data_dir, anchor):
            message = "the anchors were cut off or altered: run python -m app verify --all"
            log.error(message, extra={"anchor": anchor.sequence})

    await append(await anchors.last(), decide, write, anchors.last)


async def verify_anchors(deps: Deps) -> list[str]:
    """Say what is wrong with the anchors, from the first to the one that was kept outside the database."""
    anchors, found = deps.stores.anchors, list[str]()
    before: Anchor | None = None
    kept = anchors.kept(deps.settings.data_dir)
    while documents := await anchors.documents(LOG, before.sequence if before else 0, PAGE):
        for document in documents:
            anchor = anchors.intact(document)
            if anchor is None:
                return [*found, f"anchor {document['sequence']} was altered"]
            found += _faults(deps, before, anchor, kept)
            before = anchor
    last = before.sequence if before else 0
    if kept and kept.sequence > last:
        found.append(f"anchors are missing at the end: {kept.sequence} were written, {last} are there")
    return found


def _faults(deps: Deps, before: Anchor | None, anchor: Anchor, kept: Head | None) -> Iterator[str]:
    expected, previous = (before.sequence + 1, before.hash) if before else (1, None)
    if (anchor.sequence, anchor.previous_hash) != (expected, previous):
        yield f"anchor {anchor.sequence} does not follow from the one before"
    if not _holds(deps, anchor):
        yield f"anchor {anchor.sequence} was altered"
    if kept and kept.sequence == anchor.sequence and kept.hash != anchor.hash:
        yield f"anchor {anchor.sequence} is not the one that was kept"


def _holds(deps: Deps, anchor: Anchor) -> bool:
    return anchor.hash == hash_of(anchor) and check_head(deps.keys, anchor.signature, anchor.head)


async def anchored(deps: Deps, product: str) -> list[Head]:
    """Find the heads of a unit that were noted, by anchors that hold."""
    found = [deps.stores.anchors.intact(document) for document in await deps.stores.anchors.naming(product)]
    holding = [anchor for anchor in found if anchor is not None and _holds(deps, anchor)]
    return [head for anchor in holding for head in anchor.heads if head.product == product]


def contradicted(heads: Sequence[Head], documents: Sequence[Document]) -> Iterator[str]:
    """Compare a unit's noted heads with the steps that are there."""
    hashes = {document.get("sequence"): document.get("hash") for document in documents}
    if lost := sorted({head.sequence for head in heads} - set(hashes)):
        yield f"the end is missing: step {lost[-1]} was noted as the head"
    for head in sorted(set(heads), key=lambda head: head.sequence):
        if head.sequence in hashes and hashes[head.sequence] != head.hash:
            yield f"step {head.sequence} is not the one that was noted as the head"
