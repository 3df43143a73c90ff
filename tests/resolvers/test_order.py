"""From a design to units with codes: startDesign, reviseDesign, requestQuote, placeOrder, cancelOrder."""

import asyncio
import secrets
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from stdnum import ean
from stdnum.iso7064 import mod_37_36

from app.deps import Deps
from schema.node import global_id, key_of
from tests.client import (
    ADDRESS,
    FRONT_9,
    MODEL,
    Api,
    Json,
    factory_now,
    first_choices,
    new_customer,
    new_design,
    new_quote,
    place,
    record,
    report,
)
from tests.conftest import Token
from tests.racing import LEADS, raced

DESIGN = "... on Design { id revision title engraving selections { group { code } options { code } } }"
QUOTE = "... on Quote { id quantity lines { label option amount { amount } } total { amount currency } validUntil }"


async def revise(api: Api, design: Json, expected: int, **changes: object) -> Json:
    return await api.do(
        "reviseDesign",
        "ReviseDesignInput",
        DESIGN + " ... on Conflict { currentRevision }",
        designId=design["id"],
        expectedRevision=expected,
        **changes,
    )


async def quote(api: Api, design: Json, **more: object) -> Json:
    given = {"designId": design["id"], "designRevision": 1, "country": "CN", "currency": "CNY", **more}
    return await api.do("requestQuote", "RequestQuoteInput", QUOTE, **given)


async def cancel(api: Api, order: Json, **more: object) -> Json:
    return await api.do("cancelOrder", "CancelOrderInput", "... on Order { status }", orderId=order["id"], **more)


async def test_a_design_is_revised_and_keeps_its_history(api: Api) -> None:
    customer = await new_customer(api)
    design = await new_design(customer)
    revised = await revise(customer, design, 1, title="For the cellar", engraving="Für Lina")
    assert (revised["revision"], revised["title"], revised["engraving"]) == (2, "For the cellar", "Für Lina")
    query = """query($id: ID!) { design(id: $id) { revision complete consistent owner { name }
        price(currency: "EUR") { amount } revisions { nodes { number engraving } } } }"""
    found = (await customer.ask(query, id=design["id"]))["design"]
    assert found["revisions"]["nodes"] == [{"number": 2, "engraving": "Für Lina"}, {"number": 1, "engraving": None}]
    assert found["complete"]
    assert found["owner"] == {"name": "Li Na"}


async def test_groups_that_are_not_named_keep_their_choice(api: Api) -> None:
    customer = await new_customer(api)
    design = await new_design(customer)
    colour = (await api.ask(MODEL, sku=FRONT_9))["model"]["optionGroups"][0]
    wanted = [{"group": colour["code"], "options": [colour["options"][1]["code"]]}]
    revised = await revise(customer, design, 1, selections=wanted)
    chosen = {s["group"]["code"]: [o["code"] for o in s["options"]] for s in revised["selections"]}
    assert chosen[colour["code"]] == [colour["options"][1]["code"]]
    assert len(chosen) > 1


async def test_a_stale_revision_is_a_conflict_that_names_the_current_one(api: Api) -> None:
    customer = await new_customer(api)
    design = await new_design(customer)
    await revise(customer, design, 1, title="Two")
    refused = await revise(customer, design, 1, title="Late")
    assert (refused["__typename"], refused["currentRevision"]) == ("Conflict", 2)


async def test_of_editors_at_the_same_time_one_wins_and_nothing_is_lost(api: Api) -> None:
    customer = await new_customer(api)
    design = await new_design(customer)
    answers = await asyncio.gather(*(revise(customer, design, 1, title=f"Title {n}") for n in range(8)))
    assert sorted(answer["__typename"] for answer in answers) == ["Conflict"] * 7 + ["Design"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"title": " "}, ["input", "title"]),
        ({"title": "t" * 121}, ["input", "title"]),
        ({"engraving": "e" * 200}, ["input", "engraving"]),
        ({"engraving": "a\u202eb"}, ["input", "engraving"]),
        ({"engraving": "<script>"}, ["input", "engraving"]),
        ({"selections": [{"group": "X", "options": []}]}, ["input", "selections", "0", "group"]),
    ],
)
async def test_a_revision_outside_its_limits_is_refused_and_not_kept(
    api: Api, changes: dict[str, object], path: list[str]
) -> None:
    customer = await new_customer(api)
    design = await new_design(customer)
    refused = await revise(customer, design, 1, **changes)
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", path)
    assert (await revise(customer, design, 1, title="Still the first"))["revision"] == 2


