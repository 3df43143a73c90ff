"""What a change would bring, what it brought, and what became of the order's price."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.client import (
    FRONT_9,
    MODEL,
    Api,
    Json,
    factory_now,
    first_choices,
    new_customer,
    new_quote,
    place,
    readings,
    record,
    report,
)
from tests.conftest import Token

PREVIEW = """query($code: ProductCode!, $selections: [SelectionInput!]!) { product(code: $code) {
    lastSequence changePreview(selections: $selections) { priceDelta { amount currency } addedDays
        changes { group { code } closesAt frozenAt } conflicts { rule message }
        refusal { __typename errorCode message path ... on Frozen { option frozenAt station { code } } } } } }"""
PRICE = """query($id: ID!) { order(id: $id) { quote { total { amount } } total { amount currency }
    adjustments { kind code sequence amount { amount } label(locale: "de") } } }"""
DISCOUNT = {"CNY": Decimal("160.00"), "USD": Decimal("27.00")}


async def preview(api: Api, code: str, selections: list[Json]) -> Json:
    found: Json = (await api.ask(PREVIEW, code=code, selections=selections))["product"]["changePreview"]
    return found


async def change(api: Api, code: str, selections: list[Json], delta: Json) -> Json:
    selection = "... on Product { design { number createdAt } } ... on Frozen { option frozenAt station { code } }"
    return await api.do(
        "changeProduct",
        "ChangeProductInput",
        selection,
        code=code,
        selections=selections,
        acceptPriceDelta={"amount": delta["amount"], "currency": delta["currency"]},
    )


async def price(api: Api, order: Json) -> Json:
    """Ask for an order's price; its total is always what was quoted and the lines since."""
    found: Json = (await api.ask(PRICE, id=order["id"]))["order"]
    lines = [Decimal(line["amount"]["amount"]) for line in found["adjustments"]]
    quoted = Decimal(found["quote"]["total"]["amount"])
    assert Decimal(found["total"]["amount"]) == quoted + sum(lines)
    return found


async def dear(api: Api) -> list[Json]:
    """Choose the dearest colour."""
    query = """query($sku: String!) { model(sku: $sku) { optionGroups { code
        options { code surcharge(currency: "CNY") { amount } } } } }"""
    groups = (await api.ask(query, sku=FRONT_9))["model"]["optionGroups"]
    colour = next(group for group in groups if group["code"] == "COLOUR")
    option = max(colour["options"], key=lambda o: Decimal(o["surcharge"]["amount"] if o["surcharge"] else 0))
    return [{"group": "COLOUR", "options": [option["code"]]}]


async def bought(api: Api, country: str = "CN", currency: str = "CNY", quantity: int = 1) -> tuple[Json, list[str]]:
    quote = await new_quote(api, quantity=quantity, country=country, currency=currency)
    postal_code = {"CN": "528000", "US": "94103", "CA": "K1A 0B1"}[country]
    order = await place(api, quote, country=country, postalCode=postal_code)
    return order, [unit["code"] for unit in order["products"]]


@pytest.mark.parametrize(("country", "currency"), [("CN", "CNY"), ("US", "USD"), ("CA", "USD")])
async def test_a_change_costs_what_its_preview_said_with_the_tax_that_is_added(
    api: Api, country: str, currency: str
) -> None:
    customer = await new_customer(api)
    order, (code,) = await bought(customer, country, currency)
    wanted = await dear(api)
    told = await preview(customer, code, wanted)
    assert (told["refusal"], told["conflicts"]) == (None, [])
    assert [(change["group"]["code"], change["frozenAt"]) for change in told["changes"]] == [("COLOUR", None)]
    assert told["changes"][0]["closesAt"] is not None
    assert told["priceDelta"]["currency"] == currency
    assert (await change(customer, code, wanted, told["priceDelta"]))["design"]["number"] == 2
    after = await price(customer, order)
    (line,) = after["adjustments"]
    assert line == {
        "kind": "CHANGE",
        "code": code,
        "sequence": 3,
        "amount": {"amount": told["priceDelta"]["amount"]},
        "label": "Ausführung geändert",
    }
    design = [{"group": choice["group"], "options": choice["options"]} for choice in wanted]
    fresh = await quoted_anew(customer, design, country, currency)
    assert after["total"]["amount"] == fresh["total"]["amount"]


