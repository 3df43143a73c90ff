"""cancelOrder and changeShippingAddress: what is done to a whole order, and until when."""

import asyncio
from typing import Any

import pytest

from app.deps import Deps
from schema.node import key_of
from tests.client import (
    ADDRESS,
    FRONT_9,
    MODEL,
    Api,
    Json,
    factory_now,
    new_customer,
    new_quote,
    place,
    readings,
    record,
    report,
)
from tests.conftest import Token

STATE = """query($id: ID!) { order(id: $id) { status total { amount } cancelReason cancellableUntil
    adjustments { kind } shippingAddress { name lines city postalCode country phone }
    products { code status steps { nodes { kind note } } } } }"""


async def ordered(api: Api, quantity: int = 2, **address: Any) -> tuple[Api, Json]:
    customer = await new_customer(api)
    return customer, await place(customer, await new_quote(customer, quantity=quantity), **address)


async def state_of(api: Api, order: Json) -> Json:
    found: Json = (await api.ask(STATE, id=order["id"]))["order"]
    return found


async def cancel(api: Api, order: Json, **more: object) -> Json:
    return await api.do("cancelOrder", "CancelOrderInput", "... on Order { status }", orderId=order["id"], **more)


async def move(api: Api, order: Json, **address: object) -> Json:
    return await api.do(
        "changeShippingAddress",
        "ChangeShippingAddressInput",
        "... on Order { shippingAddress { city } }",
        orderId=order["id"],
        shippingAddress={**ADDRESS, **address},
    )


async def release(foshan: Api, code: str) -> None:
    model = (await foshan.ask(MODEL, sku=FRONT_9))["model"]
    at = await factory_now(foshan)
    (answer,) = await record(foshan, report(code, "INSPECTION_PASSED", at, measurements=readings(model)))
    assert answer["__typename"] == "Step"


async def test_a_refused_cancellation_says_which_unit_is_where_and_writes_nothing(api: Api, foshan: Api) -> None:
    customer, order = await ordered(api)
    code = order["products"][1]["code"]
    operation = (await api.ask(MODEL, sku=FRONT_9))["model"]["routing"][0]["code"]
    await record(foshan, report(code, "OPERATION_STARTED", await factory_now(api), operation=operation))
    before = await state_of(customer, order)
    refused = await cancel(customer, order)
    assert (refused["errorCode"], refused["path"]) == ("TOO_LATE", ["input", "orderId"])
    assert code in refused["message"]
    assert "IN_PRODUCTION" in refused["message"]
    assert await state_of(customer, order) == before


async def test_a_cancelled_order_costs_nothing_and_keeps_its_reason_to_itself(api: Api) -> None:
    customer, order = await ordered(api)
    assert (await cancel(customer, order, reason="Wir ziehen um"))["status"] == "CANCELLED"
    assert (await cancel(customer, order, reason="again"))["status"] == "CANCELLED"
    found = await state_of(customer, order)
    assert (found["status"], found["total"]["amount"], found["cancelReason"]) == ("CANCELLED", "0.00", "Wir ziehen um")
    assert found["adjustments"] == [{"kind": "CANCELLATION"}] * 2
    for unit in found["products"]:
        assert unit["steps"]["nodes"][-1] == {"kind": "ORDER_CANCELLED", "note": None}
        assert len(unit["steps"]["nodes"]) == 3


async def test_staff_cancel_what_is_not_released_and_the_rest_goes_on(api: Api, foshan: Api, machine: Token) -> None:
    customer, order = await ordered(api, 3)
    codes = [unit["code"] for unit in order["products"]]
    await release(foshan, codes[0])
    assert (await cancel(customer, order))["errorCode"] == "TOO_LATE"
    staff = await machine("staff")
    assert (await cancel(staff, order, reason="Steel is out"))["status"] == "IN_PRODUCTION"
    found = await state_of(customer, order)
    assert [unit["status"] for unit in found["products"]] == ["RELEASED", "CANCELLED", "CANCELLED"]
    assert len(found["adjustments"]) == 2
    assert 0 < float(found["total"]["amount"]) < float(order["total"]["amount"])
    refused = await cancel(staff, order, reason="All of it")
    assert (refused["errorCode"], refused["path"]) == ("TOO_LATE", ["input", "orderId"])
    await record(foshan, report(codes[0], "DELIVERED", await factory_now(api)))
    assert (await state_of(customer, order))["status"] == "COMPLETED"