async def test_a_foreign_design_and_an_absent_one_are_one_answer(api: Api) -> None:
    mine, other = await new_customer(api), await new_customer(api)
    design = await new_design(mine)
    absent = {"id": (await new_design(other))["id"][:-3] + "AAA"}
    assert await revise(other, design, 1, title="x") == await revise(other, absent, 1, title="x")
    query = "query($id: ID!) { design(id: $id) { id } node(id: $id) { id } }"
    assert await other.ask(query, id=design["id"]) == {"design": None, "node": None}


async def test_a_quote_is_itemised_and_its_total_is_the_sum_of_its_lines(api: Api) -> None:
    customer = await new_customer(api)
    design = await new_design(customer)
    found = await quote(customer, design, quantity=3, currency="EUR", country="DE")
    assert sum(Decimal(line["amount"]["amount"]) for line in found["lines"]) == Decimal(found["total"]["amount"])
    single = await quote(customer, design, currency="EUR", country="DE")
    assert Decimal(found["total"]["amount"]) == 3 * Decimal(single["total"]["amount"])


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"quantity": 0}, "INVALID_INPUT", "quantity"),
        ({"quantity": 101}, "INVALID_INPUT", "quantity"),
        ({"country": "XX"}, "INVALID_INPUT", "country"),
        ({"currency": "JPY"}, "INVALID_INPUT", "currency"),
        ({"designRevision": 7}, "CONFLICT", "designRevision"),
        ({"designId": "x"}, "NOT_FOUND", "designId"),
    ],
)
async def test_a_quote_outside_its_limits_is_refused(api: Api, change: dict[str, object], code: str, path: str) -> None:
    customer = await new_customer(api)
    refused = await quote(customer, await new_design(customer), **change)
    assert (refused["errorCode"], refused["path"]) == (code, ["input", path])


async def test_a_model_is_not_quoted_where_it_is_not_sold(api: Api) -> None:
    customer = await new_customer(api)
    refused = await quote(customer, await new_design(customer, "RF-SIDE-600"), country="DE", currency="EUR")
    assert (refused["__typename"], refused["errorCode"]) == ("NotPossible", "NOT_SOLD_IN_MARKET")


async def test_an_incomplete_design_is_not_quoted(api: Api) -> None:
    customer = await new_customer(api)
    design = await customer.do("startDesign", "StartDesignInput", "... on Design { id complete }", modelSku=FRONT_9)
    assert design["complete"] is False
    assert (await quote(customer, design))["errorCode"] == "INCOMPLETE"


async def test_each_unit_of_an_order_gets_a_code_a_place_and_its_first_steps(api: Api) -> None:
    customer = await new_customer(api)
    order = await place(customer, await new_quote(customer, quantity=3))
    assert order["status"] == "PLACED"
    query = """query($code: ProductCode!) { product(code: $code) { code gtin serial digitalLink status stage progress
        plan { position startsAt finishesAt } eta { earliest latest basis confidence } lastSequence
        steps { nodes { sequence kind } totalCount } changeWindow { group { code } closesAt frozenAt } } }"""
    positions = set()
    for unit in order["products"]:
        product = (await customer.ask(query, code=unit["code"].lower().replace("-", " ")))["product"]
        assert product["code"] == unit["code"]
        assert mod_37_36.is_valid(product["serial"])
        assert product["serial"] == unit["code"].replace("-", "")
        assert ean.is_valid(product["gtin"])
        assert product["digitalLink"].endswith(f"/01/{product['gtin']}/21/{product['serial']}")
        assert (product["status"], product["stage"], product["progress"]) == ("PLANNED", "PLANNING", 0.0)
        kinds = [(step["sequence"], step["kind"]) for step in product["steps"]["nodes"]]
        assert kinds == [(1, "ORDER_PLACED"), (2, "SCHEDULED")]
        assert product["eta"]["basis"] == "PLAN"
        assert product["plan"]["startsAt"] < product["plan"]["finishesAt"] <= product["eta"]["earliest"]
        assert all(window["frozenAt"] is None for window in product["changeWindow"])
        positions.add(product["plan"]["position"])
    assert len(positions) == 3


