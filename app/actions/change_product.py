"""changeProduct: another choice for a unit, until the operation that freezes it.

The race with the station's report is decided by the unit's journal. Where a line bears only so many of an option, that
of two customers for the last of them is decided by the line's state: the choice and the count are one transaction.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from app.actions.access import get_unit, signed_in
from app.actions.journal import NothingToAppend
from app.actions.quote import check_buildable
from app.actions.schedule import placed_unit, waiting_unit
from app.actions.unit import act_on_unit, projection
from app.deps import Deps
from app.domain.configuration.configuration import Choices, Selections, choose
from app.domain.configuration.pricing import payable_difference
from app.domain.line.capacity import Load, classes_of, exceeded_by, window_width
from app.domain.line.pace import refitted
from app.domain.line.state import LineState
from app.domain.order.order import Product
from app.domain.shared.money import Money
from app.domain.shared.refusal import Conflict, InvalidInput, NotPossible, RefusalCode
from app.domain.shared.viewer import Viewer
from app.domain.unit.event import Event
from app.domain.unit.freeze import check_open
from app.domain.unit.journey import JournalEntry
from app.domain.unit.kinds.change import Change, ChangeKind
from app.domain.unit.stage import BEFORE_PRODUCTION, DELIVERED, ENDED
from app.domain.unit.state import State
from app.domain.unit.status import product_status
from app.store.database import Transaction, Within
from app.store.place import PlaceRange, UnitAtPlace
from app.store.visibility import visible_to_buyer


async def change_product(
    deps: Deps, viewer: Viewer | None, code: str, choices: Choices, accept_price_delta: Money
) -> Product:
    """Change the named groups of one unit, at the price difference that the client showed its user.

    The same change again, at the same time too, answers the unit.
    """
    found = await get_unit(deps, signed_in(viewer), code, visible_to_buyer)
    model = deps.model_of(found)

    def decide(state: State) -> Event:
        wanted = choose(model, state.selections, choices)
        if wanted == state.selections:
            raise NothingToAppend
        return decide_change(deps, found, state, wanted, accept_price_delta)

    _, unit = await act_on_unit(deps, found, decide, beside=partial(_count_on_line, deps, found))
    return await _refit(deps, unit)


def _count_on_line(deps: Deps, found: Product, before: State, entry: JournalEntry) -> Sequence[Within]:
    """Say what is written with a change that takes up something of which the line bears only so many: its count."""
    unit, changed = replace(found, state=before), replace(found, state=entry.state)
    wanted = changed.state.selections
    if unit.current_plan is None or not takes_up(deps, unit, wanted):
        return ()

    async def count(transaction: Transaction) -> None:
        line = await deps.stores.lines.begin_change(unit.line, transaction)
        await _check_capacity(deps, unit, wanted, line, transaction)
        await deps.stores.products.project_within(transaction, [projection(deps, changed)])

    return (count,)


def takes_up(deps: Deps, unit: Product, wanted: Selections) -> bool:
    """Tell whether a choice adds an option of which the unit's line bears only so many."""
    load, model = Load(deps.catalogue.line[unit.line].capacities), deps.model_of(unit)
    return not load.limited(classes_of(model, wanted)) <= load.limited(classes_of(model, unit.state.selections))


async def _check_capacity(
    deps: Deps, unit: Product, wanted: Selections, state: LineState, transaction: Transaction
) -> None:
    """Raise NotPossible where a unit's place is settled and the line cannot build one more so there."""
    own = await deps.stores.places.find(unit.code, transaction)
    near = places_near(deps, unit, own, state) if own else None
    if own and near:
        check_capacity(deps, unit, own, await deps.stores.places.between(*near, transaction), wanted)


def places_near(deps: Deps, unit: Product, own: UnitAtPlace, state: LineState) -> PlaceRange | None:
    """Name the places whose units count for what can be built at a unit's own; None where it is put in order again."""
    position, away = own.plan.position, window_width(deps.catalogue.line[unit.line])
    if position > state.frozen and product_status(unit.state, deps.model_of(unit)) in BEFORE_PRODUCTION:
        return None
    return PlaceRange(unit.line, position - away - 1, max(position, min(position + away, state.frozen)))


def check_capacity(
    deps: Deps, unit: Product, own: UnitAtPlace, near: Sequence[UnitAtPlace], wanted: Selections
) -> None:
    """Raise NotPossible where, with what is built near by, the line cannot build one more so at a unit's place."""
    others = [placed_unit(deps, other) for other in near if other.code != own.code]
    full = exceeded_by(deps.calendar(unit.line), others, placed_unit(deps, own), wanted)
    if full is not None:
        among = f"of {full.of} units in a row" if full.of else "units in a shift"
        message = f"The unit's place on its line is settled, and at most {full.at_most} {among} have {full.option}."
        raise NotPossible(RefusalCode.LINE_FULL, message, ("selections",))


async def _refit(deps: Deps, unit: Product) -> Product:
    """Give a unit the finish that follows from its choices, as the planner would within seconds."""
    plan, model = unit.plan, deps.model_of(unit)
    if plan is None or product_status(unit.state, model) not in BEFORE_PRODUCTION:
        return unit
    fitted = refitted(deps.calendar(unit.line), plan, waiting_unit(deps, unit))
    await deps.stores.places.refit(unit.code, plan, fitted)
    return replace(unit, plan=fitted)


def difference(deps: Deps, product: Product, state: State, wanted: Selections) -> Decimal:
    """Subtract what a unit costs as it is from what it would cost: by the prices and the tax it was bought at."""
    model = deps.model_of(product)
    return payable_difference(model, product.charges, product.currency, state.selections, wanted)


def decide_change(deps: Deps, product: Product, state: State, wanted: Selections, accepted: Money) -> Event:
    model = deps.model_of(product)
    status = product_status(state, model)
    if status in ENDED or (status in DELIVERED and state.handed_over_at):
        raise NotPossible(RefusalCode.TOO_LATE, "This unit can no longer be changed.", ("code",))
    check_open(state, model, deps.catalogue.line[product.line], wanted)
    check_buildable(deps.offered_to(replace(product, state=state)), wanted, product.country, ("selections",))
    if accepted.currency != product.currency:
        raise InvalidInput(f"This unit was bought in {product.currency}.", ("acceptPriceDelta", "currency"))
    delta = difference(deps, product, state, wanted)
    if accepted.amount != delta:
        message = f"The difference is {delta} {product.currency}."
        raise Conflict(message, state.sequence, ("acceptPriceDelta", "amount"))
    return Event(
        kind=ChangeKind.DESIGN_CHANGED,
        event_id=f"changed:{state.sequence + 1}",
        occurred_at=deps.now(),
        payload=Change(wanted, delta),
    )
