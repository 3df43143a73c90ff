"""What was paid for an option is what it is worth in a change, whatever the lists, fees and taxes say by then."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.client import FRONT_9, Api, new_design, place
from tests.editions.plant import Plant, change, ordered, preview, request_quote, unit_of
from tests.rows import rows
from tests.world import Files, with_surcharge

BERLIN = {"country": "DE", "city": "Berlin", "postalCode": "10115"}
BOSTON = {"country": "US", "city": "Boston", "postalCode": "02108"}
OTHERS = {"EUR": "100.00", "USD": "100.00", "GBP": "100.00"}


def titanium(amount: str | None) -> Callable[[Files], None]:
    """List titanium at an amount, or without a surcharge."""
    return with_surcharge(FRONT_9, "COLOUR", "TITANIUM", **({"CNY": amount, **OTHERS} if amount else {}))


async def bought(plant: Plant, listed: str | None, colour: str) -> tuple[Api, str, Decimal]:
    """Let somebody buy a machine while titanium is listed at an amount; return them, the unit and what they paid."""
    await plant.load(titanium(listed))
    customer = await plant.customer()
    code = await ordered(customer, await new_design(customer, COLOUR=colour))
    return customer, code, Decimal((await unit_of(customer, code))["order"]["total"]["amount"])


@rows(
    ("paid", "listed", "colour", "to", "delta"),
    [
        ("200.00", "999.00", "TITANIUM", "WHITE", "-200.00"),
        ("999.00", "200.00", "TITANIUM", "WHITE", "-999.00"),
        ("200.00", None, "TITANIUM", "WHITE", "-200.00"),
        (None, "200.00", "TITANIUM", "WHITE", "0.00"),
        ("200.00", "999.00", "WHITE", "TITANIUM", "200.00"),
        ("999.00", None, "WHITE", "TITANIUM", "999.00"),
    ],
)
async def test_an_option_is_taken_back_and_given_at_the_price_of_the_quote(
    plant: Plant, paid: str | None, listed: str | None, colour: str, to: str, delta: str
) -> None:
    customer, code, total = await bought(plant, paid, colour)
    await plant.load(titanium(listed))
    assert (await preview(customer, code, COLOUR=to))["priceDelta"] == {"amount": delta, "currency": "CNY"}
    changed = await change(customer, code, delta, COLOUR=to)
    assert Decimal(changed["order"]["total"]["amount"]) == total + Decimal(delta)
    back = str(-Decimal(delta)) if Decimal(delta) else "0.00"
    again = await change(customer, code, back, COLOUR=colour)
    assert Decimal(again["order"]["total"]["amount"]) == total


def market(country: str, **changes: Any) -> Callable[[Files], None]:
    def edit(files: Files) -> None:
        found = next(each for each in files["markets"] if each["country"] == country)
        found.update(changes)

    return edit


def without_market(country: str) -> Callable[[Files], None]:
    def edit(files: Files) -> None:
        files["markets"] = [each for each in files["markets"] if each["country"] != country]

    return edit


def sales_tax(rate: str) -> dict[str, Any]:
    return {"name": {"en": "Tax", "zh": "税", "fr": "Taxe", "de": "Steuer"}, "rate": rate, "included": False}


DEAR = {"CNY": "900.00", "EUR": "900.00", "USD": "900.00", "GBP": "900.00"}


@rows(
    "later",
    [market("US", tax=sales_tax("0.5")), market("US", tax=None), market("US", delivery=DEAR), without_market("US")],
)
async def test_the_tax_that_was_charged_is_given_back_with_it_whatever_its_rate_is_by_then(
    plant: Plant, later: Callable[[Files], None]
) -> None:
    await plant.load()
    customer = await plant.customer()
    plain = await new_design(customer)
    titan = await new_design(customer, COLOUR="TITANIUM")
    quotes = [await request_quote(customer, design, "US", "USD") for design in (plain, titan)]
    totals = [Decimal(quote["total"]["amount"]) for quote in quotes]
    code: str = (await place(customer, quotes[1], **BOSTON))["products"][0]["code"]
    await plant.load(later)
    delta = str(totals[0] - totals[1])
    assert (await preview(customer, code, COLOUR="WHITE"))["priceDelta"]["amount"] == delta
    changed = await change(customer, code, delta, "USD", COLOUR="WHITE")
    assert Decimal(changed["order"]["total"]["amount"]) == totals[0]


async def test_a_quote_names_its_edition_and_can_be_ordered_at_its_price_after_the_next_one(plant: Plant) -> None:
    await plant.load(titanium("200.00"))
    customer = await plant.customer()
    design = await new_design(customer, COLOUR="TITANIUM")
    quote = await request_quote(customer, design, "DE", "EUR")
    await plant.load(titanium("999.00"))
    later = await request_quote(customer, design, "DE", "EUR")
    assert later["edition"]["number"] == quote["edition"]["number"] + 1
    assert later["edition"]["contentHash"] != quote["edition"]["contentHash"]
    order = await place(customer, quote, **BERLIN)
    assert order["total"] == quote["total"] == {"amount": order["total"]["amount"]}
    unit = await unit_of(customer, order["products"][0]["code"])
    assert unit["model"]["edition"] == quote["edition"]
