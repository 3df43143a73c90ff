"""changeProduct: another choice for a unit, until the operation that freezes it."""

from collections.abc import Sequence

from app.actions.design import authorised
from app.actions.journal import append, at_head, settle
from app.actions.quote import check_orderable
from app.domain.configuration import choose
from app.domain.event import Change, Event, StepKind
from app.domain.freeze import check_open
from app.domain.journey import State
from app.domain.money import Money
from app.domain.order import Product
from app.domain.pricing import payable_difference
from app.domain.refusal import Conflict, InvalidInput, NotFound, NotPossible, RefusalCode
from app.domain.status import DELIVERED, ENDED, product_status
from app.domain.viewer import Viewer
from app.store.visibility import visible_to_buyer
from app.world import World


async def change_product(
    world: World,
    viewer: Viewer | None,
    code: str,
    choices: Sequence[tuple[str, Sequence[str]]],
    accept_price_delta: Money,
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
    _, unit = await append(world, unit, lambda state: _decide(world, found, state, choices, accept_price_delta))
    (unit,) = await settle(world, [unit])
    return unit


def _decide(
    world: World, product: Product, state: State, choices: Sequence[tuple[str, Sequence[str]]], accepted: Money
) -> Event:
    model = world.model(product.model)
    if product_status(state, model) in ENDED | DELIVERED:
        raise NotPossible(RefusalCode.TOO_LATE, "This unit can no longer be changed.", ("code",))
    wanted = choose(model, state.selections, choices)
    check_open(state, model, world.catalogue.line[product.line], wanted)
    check_orderable(world, model, wanted, product.country)
    if accepted.currency != product.currency:
        raise InvalidInput(f"This unit was bought in {product.currency}.", ("acceptPriceDelta", "currency"))
    currency = product.currency
    market = world.catalogue.market_for(product.country)
    delta = payable_difference(model, market, currency, state.selections, wanted)
    if accepted.amount != delta:
        raise Conflict(f"The difference is {delta} {currency}.", state.sequence, ("acceptPriceDelta", "amount"))
    return Event(
        kind=StepKind.DESIGN_CHANGED,
        event_id=f"changed:{state.sequence + 1}",
        occurred_at=world.now(),
        change=Change(wanted, delta),
    )
