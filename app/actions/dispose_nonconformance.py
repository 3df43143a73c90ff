"""disposeNonconformance: an engineer says what becomes of a nonconforming unit."""

from app.actions.journal import EventKey, append, at_head, conclude_and_project
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.idempotency import checked_key, hashed_key
from app.domain.shared.refusal import InvalidInput, NotAllowed, NotFound, NotPossible, RefusalCode, Unauthenticated
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.conclusion import disposed_of
from app.domain.unit.event import OURSELVES, Disposer, Disposition, Event
from app.domain.unit.journey import State
from app.domain.unit.nonconformance import check_disposition, nonconformances
from app.store.visibility import visible_products

NOTE_LENGTH_MAX = 1000


async def dispose_nonconformance(
    deps: Deps,
    viewer: Viewer | None,
    code: str,
    id: str,
    disposition: Disposition,
    note: str | None,
    idempotency_key: str | None,
) -> Product:
    """Set a disposition, again where an earlier one did not do. The same with the same key again writes nothing."""
    if viewer is None:
        raise Unauthenticated("Sign in first.")
    if idempotency_key is not None:
        checked_key(idempotency_key)
    if note is not None and len(note) > NOTE_LENGTH_MAX:
        raise InvalidInput(f"A note has at most {NOTE_LENGTH_MAX} characters.", ("note",))
    found = await deps.stores.products.find(code, visible_products(viewer))
    if found is None:
        raise NotFound("There is no such nonconformance.", ("nonconformanceId",))
    if viewer.kind != AccountKind.STAFF or viewer.factory is None:
        raise NotAllowed("Only an engineer of the unit's factory says what becomes of it.", ("nonconformanceId",))
    unit = await at_head(deps, found)
    model = deps.model(unit.model)
    name = await _name(deps, unit, id, idempotency_key) if idempotency_key else None

    def decide(state: State) -> Event:
        if not any(known.id == id for known in nonconformances(state, model)):
            raise NotFound("There is no such nonconformance.", ("nonconformanceId",))
        event_id = name.event_id if name else f"disposed:{id}:{state.sequence + 1}"
        failure = check_disposition(state, model, id, disposition)
        return disposed_of(state, model, failure, disposition, Disposer.ENGINEER, deps.now(), event_id, note)

    present = unit.state.disposed.get(id)
    if idempotency_key is None and present and (present.disposition, present.by) == (disposition, Disposer.ENGINEER):
        return unit
    step, unit = await append(deps, unit, decide, name)
    if step.disposal is None or step.disposal.disposition != disposition:
        message = "This key was used with another disposition."
        raise NotPossible(RefusalCode.KEY_REUSED, message, ("idempotencyKey",))
    (unit,) = await conclude_and_project(deps, [unit])
    return unit


async def _name(deps: Deps, unit: Product, id: str, idempotency_key: str) -> EventKey:
    """Name a disposition by its key, or as journals from before keys were hashed name it."""
    former = f"disposed:{id}:key:{idempotency_key}"
    if await deps.stores.steps.find_event(unit.code, OURSELVES, former):
        return EventKey(OURSELVES, former)
    return EventKey(OURSELVES, f"disposed:{id}:key:{hashed_key(unit.code, idempotency_key)}")
