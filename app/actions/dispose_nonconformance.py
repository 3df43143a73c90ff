"""disposeNonconformance: an engineer says what becomes of a nonconforming unit."""

from app.actions.journal import Name, append, at_head, settle
from app.domain.event import OURSELVES, Disposer, Disposition, Event
from app.domain.journey import State
from app.domain.nonconformance import check_disposition, nonconformances
from app.domain.order import Product
from app.domain.refusal import InvalidInput, NotAllowed, NotFound, NotPossible, RefusalCode, Unauthenticated
from app.domain.status import disposed_of
from app.domain.viewer import AccountKind, Viewer
from app.store.visibility import visible_products
from app.world import World

KEY_LENGTH_MAX = 128
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
    if idempotency_key is not None and not 1 <= len(idempotency_key) <= KEY_LENGTH_MAX:
        raise InvalidInput(f"An idempotency key has 1 to {KEY_LENGTH_MAX} characters.", ("idempotencyKey",))
    if note is not None and len(note) > NOTE_LENGTH_MAX:
        raise InvalidInput(f"A note has at most {NOTE_LENGTH_MAX} characters.", ("note",))
    found = await world.stores.products.find(code, visible_products(viewer))
    if found is None:
        raise NotFound("There is no such nonconformance.", ("nonconformanceId",))
    if viewer.kind != AccountKind.STAFF or viewer.factory is None:
        raise NotAllowed("Only an engineer of the unit's factory says what becomes of it.", ("nonconformanceId",))
    unit = await at_head(world, found)
    model = world.model(unit.model)
    name = Name(OURSELVES, f"disposed:{id}:key:{idempotency_key}") if idempotency_key else None

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
