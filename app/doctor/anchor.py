"""The checks of the anchors: a chain with signatures, to the end that was kept elsewhere, that names what stands."""

from collections.abc import AsyncIterator, Sequence

from app.actions.anchor import verify_anchors
from app.doctor.check import Finding
from app.domain.anchor import LOG, Anchor
from app.store.span import Moment, Span
from app.world import World

PAGE = 100


async def examine_anchors(world: World, moment: Moment, span: Span) -> tuple[int, Sequence[Finding]]:
    """Examine all anchors; return how many there are, and what was found."""
    findings = [Finding("chain", "anchors", problem) for problem in await verify_anchors(world)]
    count = 0
    async for anchor in _intact(world):
        findings += await _contradictions(world, anchor)
        count += 1
    return count, findings


async def _intact(world: World) -> AsyncIterator[Anchor]:
    """Read the anchors that are as they were written, in order."""
    anchors, last = world.stores.anchors, 0
    while documents := await anchors.documents(LOG, last, PAGE):
        for document in documents:
            anchor = anchors.intact(document)
            if anchor is not None:
                yield anchor
        last = documents[-1]["sequence"]


async def _contradictions(world: World, anchor: Anchor) -> Sequence[Finding]:
    """Compare the heads that an anchor names with the steps that are there: so an end that was cut off is found."""
    steps = await world.stores.steps.hashes([(head.product, head.sequence) for head in anchor.heads])
    hashes = {(step.product, step.sequence): step.hash for step in steps}
    return [
        Finding("anchors", head.product, f"step {head.sequence} is not as anchor {anchor.sequence} noted it")
        for head in anchor.heads
        if hashes.get((head.product, head.sequence)) != head.hash
    ]