@pytest.mark.parametrize("factory", ["QINGDAO", "FOSHAN"])
async def test_only_engineers_of_its_own_factory_cancel_an_order(api: Api, machine: Token, factory: str) -> None:
    customer, order = await ordered(api)
    answer = await cancel(await machine("staff", factory=factory), order, reason="No steel")
    assert answer["__typename"] == ("Order" if factory == "FOSHAN" else "NotFound")
    assert (await state_of(customer, order))["status"] == ("CANCELLED" if factory == "FOSHAN" else "PLACED")


async def test_of_many_cancellations_at_once_each_answers_and_one_is_written(api: Api, machine: Token) -> None:
    customer, order = await ordered(api, 5)
    staff = await machine("staff")
    answers = await asyncio.gather(*(cancel(who, order, reason="r") for who in (customer, staff) * 4))
    assert {(answer["__typename"], answer["status"]) for answer in answers} == {("Order", "CANCELLED")}
    for unit in (await state_of(customer, order))["products"]:
        kinds = [step["kind"] for step in unit["steps"]["nodes"]]
        assert kinds == ["ORDER_PLACED", "SCHEDULED", "ORDER_CANCELLED"]


SENT = """query($id: ID!) { order(id: $id) { shippingAddress { city }
    products { code shippingAddress { city } steps { nodes { kind } } } } }"""


async def cities(api: Api, order: Json) -> list[str]:
    found = (await api.ask(SENT, id=order["id"]))["order"]
    return [found["shippingAddress"]["city"], *(unit["shippingAddress"]["city"] for unit in found["products"])]


async def test_a_packed_unit_keeps_its_address_and_the_others_are_sent_elsewhere(
    api: Api, foshan: Api, machine: Token
) -> None:
    customer, order = await ordered(api, 3)
    carrier = await machine("carrier", carrier="HUAXIA")
    codes = [unit["code"] for unit in order["products"]]
    for city, postal_code, packed in (("Guangzhou", "510000", codes[1]), ("Beijing", "100000", codes[0])):
        await record(foshan, report(packed, "PACKED", await factory_now(api)))
        assert (await move(customer, order, city=city, postalCode=postal_code))["shippingAddress"]["city"] == city
    assert await cities(customer, order) == ["Beijing", "Guangzhou", "Foshan", "Beijing"]
    query = "query($code: ProductCode!) { product(code: $code) { shippingAddress { city } } }"
    seen = [(await carrier.ask(query, code=code))["product"]["shippingAddress"] for code in codes]
    assert seen == [{"city": "Guangzhou"}, {"city": "Foshan"}, None]
    kinds = [
        [s["kind"] for s in u["steps"]["nodes"]]
        for u in (await customer.ask(SENT, id=order["id"]))["order"]["products"]
    ]
    assert [k.count("ADDRESS_CHANGED") for k in kinds] == [1, 0, 2]
    await record(foshan, report(codes[2], "PACKED", await factory_now(api)))
    before = await state_of(customer, order)
    refused = await move(customer, order, city="Shanghai", postalCode="200000")
    assert (refused["__typename"], refused["errorCode"]) == ("NotPossible", "TOO_LATE")
    assert await state_of(customer, order) == before
    assert await cities(customer, order) == ["Beijing", "Guangzhou", "Foshan", "Beijing"]


@pytest.mark.parametrize("reason", ["r" * 501, "a\nb", "a\u0000b", "a\u202eb"])
async def test_a_reason_that_is_too_long_or_cannot_be_printed_is_bad_input(api: Api, reason: str) -> None:
    customer, order = await ordered(api)
    before = await state_of(customer, order)
    refused = await cancel(customer, order, reason=reason)
    assert (refused["__typename"], refused["errorCode"]) == ("InvalidInput", "INVALID_INPUT")
    assert refused["path"] == ["input", "reason"]
    assert await state_of(customer, order) == before


async def test_a_start_from_before_the_cancellation_that_arrives_after_it_is_never_passed_over(
    api: Api, foshan: Api
) -> None:
    customer, order = await ordered(api)
    code, at = order["products"][0]["code"], await factory_now(api)
    assert (await cancel(customer, order))["status"] == "CANCELLED"
    started = report(code, "OPERATION_STARTED", at, operation="PRESSING")
    assert [answer["__typename"] for answer in await record(foshan, started, started)] == ["Step", "Step"]
    query = """query($code: ProductCode!) { product(code: $code) { status steps { nodes { kind } }
        nonconformances { defectCodes severity disposition disposedBy closedAt summary(locale: "en") } } }"""
    unit = (await customer.ask(query, code=code))["product"]
    assert unit["status"] == "CANCELLED"
    kinds = [step["kind"] for step in unit["steps"]["nodes"]]
    assert kinds[2:] == ["ORDER_CANCELLED", "OPERATION_STARTED", "NONCONFORMANCE_RAISED"]
    (found,) = unit["nonconformances"]
    assert (found["defectCodes"], found["disposition"]) == (["BUILT_THOUGH_CANCELLED"], "SCRAP")
    assert found["summary"] == "Its production had begun before it was cancelled."
    other = (await customer.ask(query, code=order["products"][1]["code"]))["product"]
    assert (other["nonconformances"], other["status"]) == ([], "CANCELLED")