async def test_the_same_key_and_input_answer_the_same_order(api: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    priced, key = await new_quote(customer, quantity=2), secrets.token_hex(8)
    answers = await asyncio.gather(*(place(customer, priced, key) for _ in range(6)))
    assert len({answer["id"] for answer in answers}) == 1
    assert len({unit["code"] for answer in answers for unit in answer["products"]}) == 2
    id = key_of("Quote", priced["id"])
    assert await deps.stores.orders.collection.count_documents({"quote": id}) == 1


async def test_a_key_used_with_another_input_is_refused(api: Api) -> None:
    customer = await new_customer(api)
    priced, key = await new_quote(customer), secrets.token_hex(8)
    await place(customer, priced, key)
    refused = await place(customer, priced, key, city="Guangzhou")
    assert (refused["__typename"], refused["errorCode"]) == ("NotPossible", "KEY_REUSED")


@pytest.mark.parametrize("key", ["", "k" * 129, "a\nb", "a\u0000", "\u0007"])
async def test_a_key_that_is_none_is_refused_and_nothing_is_ordered(api: Api, key: str) -> None:
    customer = await new_customer(api)
    priced = await new_quote(customer)
    refused = await customer.do(
        "placeOrder",
        "PlaceOrderInput",
        "",
        quoteId=priced["id"],
        shippingAddress=ADDRESS,
        idempotencyKey=key,
    )
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", "idempotencyKey"])
    assert (await customer.ask("{ orders { nodes { id } } }"))["orders"]["nodes"] == []


async def test_a_quote_may_be_ordered_more_than_once_with_new_keys(api: Api) -> None:
    customer = await new_customer(api)
    priced = await new_quote(customer)
    assert (await place(customer, priced))["id"] != (await place(customer, priced))["id"]


async def test_an_expired_quote_answers_a_fresh_one_that_can_be_ordered(api: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    priced = await new_quote(customer)
    id = key_of("Quote", priced["id"])
    old = await deps.stores.quotes.find(id)
    assert old is not None
    past = replace(old, id=secrets.token_hex(12), valid_until=deps.now() - timedelta(seconds=1))
    await deps.stores.quotes.insert(past)
    refused = await customer.do(
        "placeOrder",
        "PlaceOrderInput",
        "... on QuoteExpired { freshQuote { id total { amount } } }",
        quoteId=global_id("Quote", past.id),
        shippingAddress=ADDRESS,
        idempotencyKey="k",
    )
    assert refused["errorCode"] == "QUOTE_EXPIRED"
    assert (await place(customer, refused["freshQuote"]))["__typename"] == "Order"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ({"country": "DE", "postalCode": "10115"}, "country"),
        ({"postalCode": "12"}, "postalCode"),
        ({"lines": []}, "lines"),
        ({"lines": ["x"] * 5}, "lines"),
        ({"name": ""}, "name"),
        ({"city": "c" * 201}, "city"),
        ({"name": "a\nb"}, "name"),
    ],
)
async def test_an_address_that_cannot_be_delivered_to_is_refused_and_nothing_is_ordered(
    api: Api, address: dict[str, Any], path: str
) -> None:
    customer = await new_customer(api)
    refused = await place(customer, await new_quote(customer), **address)
    assert refused["errorCode"] == "INVALID_INPUT"
    assert refused["path"][:3] == ["input", "shippingAddress", path]
    assert (await customer.ask("{ orders { nodes { id } } products { nodes { id } } }")) == {
        "orders": {"nodes": []},
        "products": {"nodes": []},
    }