async def quoted_anew(api: Api, changed: list[Json], country: str, currency: str) -> Json:
    """Quote the same design as new_quote's with some other choices."""
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    groups = {choice["group"]: choice for choice in [*first_choices(model), *changed]}
    design = await api.do(
        "startDesign",
        "StartDesignInput",
        "... on Design { id revision }",
        modelSku=FRONT_9,
        selections=list(groups.values()),
    )
    return await api.do(
        "requestQuote",
        "RequestQuoteInput",
        "... on Quote { total { amount } }",
        designId=design["id"],
        designRevision=1,
        country=country,
        currency=currency,
    )


async def test_a_preview_writes_nothing_and_says_what_would_be_refused(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    _, (code,) = await bought(customer)
    wanted = await dear(api)
    missing = await preview(customer, code, [{"group": "COLOUR", "options": []}])
    assert missing["refusal"]["errorCode"] == "INCOMPLETE"
    assert missing["refusal"]["path"] == ["selections"]
    same = await preview(customer, code, [])
    assert (same["priceDelta"]["amount"], same["addedDays"], same["changes"]) == ("0.00", 0, [])
    at = await factory_now(api)
    await record(foshan, report(code, "OPERATION_STARTED", at, operation="PAINTING"))
    told = await preview(customer, code, wanted)
    refused = await change(customer, code, wanted, told["priceDelta"])
    same_words = {**refused, "path": told["refusal"]["path"]}
    assert told["refusal"] == same_words
    assert (refused["__typename"], refused["option"], refused["path"]) == ("Frozen", "COLOUR", ["input", "selections"])
    assert refused["frozenAt"] == told["changes"][0]["frozenAt"]
    assert refused["station"]["code"]
    assert (await customer.ask(PREVIEW, code=code, selections=wanted))["product"]["lastSequence"] == 3


async def test_the_same_change_many_times_at_once_answers_the_unit_each_time_and_costs_once(api: Api) -> None:
    customer = await new_customer(api)
    order, (code,) = await bought(customer)
    wanted = await dear(api)
    delta = (await preview(customer, code, wanted))["priceDelta"]
    answers = await asyncio.gather(*(change(customer, code, wanted, delta) for _ in range(10)))
    assert {(answer["__typename"], answer["design"]["number"]) for answer in answers} == {("Product", 2)}
    assert len((await price(customer, order))["adjustments"]) == 1


async def test_a_slow_option_moves_the_finish_in_the_very_answer(api: Api) -> None:
    customer = await new_customer(api)
    _, (code,) = await bought(customer)
    query = """query($sku: String!) { model(sku: $sku) { optionGroups { code options { code addedDays } } } }"""
    groups = (await api.ask(query, sku=FRONT_9))["model"]["optionGroups"]
    slow = next((g["code"], o["code"], o["addedDays"]) for g in groups for o in g["options"] if o["addedDays"])
    wanted: list[Json] = [{"group": slow[0], "options": [slow[1]]}]
    told = await preview(customer, code, wanted)
    assert told["addedDays"] == slow[2]
    plan = "plan { finishesAt } eta { earliest latest reason }"
    query = f"query($code: ProductCode!) {{ product(code: $code) {{ {plan} }} }}"
    before = (await customer.ask(query, code=code))["product"]
    after = await customer.do(
        "changeProduct",
        "ChangeProductInput",
        f"... on Product {{ {plan} }}",
        code=code,
        selections=wanted,
        acceptPriceDelta=told["priceDelta"],
    )
    for times in (("plan", "finishesAt"), ("eta", "earliest"), ("eta", "latest")):
        later = datetime.fromisoformat(after[times[0]][times[1]]) - datetime.fromisoformat(before[times[0]][times[1]])
        assert later == timedelta(days=slow[2]), times
    assert after["eta"]["reason"] == "Your change takes another time to build."
    found = (await customer.ask(query, code=code))["product"]
    assert found["plan"]["finishesAt"] == after["plan"]["finishesAt"]


async def test_a_change_that_breaks_a_rule_names_it_and_is_refused_below_its_selections(api: Api) -> None:
    customer = await new_customer(api)
    _, (code,) = await bought(customer)
    broken = [{"group": "CAPACITY", "options": ["KG_11"]}, {"group": "SPIN_SPEED", "options": ["RPM_1600"]}]
    told = await preview(customer, code, broken)
    assert told["conflicts"]
    assert all(conflict["message"] for conflict in told["conflicts"])
    refused = await change(customer, code, broken, told["priceDelta"])
    assert (refused["errorCode"], refused["path"]) == ("INCONSISTENT", ["input", "selections"])


async def test_a_preview_of_what_the_model_does_not_have_is_bad_input(api: Api) -> None:
    customer = await new_customer(api)
    _, (code,) = await bought(customer)
    answer = await customer.post(PREVIEW, {"code": code, "selections": [{"group": "NOPE", "options": []}]})
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_only_its_buyer_learns_what_a_change_would_cost(api: Api, foshan: Api, machine: Token) -> None:
    customer = await new_customer(api)
    _, (code,) = await bought(customer)
    for caller in (foshan, await machine("staff"), await machine("carrier", carrier="HUAXIA")):
        assert (await caller.ask(PREVIEW, code=code, selections=[]))["product"]["changePreview"] is None


async def test_a_changed_unit_owns_its_revision_and_the_journal_keeps_each(api: Api) -> None:
    customer = await new_customer(api)
    order, (first, second) = await bought(customer, quantity=2)
    wanted = await dear(api)
    told = await preview(customer, first, wanted)
    answer = await change(customer, first, wanted, told["priceDelta"])
    query = """query($code: ProductCode!) { product(code: $code) { design { number createdAt }
        steps { nodes { kind occurredAt product { design { number
            selections { group { code } options { code } } } } } } } }"""
    unit = (await customer.ask(query, code=first))["product"]
    assert unit["design"] == answer["design"]
    steps = unit["steps"]["nodes"]
    assert [step["kind"] for step in steps] == ["ORDER_PLACED", "SCHEDULED", "DESIGN_CHANGED"]
    assert [step["product"]["design"]["number"] for step in steps] == [1, 1, 2]
    assert unit["design"]["createdAt"] == steps[2]["occurredAt"] != steps[0]["occurredAt"]
    designs = (step["product"]["design"] for step in steps[1:])
    before, after = ({s["group"]["code"]: s["options"] for s in design["selections"]} for design in designs)
    assert {group for group in after if before[group] != after[group]} == {"COLOUR"}
    assert (await customer.ask(query, code=second))["product"]["design"]["number"] == 1
    back = [{"group": "COLOUR", "options": [option["code"] for option in before["COLOUR"]]}]
    await change(customer, first, back, (await preview(customer, first, back))["priceDelta"])
    lines = (await price(customer, order))["adjustments"]
    assert [line["sequence"] for line in lines] == [3, 4]
    assert sum(Decimal(line["amount"]["amount"]) for line in lines) == 0


async def concede(customer: Api, foshan: Api, code: str) -> Json:
    """Let a unit's colour be off and take it as it is."""
    model = (await foshan.ask(MODEL, sku=FRONT_9))["model"]
    measured = readings(model, None, COLOUR_DELTA_E=1.7)
    await record(foshan, report(code, "INSPECTION_PASSED", await factory_now(foshan), measurements=measured))
    query = """query($code: ProductCode!) { product(code: $code) { openDecisions { id
        options { choice priceDelta { amount } } } } }"""
    (decision,) = (await customer.ask(query, code=code))["product"]["openDecisions"]
    offer: Json = next(option for option in decision["options"] if option["choice"] == "CONCESSION")
    await customer.do(
        "decide",
        "DecideInput",
        "... on Decision { choice }",
        decisionId=decision["id"],
        choice="CONCESSION",
        idempotencyKey="k",
    )
    return offer


@pytest.mark.parametrize(("country", "currency"), [("CN", "CNY"), ("US", "USD"), ("CA", "USD")])
async def test_a_concession_is_a_line_that_gives_the_added_tax_back(
    api: Api, foshan: Api, country: str, currency: str
) -> None:
    customer = await new_customer(api)
    order, (code,) = await bought(customer, country, currency)
    offer = await concede(customer, foshan, code)
    (line,) = (await price(customer, order))["adjustments"]
    assert (line["kind"], line["amount"]["amount"]) == ("CONCESSION", offer["priceDelta"]["amount"])
    query = "query($id: ID!) { order(id: $id) { quote { subtotal { amount } delivery { amount } total { amount } } } }"
    quote = (await customer.ask(query, id=order["id"]))["order"]["quote"]
    net = Decimal(quote["subtotal"]["amount"]) + Decimal(quote["delivery"]["amount"])
    listed = DISCOUNT[currency]
    expected = listed * Decimal(quote["total"]["amount"]) / net
    assert abs(-Decimal(line["amount"]["amount"]) - expected) < Decimal("0.01")
    assert (expected == listed) is (country == "CN")


async def test_engineers_see_no_adjustments(api: Api, machine: Token) -> None:
    customer = await new_customer(api)
    order, _ = await bought(customer)
    engineer = await machine("staff", factory="FOSHAN")
    query = "query($id: ID!) { order(id: $id) { number adjustments { amount { amount } } total { amount } } }"
    found = (await engineer.ask(query, id=order["id"]))["order"]
    assert (found["adjustments"], found["total"]) == (None, None)
