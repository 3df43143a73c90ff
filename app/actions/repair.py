"""What the next read of a unit completes, because a crash may have come between its step and what follows from it.

A projection that lags behind is repaired by the unit's next step, by the next read of that unit, and by the doctor: so
the reads of one unit go through here. Lists do not repair; for them the sweep does, seconds later. Likewise
`app.actions.performance` issues a report that a crash left out when somebody asks for it.
"""

from app.actions.unit import at_head, project
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.viewer import Viewer
from app.store.extent import Extent
from app.store.visibility import visible_products


async def find_unit(deps: Deps, viewer: Viewer | None, code: str, extent: Extent = Extent.WHOLE) -> Product | None:
    """Find a visible unit as its journal says it is; a projection that lags behind is written anew."""
    found = await deps.stores.products.find_with_head(code, visible_products(viewer), extent)
    if found is None:
        return None
    unit, head = found
    if unit.state.sequence == head:
        return unit
    whole = await deps.stores.products.find(code)
    assert whole is not None, "a unit is never deleted"
    unit = await at_head(deps, whole)
    await project(deps, [unit])
    return unit
