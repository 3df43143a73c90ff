"""recordSteps, changeProduct, decide and what a unit shows, over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from stdnum.iso7064 import mod_37_36

from app.actions.background.sweep import sweep
from app.deps import Deps
from app.domain.unit.code import parse_code
from schema.cursor import write_cursor
from tests.client import (
    FRONT_9,
    MODEL,
    Api,
    Json,
    factory_now,
    new_customer,
    new_quote,
    new_unit,
    place,
    readings,
    record,
    report,
)
from tests.conftest import Token
from tests.racing import LEADS, raced

UNIT = """query($code: ProductCode!) { product(code: $code) { status stage progress lastSequence
    openDecisions { id question choice defaultChoice deadline raisedAt
        evidence { characteristic value passed upperLimit }
        options { choice priceDelta { amount currency } delayDays label } }
    performanceReport { revision measurements { characteristic value passed name } summary contentHash }
    design { number selections { group { code } options { code } } }
    changeWindow { group { code } frozenAt } eta { basis reason } order { total { amount } }
    steps(first: 100) { nodes { sequence kind measurements { characteristic passed } note } } } }"""
COLOUR = "COLOUR_DELTA_E"
NOBODYS = "000000000000" + mod_37_36.calc_check_digit("000000000000")


async def unit_of(api: Api, code: str) -> Json:
    product: Json = (await api.ask(UNIT, code=code))["product"]
    return product


async def model_of(api: Api) -> Json:
    model: Json = (await api.ask(MODEL, sku=FRONT_9))["model"]
    return model


async def inspect(machine: Api, code: str, **values: float) -> Json:
    """Report a final inspection with everything measured inside its limits, but for the given values."""
    measured = readings(await model_of(machine), None, **values)
    (answer,) = await record(
        machine, report(code, "INSPECTION_PASSED", await factory_now(machine), measurements=measured)
    )
    return answer


async def test_a_batch_gets_one_answer_each_in_the_same_order(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    first, second = await new_unit(customer), await new_unit(customer)
    operations = [operation["code"] for operation in (await model_of(api))["routing"]]
    at = await factory_now(api)
    answers = await record(
        foshan,
        report(first, "OPERATION_STARTED", at, operation=operations[0]),
        report(second, "OPERATION_STARTED", at, operation=operations[0]),
        report(first, "OPERATION_STARTED", at, operation="NOPE"),
        report(first, "OPERATION_COMPLETED", at, operation=operations[0]),
    )
    assert [answer["__typename"] for answer in answers] == ["Step", "Step", "NotPossible", "Step"]
    assert [answer.get("sequence") for answer in answers] == [3, 3, None, 4]
    assert answers[2]["path"] == ["input", "2", "operation"]
    assert answers[3]["product"] == {"status": "IN_PRODUCTION", "lastSequence": 4}


async def test_the_same_event_answers_the_step_it_made_and_writes_nothing(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    operation = (await model_of(api))["routing"][0]["code"]
    event = report(code, "OPERATION_STARTED", await factory_now(api), operation=operation)
    (first,) = await record(foshan, event)
    other_content = {**event, "kind": "COMPONENT_FITTED", "operation": None, "note": "else"}
    assert await record(foshan, event, other_content) == [first, first]
    assert (await unit_of(customer, code))["lastSequence"] == 3


async def test_an_event_repeated_with_impossible_content_answers_its_step_and_is_logged(
    api: Api, foshan: Api, caplog: pytest.LogCaptureFixture
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    operation = (await model_of(api))["routing"][0]["code"]
    event = report(code, "OPERATION_STARTED", await factory_now(api), operation=operation)
    (first,) = await record(foshan, event)
    assert await record(foshan, event) == [first]
    assert "event repeated with other content" not in caplog.messages
    assert await record(foshan, {**event, "operation": "NOPE"}) == [first]
    (logged,) = [each for each in caplog.records if each.message == "event repeated with other content"]
    assert vars(logged)["fields"] == ["operation"]
    assert (await unit_of(customer, code))["lastSequence"] == 3


async def test_an_event_that_has_become_impossible_still_answers_its_step(
    api: Api, foshan: Api, machine: Token
) -> None:
    customer = await new_customer(api)
    order = await place(customer, await new_quote(customer))
    code = order["products"][0]["code"]
    operation = (await model_of(api))["routing"][0]["code"]
    at = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    event = report(code, "OPERATION_STARTED", at, operation=operation)
    (first,) = await record(foshan, event)
    staff = await machine("staff")
    await staff.do("cancelOrder", "CancelOrderInput", "... on Order { status }", orderId=order["id"], reason="Test")
    (again,) = await record(foshan, event)
    assert (again["__typename"], again["sequence"]) == ("Step", first["sequence"])


async def test_writers_at_the_same_time_leave_no_hole_and_no_double(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    operations = [operation["code"] for operation in (await model_of(api))["routing"]]
    at = await factory_now(api)
    events = [
        report(code, kind, at, f"{kind}:{operation}", operation=operation)
        for operation in operations
        for kind in ("OPERATION_STARTED", "OPERATION_COMPLETED")
    ]
    await asyncio.gather(*(record(foshan, event) for event in events + events))
    steps = (await unit_of(customer, code))["steps"]["nodes"]
    assert [step["sequence"] for step in steps] == list(range(1, len(events) + 3))


@pytest.mark.parametrize(
    ("change", "error", "path"),
    [
        ({"kind": "RELEASED"}, "IMPOSSIBLE_STEP", "kind"),
        ({"kind": "ORDER_PLACED"}, "IMPOSSIBLE_STEP", "kind"),
        ({"operation": "NOPE"}, "IMPOSSIBLE_STEP", "operation"),
        ({"station": "NOPE"}, "IMPOSSIBLE_STEP", "station"),
        ({"operation": None}, "INVALID_INPUT", "operation"),
        ({"eventId": ""}, "INVALID_INPUT", "eventId"),
        ({"eventId": "e" * 129}, "INVALID_INPUT", "eventId"),
        ({"note": "n" * 1001}, "INVALID_INPUT", "note"),
        ({"media": [{"url": "javascript:alert(1)", "type": "image/png"}]}, "INVALID_INPUT", "media"),
        ({"measurements": [{"characteristic": "NOPE", "value": 1, "unit": "C62"}]}, "IMPOSSIBLE_STEP", "measurements"),
        ({"measurements": [{"characteristic": COLOUR, "value": 1, "unit": "KGM"}]}, "IMPOSSIBLE_STEP", "measurements"),
        (
            {"measurements": [{"characteristic": COLOUR, "value": 9, "unit": "C62"}] * 2},
            "IMPOSSIBLE_STEP",
            "measurements",
        ),
        ({"occurredAt": "2999-01-01T00:00:00Z"}, "IMPOSSIBLE_STEP", "occurredAt"),
        ({"occurredAt": "1990-01-01T00:00:00Z"}, "IMPOSSIBLE_STEP", "occurredAt"),
        ({"occurredAt": "0001-01-01T00:00:00Z"}, "IMPOSSIBLE_STEP", "occurredAt"),
        ({"code": NOBODYS}, "NOT_FOUND", "code"),
    ],
)
async def test_an_impossible_report_is_refused_by_name_and_writes_nothing(
    api: Api, foshan: Api, change: dict[str, Any], error: str, path: str
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    operation = (await model_of(api))["routing"][0]["code"]
    event = report(code, "OPERATION_STARTED", await factory_now(api), operation=operation)
    (answer,) = await record(foshan, {**event, **change})
    assert (answer["errorCode"], answer["path"][:3]) == (error, ["input", "0", path])
    assert (await unit_of(customer, code))["lastSequence"] == 2


@pytest.mark.parametrize("count", [0, 101])
async def test_a_batch_outside_its_size_writes_nothing(api: Api, foshan: Api, count: int) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    at = await factory_now(api)
    answers = await record(foshan, *(report(code, "COMPONENT_FITTED", at) for _ in range(count)))
    assert {answer["errorCode"] for answer in answers} == {"INVALID_INPUT"}
    assert (await unit_of(customer, code))["lastSequence"] == 2


async def test_reports_come_only_from_machines_of_the_unit_s_factory_and_its_carrier(api: Api, machine: Token) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    at = await factory_now(api)
    fitted, packed = report(code, "COMPONENT_FITTED", at), report(code, "PACKED", at)
    for caller, expected in (
        (customer, "NOT_ALLOWED"),
        (await machine("staff"), "NOT_ALLOWED"),
        (await machine("partner"), "NOT_ALLOWED"),
        (await machine("factory", factory="QINGDAO"), "NOT_FOUND"),
        (await machine("carrier", carrier="HUAXIA"), "NOT_ALLOWED"),
    ):
        (answer,) = await record(caller, fitted)
        assert answer["errorCode"] == expected
    (refused,) = await record(await machine("carrier", carrier="HUAXIA"), packed)
    assert (refused["errorCode"], refused["path"]) == ("NOT_ALLOWED", ["input", "0", "kind"])
    (answer,) = await record(await machine("carrier", carrier="HUAXIA"), {**packed, "kind": "DISPATCHED"})
    assert answer["__typename"] == "Step"
    assert (await api.post("mutation { recordSteps(input: []) { __typename } }"))["errors"][0]["extensions"] == {
        "code": "UNAUTHENTICATED"
    }


async def test_a_passed_final_inspection_releases_the_unit_with_its_report(api: Api, foshan: Api) -> None:
    customer = await new_customer(api, locale="de")
    code = await new_unit(customer)
    answer = await inspect(foshan, code)
    assert answer["kind"] == "INSPECTION_PASSED"
    unit = await unit_of(customer, code)
    assert (unit["status"], unit["stage"], unit["progress"]) == ("RELEASED", "QUALITY", 1.0)
    assert [step["kind"] for step in unit["steps"]["nodes"]][-2:] == ["INSPECTION_PASSED", "RELEASED"]
    issued = unit["performanceReport"]
    assert issued["revision"] == 1
    assert len(issued["contentHash"]) == 64
    assert {m["characteristic"] for m in issued["measurements"]} == {
        entry["code"] for entry in (await model_of(api))["inspectionPlan"]
    }
    assert all(measurement["passed"] for measurement in issued["measurements"])


async def test_an_inspection_without_its_measurements_releases_nothing(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    await record(foshan, report(code, "INSPECTION_PASSED", await factory_now(api)))
    unit = await unit_of(customer, code)
    assert (unit["status"], unit["performanceReport"]) == ("IN_INSPECTION", None)


async def held_unit(api: Api, foshan: Api) -> tuple[Api, str, Json]:
    """Make a unit that waits for its customer because its colour is off."""
    customer = await new_customer(api)
    code = await new_unit(customer)
    answer = await inspect(foshan, code, **{COLOUR: 1.7})
    assert (answer["kind"], answer["product"]["status"]) == ("INSPECTION_FAILED", "ON_HOLD")
    (decision,) = (await unit_of(customer, code))["openDecisions"]
    return customer, code, decision


async def decide(api: Api, decision: Json, choice: str, key: str = "key") -> Json:
    return await api.do(
        "decide",
        "DecideInput",
        "... on Decision { id choice decidedAt product { status } }",
        decisionId=decision["id"],
        choice=choice,
        idempotencyKey=key,
    )


async def test_a_colour_that_is_off_asks_the_customer_who_takes_it_for_less(api: Api, foshan: Api) -> None:
    customer, code, decision = await held_unit(api, foshan)
    assert decision["evidence"] == [{"characteristic": COLOUR, "value": 1.7, "passed": False, "upperLimit": 1.0}]
    assert {option["choice"] for option in decision["options"]} == {"CONCESSION", "REWORK"}
    before = (await unit_of(customer, code))["order"]["total"]["amount"]
    answer = await decide(customer, decision, "CONCESSION")
    assert (answer["choice"], answer["product"]["status"]) == ("CONCESSION", "RELEASED")
    assert (await decide(customer, decision, "CONCESSION"))["decidedAt"] == answer["decidedAt"]
    unit = await unit_of(customer, code)
    discount = next(o["priceDelta"]["amount"] for o in decision["options"] if o["choice"] == "CONCESSION")
    assert Decimal(unit["order"]["total"]["amount"]) == Decimal(before) + Decimal(discount)
    assert unit["openDecisions"] == []
    kinds = [step["kind"] for step in unit["steps"]["nodes"]]
    assert kinds[-4:] == ["INSPECTION_FAILED", "DECISION_REQUESTED", "DECISION_MADE", "RELEASED"]


async def test_rework_is_chosen_done_and_inspected_again(api: Api, foshan: Api) -> None:
    customer, code, decision = await held_unit(api, foshan)
    assert (await decide(customer, decision, "REWORK"))["product"]["status"] == "IN_REWORK"
    at = await factory_now(api)
    await record(foshan, report(code, "REWORK_STARTED", at), report(code, "REWORK_COMPLETED", at))
    assert (await unit_of(customer, code))["status"] == "IN_INSPECTION"
    assert (await inspect(foshan, code))["product"]["status"] in ("IN_INSPECTION", "RELEASED")
    assert (await unit_of(customer, code))["status"] == "RELEASED"
    assert (await decide(customer, decision, "REWORK"))["choice"] == "REWORK"


@pytest.mark.parametrize(
    ("choice", "key", "error"),
    [("REWORK", "key", "KEY_REUSED"), ("REWORK", "other", "TOO_LATE"), ("CONCESSION", "other", "TOO_LATE")],
)
async def test_a_decision_is_made_once(api: Api, foshan: Api, choice: str, key: str, error: str) -> None:
    customer, _, decision = await held_unit(api, foshan)
    await decide(customer, decision, "CONCESSION")
    assert (await decide(customer, decision, choice, key))["errorCode"] == error


async def test_of_two_answers_at_the_same_time_one_counts(api: Api, foshan: Api) -> None:
    customer, code, decision = await held_unit(api, foshan)
    answers = await asyncio.gather(
        *(decide(customer, decision, choice, f"{choice}{n}") for n in range(4) for choice in ("CONCESSION", "REWORK"))
    )
    assert sorted(answer["__typename"] for answer in answers) == ["Decision"] + ["NotPossible"] * 7
    kinds = [step["kind"] for step in (await unit_of(customer, code))["steps"]["nodes"]]
    assert kinds.count("DECISION_MADE") == 1


async def test_a_choice_that_is_not_offered_and_a_foreign_decision_are_refused(api: Api, foshan: Api) -> None:
    customer, _, decision = await held_unit(api, foshan)
    refused = await decide(customer, decision, "SCRAP")
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", "choice"])
    assert (await decide(await new_customer(api), decision, "REWORK"))["errorCode"] == "NOT_FOUND"
    assert (await decide(customer, {"id": "x"}, "REWORK"))["errorCode"] == "NOT_FOUND"


async def test_a_safety_characteristic_is_never_offered(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    safety = next(e for e in (await model_of(api))["inspectionPlan"] if e["safety"] and e["unit"])
    limit = safety["lowerLimit"] if safety["lowerLimit"] is not None else safety["upperLimit"]
    outside = limit - 1 if safety["lowerLimit"] is not None else limit + 1
    answer = await inspect(foshan, code, **{safety["code"]: outside, COLOUR: 1.7})
    assert answer["kind"] == "INSPECTION_FAILED"
    unit = await unit_of(customer, code)
    assert (unit["status"], unit["openDecisions"]) == ("IN_REWORK", [])


async def test_at_the_deadline_the_default_applies_and_later_answers_are_refused(
    api: Api, foshan: Api, deps: Deps
) -> None:
    customer, code, decision = await held_unit(api, foshan)
    await overdue(deps, code)
    await sweep(deps)
    await wait_for_step(customer, code, "DECISION_MADE")
    assert (await unit_of(customer, code))["status"] == "IN_REWORK"
    assert (await decide(customer, decision, "CONCESSION"))["errorCode"] == "DEADLINE_PASSED"
    kinds = [step["kind"] for step in (await unit_of(customer, code))["steps"]["nodes"]]
    assert kinds.count("DECISION_MADE") == 1


async def wait_for_step(api: Api, code: str, kind: str) -> None:
    """Watch a unit until a step of some kind."""
    query = "subscription($code: ProductCode!) { productSteps(code: $code, after: 0) { kind } }"
    async with api.subscribe(query, code=code) as steps:
        while (await steps.next())["productSteps"]["kind"] != kind:
            pass


async def overdue(deps: Deps, code: str) -> None:
    """Move a decision's deadline into the past, in the journal's head and in the projection."""
    key, past = parse_code(code), deps.now() - timedelta(seconds=1)
    steps, products = deps.stores.database.collection("steps"), deps.stores.products.collection
    head = await steps.find_one({"product": key}, sort=[("sequence", -1)])
    assert head is not None
    requested = {id: {**asked, "deadline": past} for id, asked in head["state"]["requested"].items()}
    await steps.update_one({"_id": head["_id"]}, {"$set": {"state.requested": requested}})
    await products.update_one({"_id": key}, {"$set": {"state.requested": requested, "due_at": past}})


CHANGE = "... on Product { status design { number } } ... on Frozen { option frozenAt station { code } } "
CHANGE += "... on Conflict { currentRevision }"


async def change(api: Api, code: str, group: str, option: str, amount: str, currency: str = "CNY") -> Json:
    return await api.do(
        "changeProduct",
        "ChangeProductInput",
        CHANGE,
        code=code,
        selections=[{"group": group, "options": [option]}],
        acceptPriceDelta={"amount": amount, "currency": currency},
    )


async def other_colour(api: Api) -> tuple[str, str, str]:
    """Find the dearest other colour, its surcharge and the operation that freezes it."""
    query = """query($sku: String!) { model(sku: $sku) { optionGroups { code freezesAt { code }
        options { code surcharge(currency: "CNY") { amount } } } } }"""
    groups = (await api.ask(query, sku=FRONT_9))["model"]["optionGroups"]
    group = next(group for group in groups if group["code"] == "COLOUR")
    option = next(option for option in group["options"][1:] if option["surcharge"])
    return option["code"], option["surcharge"]["amount"], group["freezesAt"]["code"]


async def test_an_option_is_changed_at_the_difference_that_was_shown(api: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    colour, surcharge, _ = await other_colour(api)
    before = (await unit_of(customer, code))["order"]["total"]["amount"]
    conflict = await change(customer, code, "COLOUR", colour, "0.01")
    assert (conflict["__typename"], conflict["currentRevision"]) == ("Conflict", 2)
    assert (await change(customer, code, "COLOUR", colour, surcharge, "EUR"))["errorCode"] == "INVALID_INPUT"
    assert (await change(customer, code, "COLOUR", colour, surcharge))["__typename"] == "Product"
    unit = await unit_of(customer, code)
    chosen = {s["group"]["code"]: s["options"][0]["code"] for s in unit["design"]["selections"]}
    assert chosen["COLOUR"] == colour
    assert Decimal(unit["order"]["total"]["amount"]) == Decimal(before) + Decimal(surcharge)
    assert unit["steps"]["nodes"][-1]["kind"] == "DESIGN_CHANGED"


async def test_an_option_is_frozen_once_its_operation_has_begun(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    colour, surcharge, operation = await other_colour(api)
    await record(foshan, report(code, "OPERATION_STARTED", await factory_now(api), operation=operation))
    refused = await change(customer, code, "COLOUR", colour, surcharge)
    assert (refused["__typename"], refused["errorCode"], refused["option"]) == ("Frozen", "FROZEN", "COLOUR")
    assert refused["station"]["code"]
    windows = {w["group"]["code"]: w["frozenAt"] for w in (await unit_of(customer, code))["changeWindow"]}
    assert windows["COLOUR"] == refused["frozenAt"]
    assert windows["ENERGY_LABEL"] is None


async def test_of_the_customer_s_change_and_the_station_s_start_exactly_one_is_first(api: Api, foshan: Api) -> None:
    colour, surcharge, operation = await other_colour(api)
    customer = await new_customer(api)
    outcomes = set()
    for lead in LEADS:
        code = await new_unit(customer)
        start = report(code, "OPERATION_STARTED", await factory_now(api), operation=operation)
        acts = change(customer, code, "COLOUR", colour, surcharge), record(foshan, start)
        changed, (started,) = await raced(*acts, lead, lambda: factory_now(api))
        assert started["__typename"] == "Step"
        kinds = [step["kind"] for step in (await unit_of(customer, code))["steps"]["nodes"]]
        if changed["__typename"] == "Product":
            assert kinds.index("DESIGN_CHANGED") < kinds.index("OPERATION_STARTED")
        else:
            assert changed["__typename"] == "Frozen"
            assert "DESIGN_CHANGED" not in kinds
        outcomes.add(changed["__typename"])
    assert outcomes == {"Product", "Frozen"}


async def test_steps_are_paged_both_ways_and_by_stage(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    at = await factory_now(api)
    await record(foshan, *(report(code, "COMPONENT_FITTED", at) for _ in range(6)))
    query = """query($code: ProductCode!, $first: Int, $after: String, $last: Int, $before: String, $stages: [Stage!]) {
        product(code: $code) { steps(first: $first, after: $after, last: $last, before: $before, stages: $stages) {
            totalCount nodes { sequence } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } }"""

    async def page(**arguments: object) -> Json:
        found: Json = (await customer.ask(query, code=code, **arguments))["product"]["steps"]
        return {**found, "nodes": [step["sequence"] for step in found["nodes"]]}

    first = await page(first=3)
    assert (first["nodes"], first["totalCount"]) == ([1, 2, 3], 8)
    assert (await page(first=3, after=first["pageInfo"]["endCursor"]))["nodes"] == [4, 5, 6]
    last = await page(last=3)
    assert (last["nodes"], last["pageInfo"]["hasPreviousPage"]) == ([6, 7, 8], True)
    assert (await page(last=3, before=last["pageInfo"]["startCursor"]))["nodes"] == [3, 4, 5]
    staged = await page(stages=["PRODUCTION"])
    assert (staged["nodes"], staged["totalCount"]) == ([3, 4, 5, 6, 7, 8], 6)


async def test_a_cursor_that_no_database_could_hold_is_refused(api: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    query = 'query($code: ProductCode!) { product(code: $code) { steps(after: "%s") { totalCount } } }'
    for values in ([10**20], ["x"], [-(10**20)]):
        answer = await customer.post(query % write_cursor(*values), {"code": code})
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_absent_and_foreign_units_are_one_answer(api: Api) -> None:
    mine, other = await new_customer(api), await new_customer(api)
    code = await new_unit(mine)
    query = "query($code: ProductCode!) { product(code: $code) { code } }"
    assert await other.post(query, {"code": code}) == {"data": {"product": None}}
    assert await other.post(query, {"code": NOBODYS}) == {"data": {"product": None}}
    assert (await mine.ask(query, code=code))["product"] == {"code": code}


async def test_each_party_sees_what_concerns_it(api: Api, foshan: Api, machine: Token) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    query = """query($code: ProductCode!) { product(code: $code) { code
        order { total { amount } shippingAddress { city } quote { id } } } }"""
    callers = {
        "customer": (customer, True, True),
        "factory": (foshan, True, False),
        "other factory": (await machine("factory", factory="QINGDAO"), False, False),
        "carrier": (await machine("carrier", carrier="HUAXIA"), True, False),
        "partner": (await machine("partner"), False, False),
        "staff": (await machine("staff"), True, True),
    }
    for name, (caller, sees_unit, sees_order) in callers.items():
        product = (await caller.ask(query, code=code))["product"]
        assert (product is not None) == sees_unit, name
        if product is not None:
            assert (product["order"] is not None) == sees_order, name
    engineer = await machine("staff", factory="FOSHAN")
    order = (await engineer.ask(query, code=code))["product"]["order"]
    assert order == {"total": None, "shippingAddress": None, "quote": None}


@pytest.mark.parametrize("code", ["", "x", "7K3M-9QXT-2CHV-F", "7K3M9QXT2CHVE7K3M9QXT2CHVE", "ⅷK3M-9QXT-2CHV-E"])
async def test_a_wrong_code_is_bad_input(api: Api, code: str) -> None:
    customer = await new_customer(api)
    answer = await customer.post("query($code: ProductCode!) { product(code: $code) { code } }", {"code": code})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_crash_between_append_and_projection_is_healed_by_the_sweep(api: Api, foshan: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    await inspect(foshan, code)
    key = parse_code(code)
    second = await deps.stores.steps.find_entry(key, 2)
    assert second is not None
    state = deps.stores.steps.dump(second)["state"]
    released = deps.stores.database.collection("steps")
    await released.delete_one({"product": key, "kind": "RELEASED"})
    await deps.stores.products.collection.update_one({"_id": key}, {"$set": {"state": state, "status": "PLANNED"}})
    await sweep(deps)
    listed = (await customer.ask("{ products { nodes { code status } } }"))["products"]["nodes"]
    assert listed == [{"code": code, "status": "RELEASED"}]