async def test_orders_and_units_are_listed_newest_first_in_pages(api: Api) -> None:
    customer = await new_customer(api)
    priced = await new_quote(customer, quantity=2)
    numbers = [(await place(customer, priced))["number"] for _ in range(3)][::-1]
    query = "query($a: String) { orders(first: 2, after: $a) { nodes { number } pageInfo { endCursor hasNextPage } } }"
    page = (await customer.ask(query))["orders"]
    rest = (await customer.ask(query, a=page["pageInfo"]["endCursor"]))["orders"]
    assert [order["number"] for order in page["nodes"] + rest["nodes"]] == numbers
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    query = "query($a: String) { products(first: 4, after: $a) { nodes { code } pageInfo { endCursor hasNextPage } } }"
    page = (await customer.ask(query))["products"]
    rest = (await customer.ask(query, a=page["pageInfo"]["endCursor"]))["products"]
    assert len({unit["code"] for unit in page["nodes"] + rest["nodes"]}) == 6


async def test_an_order_is_cancelled_whole_before_production(api: Api) -> None:
    customer = await new_customer(api)
    order = await place(customer, await new_quote(customer, quantity=2))
    assert (await cancel(customer, order))["status"] == "CANCELLED"
    assert (await cancel(customer, order))["status"] == "CANCELLED"
    query = "query($id: ID!) { order(id: $id) { cancellableUntil products { status lastSequence } } }"
    found = (await customer.ask(query, id=order["id"]))["order"]
    assert found == {"cancellableUntil": None, "products": [{"status": "CANCELLED", "lastSequence": 3}] * 2}


async def test_a_cancellation_that_races_with_a_report_is_decided_by_the_journal(
    api: Api, foshan: Api, deps: Deps
) -> None:
    operation = (await api.ask(MODEL, sku=FRONT_9))["model"]["routing"][0]["code"]
    customer = await new_customer(api)
    winners = set()
    for lead in LEADS:
        order = await place(customer, await new_quote(customer, quantity=2))
        started = report(order["products"][1]["code"], "OPERATION_STARTED", await factory_now(api), operation=operation)
        acts = cancel(customer, order), record(foshan, started)
        cancelled, (recorded,) = await raced(*acts, lead, lambda: factory_now(api))
        assert cancelled["__typename"] in ("Order", "NotPossible"), cancelled
        query = "query($id: ID!) { order(id: $id) { products { status } } }"
        statuses = {p["status"] for p in (await customer.ask(query, id=order["id"]))["order"]["products"]}
        winners.add(cancelled["__typename"])
        if cancelled["__typename"] == "Order":
            assert statuses == {"CANCELLED"}
        else:
            assert recorded["__typename"] == "Step"
            assert "CANCELLED" not in statuses
    assert winners == {"Order", "NotPossible"}


async def test_an_order_in_production_is_not_cancelled_by_its_customer_but_by_staff_with_a_reason(
    api: Api, foshan: Api, machine: Token
) -> None:
    customer = await new_customer(api)
    order = await place(customer, await new_quote(customer, quantity=2))
    code = order["products"][0]["code"]
    operation = (await api.ask(MODEL, sku=FRONT_9))["model"]["routing"][0]["code"]
    await record(foshan, report(code, "OPERATION_STARTED", await factory_now(api), operation=operation))
    refused = await cancel(customer, order)
    assert (refused["__typename"], refused["errorCode"]) == ("NotPossible", "TOO_LATE")
    staff = await machine("staff")
    assert (await cancel(staff, order))["errorCode"] == "NOT_ALLOWED"
    assert (await cancel(staff, order, reason="Steel is out"))["status"] == "CANCELLED"
    late = report(code, "OPERATION_COMPLETED", await factory_now(api), operation=operation)
    (answer,) = await record(foshan, late)
    assert answer["errorCode"] == "IMPOSSIBLE_STEP"


async def test_an_unsigned_caller_is_unauthenticated(api: Api) -> None:
    for query in ("{ orders { nodes { id } } }", "{ products { nodes { id } } }", "{ designs { nodes { id } } }"):
        assert (await api.post(query))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    body = {"input": {"modelSku": FRONT_9, "selections": first_choices(model)}}
    answer = await api.post("mutation($input: StartDesignInput!) { startDesign(input: $input) { __typename } }", body)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
