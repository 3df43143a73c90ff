"""changeProduct: another choice for a unit, until the operation that freezes it; and what it would cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.actions.design import Choices, authorised
from app.actions.journal import append, at_head, settle
from app.actions.quote import check_orderable
from app.domain.configuration import Selections, choose
from app.domain.event import Change, Event, StepKind
from app.domain.freeze import ChangeWindow, change_windows, check_open
from app.domain.journey import State, handed_over_at
from app.domain.money import Money
from app.domain.order import Product
from app.domain.pricing import added_days, payable_difference
from app.domain.refusal import Conflict, InvalidInput, NotFound, NotPossible, Refusal, RefusalCode
from app.domain.status import DELIVERED, ENDED, product_status
from app.domain.viewer import Viewer
from app.store.visibility import visible_to_buyer
from app.world import World


@dataclass(frozen=True)
class Preview:
    """What a change would bring. `windows` are those of the groups that change, `refusal` what would be answered."""

    selections: Selections
    price_delta: Decimal
    added_days: int
    windows: Sequence[ChangeWindow]
    refusal: Refusal | None


async def change_product(
    world: World, viewer: Viewer | None, code: str, choices: Choices, accept_price_delta: Money
) -> Product:
    """Change the named groups of one unit, at the price difference that the client showed its user.

    The race with the station's report is decided by the journal: `decide` runs against the state at that sequence.
    """
    viewer = authorised(viewer)
    found = await world.stores.products.find(code, visible_to_buyer(viewer))
    if found is None:
        raise NotFound("There is no such unit.", ("code",))
    unit = await at_head(world, found)
    if choose(world.model(unit.model), unit.state.selections, choices) == unit.state.selections:
        return unit

    def decide(state: State) -> Event:
        wanted = choose(world.model(found.model), state.selections, choices)
        return _decide(world, found, state, wanted, accept_price_delta)

    _, unit = await append(world, unit, decide)
    (unit,) = await settle(world, [unit])
    return unit


def preview_change(world: World, unit: Product, choices: Choices) -> Preview:
    """Tell what changeProduct would do just now, by the rules by which it decides."""
    state, model = unit.state, world.model(unit.model)
    wanted = choose(model, state.selections, choices)
    delta = _delta(world, unit, state, wanted)
    try:
        _decide(world, unit, state, wanted, Money(delta, unit.currency))
        refusal = None
    except Refusal as refused:
        refusal = refused
    windows = change_windows(state, unit.current_plan, model, world.calendar(unit.line))
    differing = [w for w in windows if wanted.get(w.group.code) != state.selections.get(w.group.code)]
    days = added_days(model, wanted) - added_days(model, state.selections)
    return Preview(wanted, delta, days, differing, refusal)


def _delta(world: World, product: Product, state: State, wanted: Selections) -> Decimal:
    market = world.catalogue.market_for(product.country)
    return payable_difference(world.model(product.model), market, product.currency, state.selections, wanted)


def _decide(world: World, product: Product, state: State, wanted: Selections, accepted: Money) -> Event:
    model = world.model(product.model)
    status = product_status(state, model)
    if status in ENDED or (status in DELIVERED and handed_over_at(state)):
        raise NotPossible(RefusalCode.TOO_LATE, "This unit can no longer be changed.", ("code",))
    check_open(state, model, world.catalogue.line[product.line], wanted)
    check_orderable(world, model, wanted, product.country, ("selections",))
    if accepted.currency != product.currency:
        raise InvalidInput(f"This unit was bought in {product.currency}.", ("acceptPriceDelta", "currency"))
    delta = _delta(world, product, state, wanted)
    if accepted.amount != delta:
        message = f"The difference is {delta} {product.currency}."
        raise Conflict(message, state.sequence, ("acceptPriceDelta", "amount"))
    return Event(
        kind=StepKind.DESIGN_CHANGED,
        event_id=f"changed:{state.sequence + 1}",
        occurred_at=world.now(),
        change=Change(wanted, delta),
    )
