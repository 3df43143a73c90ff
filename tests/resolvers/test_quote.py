"""What is paid, over HTTP: lines, delivery, taxes by country, one currency; and that a quote stays what it was."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

import pytest

from app.actions.seed import load_catalogue
from app.deps import Deps
from app.domain.catalogue.catalogue import Catalogue, Market, Model
from app.domain.shared.money import CURRENCIES
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from schema.node import key_of
from tests.client import FRONT_9, Api, Json, new_customer, new_design, place
from tests.conftest import serving

MONEY = "{ amount currency formatted }"
QUOTE = f"""... on Quote {{ id lines {{ kind label option amount {MONEY} }} subtotal {MONEY} delivery {MONEY}
    tax {{ name rate included amount {MONEY} }} total {MONEY} validUntil }}"""
ADDRESSES: Mapping[str, Json] = {
    "CN": {},
    "DE": {"country": "DE", "city": "Berlin", "postalCode": "10115"},
    "GB": {"country": "GB", "city": "London", "postalCode": "SW1A 1AA"},
    "US": {"country": "US", "city": "San Francisco", "postalCode": "94103"},
}


async def quote(api: Api, country: str, currency: str, quantity: int = 1, design: Json | None = None) -> Json:
    design = design or await new_design(api)
    return await api.do(
        "requestQuote",
        "RequestQuoteInput",
        QUOTE,
        designId=design["id"],
        designRevision=design["revision"],
        quantity=quantity,
        country=country,
        currency=currency,
    )


def amount(money: Json) -> Decimal:
    return Decimal(money["amount"])


def kinds(found: Json) -> list[str]:
    return [line["kind"] for line in found["lines"]]


def paid_lines(found: Json) -> Decimal:
    return sum((amount(line["amount"]) for line in found["lines"]), Decimal(0))


@pytest.mark.parametrize(
    ("country", "currency", "name", "rate"),
    [
        ("DE", "EUR", "VAT", "0.19"),
        ("GB", "GBP", "VAT", "0.20"),
        ("CN", "CNY", "VAT", "0.13"),
        ("AU", "USD", "GST", "0.10"),
    ],
)
async def test_where_prices_include_the_tax_it_is_told_and_not_paid_twice(
    api: Api, country: str, currency: str, name: str, rate: str
) -> None:
    found = await quote(await new_customer(api), country, currency, 3)
    assert kinds(found) == ["MODEL", "DELIVERY"]
    assert (found["tax"]["name"], found["tax"]["rate"], found["tax"]["included"]) == (name, rate, True)
    assert paid_lines(found) == amount(found["total"]) == amount(found["subtotal"]) + amount(found["delivery"])
    share = Decimal(rate) / (1 + Decimal(rate))
    assert amount(found["tax"]["amount"]) == (amount(found["total"]) * share).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


@pytest.mark.parametrize(("country", "name", "rate"), [("US", "Sales tax", "0.0725"), ("CA", "GST", "0.05")])
async def test_where_prices_exclude_the_tax_it_is_a_line_on_top(api: Api, country: str, name: str, rate: str) -> None:
    found = await quote(await new_customer(api), country, "USD", 3)
    assert kinds(found) == ["MODEL", "DELIVERY", "TAX"]
    assert (found["tax"]["name"], found["tax"]["rate"], found["tax"]["included"]) == (name, rate, False)
    net = amount(found["subtotal"]) + amount(found["delivery"])
    assert amount(found["tax"]["amount"]) == (net * Decimal(rate)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    assert found["lines"][-1]["amount"] == found["tax"]["amount"] and found["lines"][-1]["label"] == name
    assert paid_lines(found) == amount(found["total"]) == net + amount(found["tax"]["amount"])


@pytest.mark.parametrize("country", ["HK", "FJ"])
async def test_where_we_charge_no_tax_there_is_none(api: Api, country: str) -> None:
    found = await quote(await new_customer(api), country, "USD")
    assert (kinds(found), found["tax"]) == (["MODEL", "DELIVERY"], None)
    assert paid_lines(found) == amount(found["total"])


async def test_delivery_is_for_each_unit_and_free_in_mainland_china(api: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    fee = deps.catalogue.market_for("DE").delivery["EUR"]
    assert amount((await quote(customer, "DE", "EUR", 3))["delivery"]) == 3 * fee > 0
    free = await quote(customer, "CN", "CNY")
    assert [line["amount"]["amount"] for line in free["lines"] if line["kind"] == "DELIVERY"] == ["0.00"]


@pytest.mark.parametrize("currency", CURRENCIES)
async def test_a_quote_is_in_one_currency_throughout(api: Api, deps: Deps, currency: str) -> None:
    found = await quote(await new_customer(api), "US", currency)
    parts = [found["subtotal"], found["delivery"], found["tax"]["amount"], found["total"]]
    assert {part["currency"] for part in [*parts, *(line["amount"] for line in found["lines"])]} == {currency}
    assert amount(found["subtotal"]) == deps.model(FRONT_9).base_price[currency]


async def test_a_currency_without_a_price_list_is_refused(api: Api) -> None:
    refused = await quote(await new_customer(api), "JP", "JPY")
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", "currency"])


@pytest.mark.parametrize(
    ("locale", "name", "label", "total"),
    [
        ("de-DE", "MwSt.", "Lieferung", "{whole}.{rest},{cents}\xa0€"),
        ("fr", "TVA", "Livraison", "{whole}\u202f{rest},{cents}\xa0€"),
        ("zh-CN", "增值税", "配送", "€{whole},{rest}.{cents}"),
        ("en", "VAT", "Delivery", "€{whole},{rest}.{cents}"),
    ],
)
async def test_words_and_amounts_are_written_as_the_reader_does(
    api: Api, locale: str, name: str, label: str, total: str
) -> None:
    found = await quote(await new_customer(api, locale), "DE", "EUR", 2)
    assert (found["tax"]["name"], found["lines"][-1]["label"]) == (name, label)
    whole, cents = found["total"]["amount"].split(".")
    assert found["total"]["formatted"] == total.format(whole=whole[:-3], rest=whole[-3:], cents=cents)


@pytest.mark.parametrize(("country", "currency"), [("CN", "CNY"), ("DE", "EUR"), ("GB", "GBP"), ("US", "USD")])
async def test_an_order_costs_what_its_quote_says(api: Api, country: str, currency: str) -> None:
    customer = await new_customer(api)
    found = await quote(customer, country, currency, 2)
    order = await place(customer, found, **ADDRESSES[country])
    assert order["total"]["amount"] == found["total"]["amount"]


async def change(api: Api, code: str, choice: Mapping[str, str], delta: Decimal, currency: str) -> Json:
    return await api.do(
        "changeProduct",
        "ChangeProductInput",
        "... on Product { order { total { amount } } }",
        code=code,
        selections=[{"group": choice["group"], "options": [choice["option"]]}],
        acceptPriceDelta={"amount": str(delta), "currency": currency},
    )


@pytest.mark.parametrize(
    ("country", "currency", "rate"), [("US", "USD", "0.0725"), ("DE", "EUR", "0"), ("CN", "CNY", "0")]
)
async def test_a_change_costs_its_surcharge_and_the_tax_that_is_added_there(
    api: Api, deps: Deps, country: str, currency: str, rate: str
) -> None:
    customer = await new_customer(api)
    design = await new_design(customer)
    before = await quote(customer, country, currency, design=design)
    colour = deps.model(FRONT_9).groups["COLOUR"]
    dearer = next(option for option in colour.options[1:] if option.surcharge)
    revised = await customer.do(
        "reviseDesign",
        "ReviseDesignInput",
        "... on Design { id revision }",
        designId=design["id"],
        expectedRevision=1,
        selections=[{"group": "COLOUR", "options": [dearer.code]}],
    )
    after = await quote(customer, country, currency, design=revised)
    delta = amount(after["total"]) - amount(before["total"])
    surcharge = dearer.surcharge[currency]
    assert abs(delta - surcharge * (1 + Decimal(rate))) <= Decimal("0.01")

    order = await place(customer, before, **ADDRESSES[country])
    code = order["products"][0]["code"]
    wanted = {"group": "COLOUR", "option": dearer.code}
    if rate != "0":
        refused = await change(customer, code, wanted, surcharge, currency)
        assert (refused["__typename"], refused["path"]) == ("Conflict", ["input", "acceptPriceDelta", "amount"])
    changed = await change(customer, code, wanted, delta, currency)
    assert changed["order"]["total"]["amount"] == after["total"]["amount"]
    first = {"group": "COLOUR", "option": colour.options[0].code}
    back = await change(customer, code, first, -delta, currency)
    assert back["order"]["total"]["amount"] == before["total"]["amount"]


def dearer_catalogue(catalogue: Catalogue) -> Catalogue:
    """Double every base price and fee, take the price lists in GBP away, and tax the United States by a half."""

    def dearer(model: Model) -> Model:
        base = {currency: 2 * amount for currency, amount in model.base_price.items() if currency != "GBP"}
        return replace(model, base_price=base)

    def taxed(market: Market) -> Market:
        fees = {currency: 2 * amount for currency, amount in market.delivery.items()}
        tax = market.tax if market.tax is None else replace(market.tax, rate=Decimal("0.5"))
        return replace(market, delivery=fees, tax=tax)

    factories = tuple(replace(f, models=tuple(map(dearer, f.models))) for f in catalogue.factories)
    return replace(catalogue, factories=factories, markets=tuple(map(taxed, catalogue.markets)))


async def test_a_changed_price_list_changes_new_quotes_but_none_that_is_there(api: Api, settings: Settings) -> None:
    own = settings.model_copy(update={"database": f"{settings.database}_prices"})
    read = f"query($id: ID!) {{ node(id: $id) {{ {QUOTE} }} }}"
    async with serving(own) as url:
        customer = await new_customer(Api(url, http=api.http))
        design = await new_design(customer)
        old = await quote(customer, "US", "USD", 2, design)
        pounds = await quote(customer, "GB", "GBP", 1, design)
    database = Database.connect(own.mongodb_url, own.database)
    stores = Stores(database)
    kept = await stores.quotes.find(key_of("Quote", old["id"]))
    await stores.catalogue.refresh()
    assert (await load_catalogue(stores, dearer_catalogue(stores.catalogue.current))).editions
    async with serving(own) as url:
        customer = Api(url, customer.token, api.http)
        new = await quote(customer, "US", "USD", 2, design)
        assert amount(new["subtotal"]) == 2 * amount(old["subtotal"])
        assert (amount(new["delivery"]), new["tax"]["rate"]) == (2 * amount(old["delivery"]), "0.5")
        refused = await quote(customer, "GB", "GBP", 1, design)
        assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", "currency"])
        for quoted, country in ((old, "US"), (pounds, "GB")):
            found = (await customer.ask(read, id=quoted["id"]))["node"]
            assert found == {name: value for name, value in quoted.items() if name != "__typename"}
            order = await place(customer, quoted, **ADDRESSES[country])
            assert order["total"]["amount"] == quoted["total"]["amount"]
    assert await stores.quotes.find(key_of("Quote", old["id"])) == kept
    await database.client.drop_database(own.database)
    database.close()
