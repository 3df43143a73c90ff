"""A unit's journal as one JSON document, for whoever wants to check it without us."""

from typing import Any

from app.actions.access import get_unit, signed_in
from app.deps import Deps
from app.domain.shared.chain import content
from app.domain.shared.refusal import no_such
from app.domain.shared.viewer import Viewer
from app.domain.unit.code import format_code
from app.store.visibility import visible_orders

FORMAT = "zero-distance-journal/1"
PAGE = 500


async def export_journal(deps: Deps, viewer: Viewer | None, code: str) -> dict[str, Any]:
    """Export a journal with its hashes and signatures to its buyer and to staff that see prices: it holds some."""
    viewer = signed_in(viewer)
    await get_unit(deps, viewer, code, visible_orders)
    if viewer.factory is not None:
        raise no_such("unit", "code")
    steps: list[dict[str, Any]] = []
    while page := await deps.stores.steps.read_steps(code, len(steps), PAGE):
        steps += [{"content": content(step), "hash": step.hash, "signature": step.signature} for step in page]
    return {"format": FORMAT, "product": code, "code": format_code(code), "steps": steps}