async def test_an_order_is_sent_elsewhere_until_its_last_unit_is_packed(api: Api, foshan: Api) -> None:
    customer, order = await ordered(api)
    moved = await move(customer, order, name=" Wang Fang ", city="Guangzhou", postalCode="510000")
    assert moved == {"__typename": "Order", "shippingAddress": {"city": "Guangzhou"}}
    found = await state_of(customer, order)
    assert (found["shippingAddress"]["name"], found["shippingAddress"]["postalCode"]) == ("Wang Fang", "510000")
    assert {unit["steps"]["nodes"][-1]["kind"] for unit in found["products"]} == {"ADDRESS_CHANGED"}
    again = await move(customer, order, name="Wang Fang", city="Guangzhou", postalCode="510000")
    assert again == moved
    assert await state_of(customer, order) == found
    for unit in order["products"]:
        code = unit["code"]
        await record(foshan, report(code, "PACKED", await factory_now(api)))
    packed = await state_of(customer, order)
    refused = await move(customer, order, city="Beijing")
    assert (refused["__typename"], refused["errorCode"]) == ("NotPossible", "TOO_LATE")
    assert code in refused["message"]
    assert await state_of(customer, order) == packed


async def test_a_cancelled_order_is_sent_nowhere(api: Api) -> None:
    customer, order = await ordered(api)
    await cancel(customer, order)
    assert (await move(customer, order, city="Beijing"))["errorCode"] == "TOO_LATE"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ({"country": "DE", "postalCode": "10115"}, "country"),
        ({"country": "XX"}, "country"),
        ({"postalCode": "12"}, "postalCode"),
        ({"lines": []}, "lines"),
        ({"name": ""}, "name"),
    ],
)
async def test_an_address_that_cannot_be_delivered_to_changes_nothing(
    api: Api, address: dict[str, object], path: str
) -> None:
    customer, order = await ordered(api)
    before = await state_of(customer, order)
    refused = await move(customer, order, **address)
    assert (refused["errorCode"], refused["path"][:3]) == ("INVALID_INPUT", ["input", "shippingAddress", path])
    assert await state_of(customer, order) == before


async def test_nobody_but_its_buyer_sends_an_order_elsewhere(api: Api, foshan: Api, machine: Token) -> None:
    customer, order = await ordered(api)
    absent = {"id": "x"}
    for caller in (await new_customer(api), foshan, await machine("partner"), await machine("staff")):
        assert await move(caller, order, city="Beijing") == await move(caller, absent, city="Beijing")
        assert (await move(caller, order, city="Beijing"))["errorCode"] == "NOT_FOUND"
    assert (await state_of(customer, order))["shippingAddress"]["city"] == ADDRESS["city"]


async def test_the_same_key_answers_the_order_as_it_is_after_a_new_address(api: Api) -> None:
    customer = await new_customer(api)
    quote = await new_quote(customer)
    order = await place(customer, quote, "key")
    await move(customer, order, city="Guangzhou")
    assert (await place(customer, quote, "key"))["id"] == order["id"]
    assert (await place(customer, quote, "key", city="Guangzhou"))["errorCode"] == "KEY_REUSED"


async def test_a_model_that_is_not_sold_where_it_is_to_be_sent_is_refused_as_such(api: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    cold, washer = await new_quote(customer, "RF-SIDE-600"), await new_quote(customer)
    abroad = {"country": "DE", "postalCode": "10115"}
    refused = await place(customer, cold, **abroad)
    assert (refused["__typename"], refused["errorCode"]) == ("NotPossible", "NOT_SOLD_IN_MARKET")
    assert refused["path"] == ["input", "shippingAddress", "country"]
    assert (await place(customer, washer, **abroad))["errorCode"] == "INVALID_INPUT"
    for quote in (cold, washer):
        found = {"quote": key_of("Quote", quote["id"])}
        assert await deps.stores.orders.collection.count_documents(found) == 0
