"""requestQuote: an immutable, itemised price for one design revision."""

import secrets
from dataclasses import fields
from datetime import date, timedelta

from app.actions.access import get_design, signed_in
from app.deps import Deps
from app.domain.catalogue.catalogue import Model
from app.domain.configuration.configuration import Selections, evaluate
from app.domain.configuration.explanation import Explanation
from app.domain.configuration.pricing import added_days, checked_currency, payable
from app.domain.line.calendar import work_seconds
from app.domain.order.order import Quote, QuoteRequest
from app.domain.shared.country import checked_country
from app.domain.shared.refusal import Conflict, InvalidInput, NotPossible, RefusalCode, no_such
from app.domain.shared.viewer import Viewer
from app.domain.unit.eta import transit

QUANTITY_MAX = 100


async def request_quote(
    deps: Deps, viewer: Viewer | None, design_id: str, revision: int, quantity: int, country: str, currency: str
) -> Quote:
    """Quote the current revision of a design. Refused where it cannot be built, sold or delivered."""
    viewer = signed_in(viewer)
    if not 1 <= quantity <= QUANTITY_MAX:
        raise InvalidInput(f"A quantity is 1 to {QUANTITY_MAX}, not {quantity}.", ("quantity",))
    checked_country(country, ("country",))
    checked_currency(currency, ("currency",))
    design = await get_design(deps, viewer, design_id)
    if not viewer.buys:
        raise no_such("design", "designId")
    if design.revision != revision:
        message = f"The design is at revision {design.revision}, not {revision}."
        raise Conflict(message, design.revision, ("designRevision",))
    request = QuoteRequest(
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
    quote = make_quote(deps, request)
    await deps.stores.quotes.insert(quote)
    return quote


def make_quote(deps: Deps, request: QuoteRequest, path: tuple[str, ...] = ("currency",)) -> Quote:
    """Price what is wanted, or was (an expired quote), at today's price lists, fees and taxes.

    Raises NotPossible where it cannot be ordered, and InvalidInput for the path without a price list.
    """
    edition = deps.edition(request.model)
    model = edition.model
    check_orderable(deps, request)
    market = deps.catalogue.market_for(request.country)
    found = payable(model, request.selections, market, request.currency, request.quantity)
    if found is None:
        raise InvalidInput(f"{model.sku} has no price list in {request.currency}.", path)
    now = deps.now()
    return Quote(
        **{part.name: getattr(request, part.name) for part in fields(QuoteRequest)},
        id=secrets.token_hex(12),
        edition=edition.number,
        lines=found.lines,
        total=found.total.amount,
        tax=found.tax,
        earliest_delivery=earliest_delivery(deps, model, request.selections, request.country),
        created_at=now,
        valid_until=now + timedelta(days=deps.settings.quote_days),
    )


def check_sold(deps: Deps, model: Model, country: str, path: tuple[str, ...]) -> None:
    """Raise NotPossible where a model is not sold in a country or cannot be delivered there."""
    if not deps.catalogue.sells(model, country):
        raise NotPossible(RefusalCode.NOT_SOLD_IN_MARKET, f"{model.sku} is not sold in {country}.", path)


def check_orderable(deps: Deps, request: QuoteRequest, path: tuple[str, ...] = ("designId",)) -> None:
    """Raise NotPossible where, by today's catalogue, what is wanted cannot be built or is not sold in the country."""
    model = deps.model(request.model)
    check_sold(deps, model, request.country, ("country",) if path == ("designId",) else path)
    check_buildable(model, request.selections, request.country, path, request.engraving)


def check_buildable(
    model: Model, selections: Selections, country: str, path: tuple[str, ...], engraving: str | None = None
) -> None:
    """Raise NotPossible where a configuration is incomplete, breaks a rule, or has what is not offered there."""
    found = evaluate(model, selections, country, engraving=engraving)
    if not found.complete:
        raise NotPossible(RefusalCode.INCOMPLETE, f"Still to be chosen: {', '.join(found.missing)}.", path)
    if not found.consistent:
        told = ", ".join(_told(conflict) for conflict in found.conflicts)
        raise NotPossible(RefusalCode.INCONSISTENT, f"It cannot be built so: {told}.", path)


def _told(conflict: Explanation) -> str:
    """Name a broken rule and the choices that break it."""
    return f"{conflict.rule} ({', '.join(conflict.options)})" if conflict.options else conflict.rule


def earliest_delivery(deps: Deps, model: Model, selections: Selections, country: str) -> date:
    """Estimate the first day of delivery: lead, options, building and the shortest transport."""
    calendar = deps.calendar(model.line)
    lead = timedelta(hours=deps.settings.planning_lead_hours, days=added_days(model, selections))
    built = calendar.after_work(deps.now() + lead, work_seconds(model))
    factory = deps.catalogue.factory_of(model)
    shortest, _ = transit(deps.catalogue.carrier_to(factory.country, country), country)
    return (built + shortest).date()
