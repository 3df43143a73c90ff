"""The checks of the anchors: a chain with signatures, to the end that was kept elsewhere, that names what stands."""

from collections.abc import AsyncIterator, Sequence

from app.actions.anchor import verify_anchors
from app.deps import Deps
from app.domain.shared.anchor import LOG, Anchor
from app.ops.doctor.check import Finding
from app.store.snapshot import KeyRange, Snapshot

PAGE = 100


async def examine_anchors(deps: Deps, snapshot: Snapshot, span: KeyRange) -> tuple[int, Sequence[Finding]]:
    """Examine all anchors; return how many there are, and what was found."""
    findings = [Finding("chain", "anchors", problem) for problem in await verify_anchors(deps)]
    count = 0
    async for anchor in _intact(deps):
        findings += await _contradictions(deps, anchor)
        count += 1
    return count, findings


async def _intact(deps: Deps) -> AsyncIterator[Anchor]:
    """Read the anchors that are as they were written, in order."""
    anchors, last = deps.stores.anchors, 0
    while documents := await anchors.documents(LOG, last, PAGE):
        for document in documents:
            anchor = anchors.intact(document)
            if anchor is not None:
                yield anchor
        last = documents[-1]["sequence"]


async def _contradictions(deps: Deps, anchor: Anchor) -> Sequence[Finding]:
    """Compare the heads that an anchor names with the steps that are there: so an end that was cut off is found."""
    steps = await deps.stores.steps.hashes([(head.product, head.sequence) for head in anchor.heads])
    hashes = {(step.product, step.sequence): step.hash for step in steps}
    return [
        Finding("anchors", head.product, f"step {head.sequence} is not as anchor {anchor.sequence} noted it")
        for head in anchor.heads
        if hashes.get((head.product, head.sequence)) != head.hash
    ]
