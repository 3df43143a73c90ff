"""decide: the customer's answer to a question that an inspection raised."""

from datetime import UTC, datetime

from app.actions.access import get_unit, signed_in
from app.actions.journal import NothingToAppend
from app.actions.unit import act_on_unit
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.idempotency import checked_key, hashed_key
from app.domain.shared.refusal import InvalidInput, NotPossible, RefusalCode, no_such
from app.domain.shared.viewer import Viewer
from app.domain.unit.conclusion import decision_made
from app.domain.unit.decision import choices
from app.domain.unit.event import Event
from app.domain.unit.state import State
from app.domain.unit.status import concessions, open_failures
from app.store.visibility import visible_to_buyer


async def decide(
    deps: Deps, viewer: Viewer | None, code: str, decision_id: str, choice: str, idempotency_key: str
) -> Product:
    """Settle a decision. The same key and choice again answer the same; after the deadline, DEADLINE_PASSED."""
    viewer = signed_in(viewer)
    checked_key(idempotency_key)
    found = await get_unit(deps, viewer, code, visible_to_buyer, "decision", "decisionId")
    key = hashed_key(found.code, idempotency_key)

    def decide_once(state: State) -> Event:
        if _is_settled(state, decision_id, choice, key):
            raise NothingToAppend
        return _decide(deps, found, state, decision_id, choice, key)

    _, unit = await act_on_unit(deps, found, decide_once)
    return unit


def _is_settled(state: State, decision_id: str, choice: str, key: str) -> bool:
    """Tell whether this very answer stands already; raises NotPossible where another one does."""
    decided = state.decided.get(decision_id)
    if decided is None:
        return False
    if decided.idempotency_key is None:
        raise NotPossible(RefusalCode.DEADLINE_PASSED, "The deadline has passed.", ("decisionId",))
    if decided.idempotency_key != key:
        raise NotPossible(RefusalCode.TOO_LATE, f"It is decided already: {decided.choice}.", ("decisionId",))
    if decided.choice != choice:
        raise NotPossible(RefusalCode.KEY_REUSED, "This key was used with another choice.", ("idempotencyKey",))
    return True


def _decide(deps: Deps, product: Product, state: State, decision_id: str, choice: str, key: str) -> Event:
    model = deps.model_of(product)
    failure = next((f for f in open_failures(state, model) if f.decision_id == decision_id), None)
    request = state.requested.get(decision_id)
    if request is None:
        raise no_such("decision", "decisionId")
    if failure is None:
        raise NotPossible(RefusalCode.TOO_LATE, "There is nothing left to decide.", ("decisionId",))
    now = deps.now()
    if request.deadline <= now:
        raise NotPossible(RefusalCode.DEADLINE_PASSED, _was(request.deadline), ("decisionId",))
    offered = choices(concessions(model, request.evidence), product.currency, product.charges.added_tax)
    chosen = next((offer for offer in offered if offer.choice == choice), None)
    if chosen is None:
        raise InvalidInput(f"The choices are {', '.join(offer.choice for offer in offered)}.", ("choice",))
    return decision_made(failure, chosen, now, key)


def _was(deadline: datetime) -> str:
    """Say when a deadline was, by RFC 3339."""
    at = deadline.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"The deadline was {at}."
