"""A scrapped unit is replaced: a new one with a new code, in the same order, together with the step that says so."""

from dataclasses import dataclass, replace

from app.actions.journal import NothingToAppend, append, append_together
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.unit import journey
from app.domain.unit.code import new_code
from app.domain.unit.conclusion import SCRAPPED, is_remade, owes_successor
from app.domain.unit.event import Event
from app.domain.unit.journey import JournalEntry, Unit
from app.domain.unit.kinds.ordering import Ordered, OrderingKind, salted
from app.domain.unit.kinds.quality import QualityKind, Succession
from app.domain.unit.listing import listing
from app.domain.unit.stage import ProductStatus
from app.domain.unit.state import State
from app.store.product import Projection


@dataclass(frozen=True)
class Replacement:
    """The step that says that a unit is scrapped, the first step of the unit that replaces it, and that unit."""

    scrapped: JournalEntry
    first: JournalEntry
    successor: Product


async def replace_scrapped(deps: Deps, unit: Product) -> Product:
    """Announce SCRAPPED and make the successor in one transaction; return the unit as its journal is after it.

    Whoever does it, it is done once: the index on the announcement's eventId lets one transaction commit.
    The planner gives the successor its place, before all others that wait.
    """

    def decide(state: State) -> Replacement:
        if not owes_successor(state):
            raise NothingToAppend
        return _replacement(deps, replace(unit, state=state))

    async def read_state() -> State:
        head = await deps.stores.steps.head(unit.code)
        return head.state if head else unit.state

    done = await append(unit.state, decide, lambda _, made: _write(deps, made), read_state)
    return replace(unit, state=done.entry.scrapped.state if done.entry else done.head)


def _replacement(deps: Deps, unit: Product) -> Replacement:
    """Make what replaces a unit: it is built as the scrapped one was to be, whose price changes stay with that one."""
    state, code, edition, now = unit.state, new_code(), deps.edition_of(unit), deps.now()
    model, engraving = edition.model, salted(unit.engraving.text if unit.engraving else None)
    hashed = engraving.hash if engraving else None
    succession = Succession(code, is_remade(state))
    scrapped = Event(kind=QualityKind.SCRAPPED, event_id=SCRAPPED, occurred_at=now, payload=succession)
    ordered = Event(
        kind=OrderingKind.ORDER_PLACED,
        event_id=f"replaces:{unit.code}",
        occurred_at=now,
        payload=Ordered(state.selections, state.design_revision, hashed, edition.content_hash),
    )
    last = journey.append(unit.unit, model, state, scrapped, now, deps.sign)
    first = journey.append(Unit(code, unit.model, unit.edition, unit.line), model, State(), ordered, now, deps.sign)
    made = replace(unit, code=code, ordered_at=now, state=first.state, engraving=engraving, replaces=unit.code)
    return Replacement(last, first, replace(made, plan=None))


async def _write(deps: Deps, made: Replacement) -> None:
    successor, stores = made.successor, deps.stores
    looked_for = listing(successor.state, deps.model_of(successor))
    projection = Projection(successor, ProductStatus.ORDERED, successor.ordered_at, looked_for)
    await append_together(
        deps,
        stores.steps,
        [made.scrapped, made.first],
        lambda transaction: stores.orders.add_unit_within(transaction, successor.order, successor.code),
        lambda transaction: stores.products.insert_within(transaction, [projection]),
    )
