"""requestQuote: an immutable, itemised price for one design revision."""

import secrets
from dataclasses import fields
from datetime import date, timedelta

from app.actions.design import authorised, find_design
from app.domain.catalogue import Model
from app.domain.configuration import Selections, evaluate
from app.domain.country import checked_country
from app.domain.eta import transit
from app.domain.order import Quote, Wanted
from app.domain.planning import work_seconds
from app.domain.pricing import added_days, checked_currency, payable
from app.domain.refusal import Conflict, InvalidInput, NotFound, NotPossible, RefusalCode
from app.domain.viewer import Viewer
from app.world import World

QUANTITY_MAX = 100


async def request_quote(
    world: World, viewer: Viewer | None, design_id: str, revision: int, quantity: int, country: str, currency: str
) -> Quote:
    """Quote the current revision of a design. Refused where it cannot be built, sold or delivered."""
    viewer = authorised(viewer)
    if not 1 <= quantity <= QUANTITY_MAX:
        raise InvalidInput(f"A quantity is 1 to {QUANTITY_MAX}, not {quantity}.", ("quantity",))
    checked_country(country, ("country",))
    checked_currency(currency, ("currency",))
    design = await find_design(world, viewer, design_id)
    if design is None or not viewer.buys:
        raise NotFound("There is no such design.", ("designId",))
    if design.revision != revision:
        message = f"The design is at revision {design.revision}, not {revision}."
        raise Conflict(message, design.revision, ("designRevision",))
    wanted = Wanted(
        account=viewer.account,
        design=design.id,
        design_revision=design.revision,
        model=design.model,
        selections=design.selections,
        engraving=design.engraving,
        quantity=quantity,
        country=country,
        currency=currency,
    )
    quote = make_quote(world, wanted)
    await world.stores.quotes.insert(quote)
    return quote


def make_quote(world: World, wanted: Wanted, path: tuple[str, ...] = ("currency",)) -> Quote:
    """Price what is wanted, or was (an expired quote), at today's price lists, fees and taxes.

    Raises NotPossible where it cannot be ordered, and InvalidInput for the path without a price list.
    """
    model = world.model(wanted.model)
    check_orderable(world, model, wanted.selections, wanted.country)
    market = world.catalogue.market_for(wanted.country)
    found = payable(model, wanted.selections, market, wanted.currency, wanted.quantity)
    if found is None:
        raise InvalidInput(f"{model.sku} has no price list in {wanted.currency}.", path)
    now = world.now()
    return Quote(
        **{part.name: getattr(wanted, part.name) for part in fields(Wanted)},
        id=secrets.token_hex(12),
        lines=found.lines,
        total=found.total.amount,
        tax=found.tax,
        earliest_delivery=earliest_delivery(world, model, wanted.selections, wanted.country),
        created_at=now,
        valid_until=now + timedelta(days=world.settings.quote_days),
    )


def check_sold(world: World, model: Model, country: str, path: tuple[str, ...]) -> None:
    """Raise NotPossible where a model is not sold in a country or cannot be delivered there."""
    if not world.catalogue.sells(model, country):
        raise NotPossible(RefusalCode.NOT_SOLD_IN_MARKET, f"{model.sku} is not sold in {country}.", path)


def check_orderable(
    world: World, model: Model, selections: Selections, country: str, path: tuple[str, ...] = ("designId",)
) -> None:
    """Raise NotPossible where a configuration is incomplete, inconsistent or not sold in the country."""
    check_sold(world, model, country, ("country",) if path == ("designId",) else path)
    found = evaluate(model, selections, country)
    if not found.complete:
        missing = [code for code, group in model.groups.items() if group.required and code not in selections]
        raise NotPossible(RefusalCode.INCOMPLETE, f"Still to be chosen: {', '.join(missing)}.", path)
    if not found.consistent:
        rules = ", ".join(conflict.rule for conflict in found.conflicts)
        raise NotPossible(RefusalCode.INCONSISTENT, f"The design breaks the rules {rules}.", path)


def earliest_delivery(world: World, model: Model, selections: Selections, country: str) -> date:
    """Estimate the first day of delivery: lead, options, building and the shortest transport."""
    calendar = world.calendar(model.line)
    lead = timedelta(hours=world.settings.planning_lead_hours, days=added_days(model, selections))
    built = calendar.after_work(world.now() + lead, work_seconds(model))
    factory = world.catalogue.factory_of(model)
    shortest, _ = transit(world.catalogue.carrier_to(factory.country, country), country)
    return (built + shortest).date()
