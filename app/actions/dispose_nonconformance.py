"""disposeNonconformance: an engineer says what becomes of a nonconforming unit."""

from app.actions.access import get_unit, signed_in
from app.actions.journal import NothingToAppend
from app.actions.unit import EventKey, act_on_unit
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.idempotency import checked_key, hashed_key
from app.domain.shared.refusal import InvalidInput, NotAllowed, NotPossible, RefusalCode, no_such
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.conclusion import disposed_of
from app.domain.unit.disposition import Disposer, Disposition
from app.domain.unit.event import OURSELVES, Event
from app.domain.unit.kinds.quality import Disposal
from app.domain.unit.nonconformance import check_disposition, nonconformances
from app.domain.unit.state import State

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
    """Set a disposition, again where an earlier one did not do. The same with the same key again writes nothing.

    Without a key, neither does what is an engineer's disposition already.
    """
    viewer = signed_in(viewer)
    if idempotency_key is not None:
        checked_key(idempotency_key)
    if note is not None and len(note) > NOTE_LENGTH_MAX:
        raise InvalidInput(f"A note has at most {NOTE_LENGTH_MAX} characters.", ("note",))
    unit = await get_unit(deps, viewer, code, noun="nonconformance", path="nonconformanceId")
    if viewer.kind != AccountKind.STAFF or viewer.factory is None:
        raise NotAllowed("Only an engineer of the unit's factory says what becomes of it.", ("nonconformanceId",))
    key = EventKey(OURSELVES, f"disposed:{id}:key:{hashed_key(code, idempotency_key)}") if idempotency_key else None

    def decide(state: State) -> Event:
        known = state.disposed.get(id)
        if key is None and known and (known.disposition, known.by) == (disposition, Disposer.ENGINEER):
            raise NothingToAppend
        return _decide(deps, unit, state, id, disposition, note, key)

    entry, unit = await act_on_unit(deps, unit, decide, key)
    if entry is not None and entry.step.carried(Disposal).disposition != disposition:
        message = "This key was used with another disposition."
        raise NotPossible(RefusalCode.KEY_REUSED, message, ("idempotencyKey",))
    return unit


def _decide(
    deps: Deps, unit: Product, state: State, id: str, disposition: Disposition, note: str | None, key: EventKey | None
) -> Event:
    model = deps.model_of(unit)
    if not any(known.id == id for known in nonconformances(state, model)):
        raise no_such("nonconformance", "nonconformanceId")
    event_id = key.event_id if key else f"disposed:{id}:{state.sequence + 1}"
    failure = check_disposition(state, model, id, disposition)
    return disposed_of(state, model, failure, disposition, Disposer.ENGINEER, deps.now(), event_id, note)
