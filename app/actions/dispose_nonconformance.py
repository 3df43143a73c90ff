"""disposeNonconformance: an engineer says what becomes of a nonconforming unit."""

from app.actions.journal import Name, append, at_head, settle
from app.domain.conclusion import disposed_of
from app.domain.event import OURSELVES, Disposer, Disposition, Event
from app.domain.idempotency import checked_key, hashed_key
from app.domain.journey import State
from app.domain.nonconformance import check_disposition, nonconformances
from app.domain.order import Product
from app.domain.refusal import InvalidInput, NotAllowed, NotFound, NotPossible, RefusalCode, Unauthenticated
from app.domain.viewer import AccountKind, Viewer
from app.store.visibility import visible_products
from app.world import World

NOTE_LENGTH_MAX = 1000


async def dispose_nonconformance(
    world: World,
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
    found = await world.stores.products.find(code, visible_products(viewer))
    if found is None:
        raise NotFound("There is no such nonconformance.", ("nonconformanceId",))
    if viewer.kind != AccountKind.STAFF or viewer.factory is None:
        raise NotAllowed("Only an engineer of the unit's factory says what becomes of it.", ("nonconformanceId",))
    unit = await at_head(world, found)
    model = world.model(unit.model)
    name = await _name(world, unit, id, idempotency_key) if idempotency_key else None

    def decide(state: State) -> Event:
        if not any(known.id == id for known in nonconformances(state, model)):
            raise NotFound("There is no such nonconformance.", ("nonconformanceId",))
        event_id = name.event_id if name else f"disposed:{id}:{state.sequence + 1}"
        failure = check_disposition(state, model, id, disposition)
        return disposed_of(state, model, failure, disposition, Disposer.ENGINEER, world.now(), event_id, note)

    present = unit.state.disposed.get(id)
    if idempotency_key is None and present and (present.disposition, present.by) == (disposition, Disposer.ENGINEER):
        return unit
    step, unit = await append(world, unit, decide, name)
    if step.disposal is None or step.disposal.disposition != disposition:
        message = "This key was used with another disposition."
        raise NotPossible(RefusalCode.KEY_REUSED, message, ("idempotencyKey",))
    (unit,) = await settle(world, [unit])
    return unit


async def _name(world: World, unit: Product, id: str, idempotency_key: str) -> Name:
    """Name a disposition by its key, or as journals from before keys were hashed name it."""
    former = f"disposed:{id}:key:{idempotency_key}"
    if await world.stores.steps.find_event(unit.code, OURSELVES, former):
        return Name(OURSELVES, former)
    return Name(OURSELVES, f"disposed:{id}:key:{hashed_key(unit.code, idempotency_key)}")
