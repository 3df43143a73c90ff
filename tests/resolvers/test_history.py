"""orders and products by status, by time and by customer reference, page by page."""

import pytest

from app.deps import Deps
from schema.node import key_of
from tests.client import FRONT_9, MODEL, Api, Json, factory_now, new_customer, new_quote, place, record, report
from tests.conftest import Token

ORDERS = """query($first: Int, $after: String, $statuses: [OrderStatus!], $since: DateTime, $until: DateTime,
        $reference: String) {
    orders(first: $first, after: $after, statuses: $statuses, placedAfter: $since, placedBefore: $until,
        customerReference: $reference) { nodes { number status placedAt customerReference }
        pageInfo { endCursor hasNextPage } } }"""
PRODUCTS = """query($first: Int, $after: String, $statuses: [ProductStatus!], $since: DateTime, $until: DateTime) {
    products(first: $first, after: $after, statuses: $statuses, placedAfter: $since, placedBefore: $until) {
        nodes { code } pageInfo { endCursor hasNextPage } } }"""


async def listed(api: Api, query: str = ORDERS, key: str = "number", first: int = 2, **filters: object) -> list[str]:
    """Turn every page of a list."""
    found: list[str] = []
    after: str | None = None
    while True:
        (page,) = (await api.ask(query, first=first, after=after, **filters)).values()
        assert len(page["nodes"]) <= first
        found += [node[key] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def buy(api: Api, count: int, quantity: int = 1) -> list[Json]:
    quote = await new_quote(api, quantity=quantity)
    return [await place(api, quote) for _ in range(count)]


def numbers(*orders: Json) -> list[str]:
    """Order numbers as lists have them, newest first."""
    return [order["number"] for order in orders[::-1]]


async def test_orders_are_listed_by_the_status_that_their_units_have_come_to(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    placed, cancelled, begun, partly, done, other = orders = await buy(customer, 6, quantity=2)
    operation = (await api.ask(MODEL, sku=FRONT_9))["model"]["routing"][0]["code"]
    await customer.do("cancelOrder", "CancelOrderInput", "... on Order { status }", orderId=cancelled["id"])
    at = await factory_now(api)
    arrived = [partly["products"][0], *done["products"]]
    await record(foshan, report(begun["products"][1]["code"], "OPERATION_STARTED", at, operation=operation))
    await record(foshan, *(report(unit["code"], "DELIVERED", at) for unit in arrived))

    async def of(*statuses: str) -> list[str]:
        return await listed(customer, statuses=list(statuses))

    assert await listed(customer) == numbers(*orders)
    assert await of("PLACED") == numbers(placed, other)
    assert await of("CANCELLED") == numbers(cancelled)
    assert await of("IN_PRODUCTION") == numbers(begun)
    assert await of("PARTLY_DELIVERED") == numbers(partly)
    assert await of("COMPLETED") == numbers(done)
    assert await of("COMPLETED", "PLACED", "CANCELLED") == numbers(placed, cancelled, done, other)
    assert await of() == []
    await record(foshan, report(partly["products"][1]["code"], "INSTALLED", at))
    assert await of("COMPLETED") == numbers(partly, done)


async def test_many_reports_at_once_leave_the_listed_status_as_the_units_are(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    (order,) = await buy(customer, 1, quantity=20)
    at = await factory_now(api)
    codes = [unit["code"] for unit in order["products"]]
    operation = (await api.ask(MODEL, sku=FRONT_9))["model"]["routing"][0]["code"]
    await record(foshan, *(report(code, "OPERATION_STARTED", at, operation=operation) for code in codes))
    await record(foshan, *(report(code, "DELIVERED", at) for code in codes[:-1]))
    assert await listed(customer, statuses=["PARTLY_DELIVERED"]) == numbers(order)
    await record(foshan, report(codes[-1], "DELIVERED", at))
    assert await listed(customer, statuses=["COMPLETED"]) == numbers(order)
    assert await listed(customer, statuses=["PLACED", "IN_PRODUCTION", "PARTLY_DELIVERED"]) == []


async def test_a_crash_before_the_listed_status_was_written_is_healed_with_the_unit(
    api: Api, foshan: Api, deps: Deps
) -> None:
    customer = await new_customer(api)
    (order,) = await buy(customer, 1)
    code = order["products"][0]["code"]
    await record(foshan, report(code, "DELIVERED", await factory_now(api)))
    orders, products = deps.stores.orders.collection, deps.stores.products.collection
    first = await deps.stores.steps.find_entry(code.replace("-", ""), 1)
    assert first is not None
    state = {"state": deps.stores.steps.dump(first)["state"], "status": "ORDERED"}
    await products.update_one({"_id": code.replace("-", "")}, {"$set": state})
    key = key_of("Order", order["id"])
    await orders.update_one({"_id": key}, {"$set": {"statuses": {}, "status": "PLACED"}})
    assert (await customer.ask("query($c: ProductCode!) { product(code: $c) { status } }", c=code))["product"] == {
        "status": "DELIVERED"
    }
    assert await listed(customer, statuses=["COMPLETED"]) == numbers(order)


async def test_orders_and_units_are_listed_by_the_time_of_the_order(api: Api) -> None:
    customer = await new_customer(api)
    orders = await buy(customer, 5)
    codes = [order["products"][0]["code"] for order in orders]
    times = [node["placedAt"] for node in (await customer.ask(ORDERS))["orders"]["nodes"]][::-1]
    assert times == sorted(set(times))
    for since in range(5):
        for until in range(since, 5):
            span = {"since": times[since], "until": times[until]}
            assert await listed(customer, **span) == numbers(*orders[since:until])
            assert await listed(customer, PRODUCTS, "code", **span) == codes[since:until][::-1]
    assert await listed(customer, since=times[3]) == numbers(*orders[3:])
    assert await listed(customer, until=times[1], statuses=["PLACED"]) == numbers(orders[0])
    assert await listed(customer, PRODUCTS, "code", statuses=["PLANNED"], until=times[2]) == codes[:2][::-1]


async def test_a_page_does_not_shift_when_something_is_ordered(api: Api) -> None:
    customer = await new_customer(api)
    orders = await buy(customer, 3)
    page = (await customer.ask(ORDERS, first=1, statuses=["PLACED"]))["orders"]
    await buy(customer, 2)
    rest = (await customer.ask(ORDERS, after=page["pageInfo"]["endCursor"], statuses=["PLACED"]))["orders"]
    assert [node["number"] for node in page["nodes"] + rest["nodes"]] == numbers(*orders)


async def place_for(api: Api, quote: Json, reference: str | None, key: str) -> Json:
    selection = "... on Order { id number customerReference }"
    address = {"name": "Shop", "lines": ["1 Market"], "city": "Foshan", "postalCode": "528000", "country": "CN"}
    return await api.do(
        "placeOrder",
        "PlaceOrderInput",
        selection,
        quoteId=quote["id"],
        shippingAddress=address,
        idempotencyKey=key,
        customerReference=reference,
    )


async def test_a_partner_finds_the_orders_of_each_of_its_customers_and_no_other_partner_does(
    api: Api, machine: Token
) -> None:
    partner, rival = await machine("partner", name="north"), await machine("partner", name="south")
    quote, theirs = await new_quote(partner), await new_quote(rival)
    first = await place_for(partner, quote, " K-1 ", "a")
    second = await place_for(partner, quote, "K-2", "b")
    third = await place_for(partner, quote, "K-1", "c")
    await place_for(rival, theirs, "K-1", "a")
    assert (first["customerReference"], second["customerReference"]) == ("K-1", "K-2")
    assert await listed(partner, reference="K-1") == numbers(first, third)
    assert await listed(partner, reference="K-1", statuses=["PLACED"]) == numbers(first, third)
    assert await listed(partner, reference="K-3") == []
    assert len(await listed(rival, reference="K-1")) == 1


@pytest.mark.parametrize(("reference", "again"), [("K-1", "K-2"), ("K-1", None), (None, "K-1")])
async def test_a_key_binds_the_customer_reference_too(api: Api, reference: str | None, again: str | None) -> None:
    customer = await new_customer(api)
    quote = await new_quote(customer)
    order = await place_for(customer, quote, reference, "key")
    assert await place_for(customer, quote, reference, "key") == order
    assert (await place_for(customer, quote, again, "key"))["errorCode"] == "KEY_REUSED"


async def test_a_customer_reference_over_its_limit_is_refused_by_name(api: Api) -> None:
    customer = await new_customer(api)
    refused = await place_for(customer, await new_quote(customer), "x" * 65, "key")
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", "customerReference"])
    assert await listed(customer) == []
