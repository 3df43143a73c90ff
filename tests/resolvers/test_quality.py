"""Components, nonconformances, dispositions, successors, open lists and a line's figures, over HTTP."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.actions.background.planner import plan_line
from app.actions.background.sweep import sweep
from app.actions.unit import at_head, conclude_and_project, projection
from app.deps import Deps
from app.domain.unit.code import parse_code
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
from tests.later import later

COLOUR = "COLOUR_DELTA_E"
NONCONFORMANCE = """id defectCodes severity disposition disposedBy raisedAt closedAt summary operation { code }
    evidence { characteristic value passed calibrated calibrationDue } media { url } group { code } built { code }
    decision { choice } product { code }"""
UNIT = f"""query($code: ProductCode!) {{ product(code: $code) {{ status progress lastSequence
    components {{ part position serial lot supplier }} nonconformances {{ {NONCONFORMANCE} }}
    openDecisions {{ id media {{ url caption }} evidence {{ characteristic value upperLimit }} }}
    operations {{ operation {{ code }} startedAt completedAt cycleSeconds standardSeconds }}
    replaces {{ code }} replacedBy {{ code status design {{ selections {{ group {{ code }} options {{ code }} }} }} }}
    order {{ status products {{ code status }} }}
    steps(first: 100) {{ nodes {{ kind label(locale: "de") note product {{ status replacedBy {{ code }} }}
        component {{ part serial lot }} measurements {{ characteristic passed calibrated }} }} }} }} }}"""


async def unit_of(api: Api, code: str) -> Json:
    product: Json = (await api.ask(UNIT, code=code))["product"]
    return product


async def model_of(api: Api, sku: str = FRONT_9) -> Json:
    model: Json = (await api.ask(MODEL, sku=sku))["model"]
    return model


async def inspect(machine: Api, code: str, **values: float) -> Json:
    """Report an inspection of everything in the middle of its limits, but for the given values."""
    measured, at = readings(await model_of(machine), None, **values), await factory_now(machine)
    (answer,) = await record(machine, report(code, "INSPECTION_PASSED", at, measurements=measured))
    return answer


async def unsafe(api: Api) -> dict[str, float]:
    """Find a safety characteristic and a value outside its limits."""
    entry = next(e for e in (await model_of(api))["inspectionPlan"] if e["safety"] and e["unit"])
    lower = entry["lowerLimit"]
    return {entry["code"]: lower - 1 if lower is not None else entry["upperLimit"] + 1}


async def dispose(api: Api, id: str, disposition: str, **more: Any) -> Json:
    return await api.do(
        "disposeNonconformance",
        "DisposeNonconformanceInput",
        f"... on Nonconformance {{ {NONCONFORMANCE} }}",
        nonconformanceId=id,
        disposition=disposition,
        **more,
    )


async def failed_unit(api: Api, foshan: Api, **values: float) -> tuple[Api, str, Json]:
    """Make a unit whose final inspection failed in something that its customer isn't asked about."""
    customer = await new_customer(api)
    code = await new_unit(customer)
    await inspect(foshan, code, **(values or await unsafe(api)))
    (found,) = (await unit_of(customer, code))["nonconformances"]
    return customer, code, found


def fitted(code: str, at: str, event_id: str | None = None, **component: str) -> Json:
    return report(code, "COMPONENT_FITTED", at, event_id, component=component)


# ---- production


async def test_components_are_listed_and_the_one_fitted_last_counts(api: Api, foshan: Api, machine: Token) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    now = datetime.fromisoformat(await factory_now(api))
    early, late = (now - timedelta(minutes=5)).isoformat(), now.isoformat()
    new = {"part": "MOTOR", "serial": "M-2", "lot": "L-7", "supplier": "Nidec"}
    for answer in await record(
        foshan,
        fitted(code, late, **new),
        fitted(code, early, part="MOTOR", serial="M-1", lot="L-6"),
        fitted(code, early, part="VALVE", position="LEFT", serial="V-1"),
        fitted(code, early, part="VALVE", position="RIGHT", serial="V-2"),
    ):
        assert answer["__typename"] == "Step"
    parts = (await unit_of(foshan, code))["components"]
    assert [(c["part"], c["position"], c["serial"]) for c in parts] == [
        ("VALVE", "LEFT", "V-1"),
        ("MOTOR", "MOTOR", "M-2"),
        ("VALVE", "RIGHT", "V-2"),
    ]
    assert parts[1] == {**new, "position": "MOTOR"}
    mine = (await unit_of(customer, code))["components"][1]
    assert (mine["serial"], mine["lot"], mine["supplier"]) == ("M-2", None, None)
    carrier = await unit_of(await machine("carrier", carrier="HUAXIA"), code)
    assert (carrier["components"], carrier["nonconformances"]) == (None, None)
    assert [step["component"] for step in carrier["steps"]["nodes"]] == [None] * carrier["lastSequence"]


LOT = """query($part: String, $serial: String, $lot: String, $first: Int, $after: String) {
    unitsWithComponent(part: $part, serial: $serial, lot: $lot, first: $first, after: $after) {
        nodes { code } pageInfo { hasNextPage endCursor } } }"""


async def test_the_units_of_a_lot_are_found_in_pages_by_those_who_work_there(
    api: Api, foshan: Api, machine: Token
) -> None:
    customer = await new_customer(api)
    order = await place(customer, await new_quote(customer, quantity=3))
    codes = sorted(unit["code"] for unit in order["products"])
    at, lot = await factory_now(api), f"LOT-{codes[0]}"
    for n, code in enumerate(codes):
        await record(foshan, fitted(code, at, part="PUMP", serial=f"{lot}-{n}", lot=lot))

    async def found(caller: Api, **arguments: Any) -> Json:
        page: Json = (await caller.ask(LOT, **arguments))["unitsWithComponent"]
        return {**page, "nodes": [unit["code"] for unit in page["nodes"]]}

    first = await found(foshan, lot=lot, first=2)
    assert (first["nodes"], first["pageInfo"]["hasNextPage"]) == (codes[:2], True)
    rest = await found(foshan, lot=lot, first=2, after=first["pageInfo"]["endCursor"])
    assert (rest["nodes"], rest["pageInfo"]["hasNextPage"]) == (codes[2:], False)
    assert (await found(await machine("staff"), part="PUMP", serial=f"{lot}-1"))["nodes"] == [codes[1]]
    assert (await found(await machine("staff", factory="FOSHAN"), lot=lot))["nodes"] == codes
    assert (await found(foshan, part="MOTOR", lot=lot))["nodes"] == []
    for caller in (customer, await machine("factory", factory="QINGDAO"), await machine("carrier", carrier="HUAXIA")):
        assert (await found(caller, lot=lot))["nodes"] == []
    at = (datetime.fromisoformat(at) + timedelta(seconds=1)).isoformat()
    await record(foshan, fitted(codes[0], at, part="PUMP", serial="other", lot="other"))
    assert (await found(foshan, lot=lot))["nodes"] == codes[1:]
    for arguments in ({"part": "PUMP"}, {"lot": "x" * 65}, {"lot": lot, "after": "x"}, {"lot": lot, "first": 101}):
        answer = await foshan.post(LOT, arguments)
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"component": {"part": "", "serial": "1"}}, ["component", "part"]),
        ({"component": {"part": "A.B", "serial": "1"}}, ["component", "part"]),
        ({"component": {"part": "P" * 65, "serial": "1"}}, ["component", "part"]),
        ({"component": {"part": "P", "position": "$x", "serial": "1"}}, ["component", "position"]),
        ({"component": {"part": "P"}}, ["component", "serial"]),
        ({"component": {"part": "P", "serial": "1" * 65}}, ["component", "serial"]),
        ({"component": {"part": "P", "lot": "1" * 65}}, ["component", "lot"]),
        ({"component": {"part": "P", "lot": "1", "supplier": "s" * 101}}, ["component", "supplier"]),
        ({"kind": "PACKED", "component": {"part": "P", "lot": "1"}}, ["component"]),
        ({"defectCode": "SCRATCH"}, ["defectCode"]),
        ({"kind": "INSPECTION_FAILED", "defectCode": "a b"}, ["defectCode"]),
    ],
)
async def test_a_malformed_component_or_defect_is_refused_by_name_and_writes_nothing(
    api: Api, foshan: Api, change: dict[str, Any], path: list[str]
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    (answer,) = await record(foshan, {**report(code, "COMPONENT_FITTED", await factory_now(api)), **change})
    assert (answer["errorCode"], answer["path"]) == ("INVALID_INPUT", ["input", "0", *path])
    assert (await unit_of(customer, code))["lastSequence"] == 2


async def test_an_operation_shows_its_cycle_time_beside_the_standard_time(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    routing = (await model_of(api))["routing"]
    now = datetime.fromisoformat(await factory_now(api))
    start, end = (now - timedelta(seconds=100)).isoformat(), (now - timedelta(seconds=30)).isoformat()
    first, second = routing[0]["code"], routing[1]["code"]
    await record(
        foshan,
        report(code, "OPERATION_COMPLETED", end, operation=first),
        report(code, "OPERATION_STARTED", start, operation=first),
        report(code, "OPERATION_STARTED", end, operation=second),
        report(code, "OPERATION_COMPLETED", start, operation=second),
    )
    shown = (await unit_of(customer, code))["operations"]
    assert [each["operation"]["code"] for each in shown] == [operation["code"] for operation in routing]
    assert [each["cycleSeconds"] for each in shown] == [70, None, *[None] * (len(routing) - 2)]
    assert [each["standardSeconds"] for each in shown] == [operation["standardSeconds"] for operation in routing]


async def test_a_station_of_another_line_or_outside_the_routing_is_refused(api: Api, foshan: Api) -> None:
    lines = (await api.ask("{ factories { code lines { code stations { code } } } }"))["factories"]
    code = await new_unit(await new_customer(api))
    mine = {operation["station"]["code"] for operation in (await model_of(api))["routing"]}
    others = {s["code"] for factory in lines for line in factory["lines"] for s in line["stations"]} - mine
    at, operation = await factory_now(api), (await model_of(api))["routing"][0]["code"]
    for station in sorted(others)[:20]:
        (answer,) = await record(foshan, report(code, "OPERATION_STARTED", at, operation=operation, station=station))
        assert (answer["errorCode"], answer["path"]) == ("IMPOSSIBLE_STEP", ["input", "0", "station"])
    assert others


# ---- quality


async def test_an_instrument_out_of_calibration_releases_nothing(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    at = await factory_now(api)
    measured = readings(await model_of(api))
    due = datetime.fromisoformat(at).astimezone(UTC).date()
    expired = [{**each, "calibrationDue": str(due - timedelta(days=1))} for each in measured]
    (answer,) = await record(foshan, report(code, "INSPECTION_PASSED", at, measurements=[expired[0], *measured[1:]]))
    assert (answer["kind"], answer["product"]["status"]) == ("INSPECTION_PASSED", "IN_INSPECTION")
    last = (await unit_of(customer, code))["steps"]["nodes"][-1]
    assert [(m["passed"], m["calibrated"]) for m in last["measurements"]][:2] == [(True, False), (True, True)]
    good = [{**each, "calibrationDue": str(due)} for each in measured]
    await record(foshan, report(code, "INSPECTION_PASSED", at, measurements=good))
    assert (await unit_of(customer, code))["status"] == "RELEASED"


async def test_a_failed_inspection_is_a_nonconformance_until_a_later_one_passes(api: Api, foshan: Api) -> None:
    customer, code, found = await failed_unit(api, foshan)
    assert (found["severity"], found["disposition"], found["disposedBy"]) == ("CRITICAL", "REWORK", "RULE")
    assert (found["closedAt"], found["product"]["code"]) == (None, code)
    assert [(m["passed"], m["characteristic"]) for m in found["evidence"]] == [(False, found["defectCodes"][0])]
    german = 'query($id: ID!) { node(id: $id) { ... on Nonconformance { summary(locale: "de") } } }'
    summary = (await customer.ask(german, id=found["id"]))["node"]["summary"]
    assert summary.endswith("liegt außerhalb der Grenzen.")
    assert (await (await new_customer(api)).ask(german, id=found["id"]))["node"] is None
    for outside in (True, False):  # two rounds of rework
        at = await factory_now(api)
        await record(foshan, report(code, "REWORK_STARTED", at), report(code, "REWORK_COMPLETED", at))
        assert (await unit_of(customer, code))["status"] == "IN_INSPECTION"
        await inspect(foshan, code, **(await unsafe(api) if outside else {}))
    unit = await unit_of(customer, code)
    assert unit["status"] == "RELEASED"
    assert [each["closedAt"] is not None for each in unit["nonconformances"]] == [True, True]


@pytest.mark.parametrize("disposition", ["REWORK", "REPAIR"])
async def test_an_engineer_says_what_becomes_of_it(api: Api, foshan: Api, machine: Token, disposition: str) -> None:
    customer, code, found = await failed_unit(api, foshan)
    engineer = await machine("staff", factory="FOSHAN")
    answer = await dispose(engineer, found["id"], disposition, note="New seal", idempotencyKey="k1")
    assert (answer["disposition"], answer["disposedBy"], answer["closedAt"]) == (disposition, "ENGINEER", None)
    steps = (await unit_of(customer, code))["steps"]["nodes"]
    assert (steps[-1]["kind"], steps[-1]["note"]) == ("NONCONFORMANCE_DISPOSED", "New seal")
    again = await dispose(engineer, found["id"], disposition, note="New seal", idempotencyKey="k1")
    other = await dispose(engineer, found["id"], "SCRAP", idempotencyKey="k1")
    assert (again, other["errorCode"]) == (answer, "KEY_REUSED")
    assert len((await unit_of(customer, code))["steps"]["nodes"]) == len(steps)
    await inspect(foshan, code)
    assert (await unit_of(customer, code))["status"] == "RELEASED"
    assert (await dispose(engineer, found["id"], "REMAKE"))["errorCode"] == "TOO_LATE"


async def test_only_an_engineer_of_the_factory_disposes(api: Api, foshan: Api, machine: Token) -> None:
    customer, code, found = await failed_unit(api, foshan)
    before = (await unit_of(customer, code))["lastSequence"]
    engineer = await machine("staff", factory="FOSHAN")
    callers: Mapping[str, Api] = {
        "customer": customer,
        "machine": foshan,
        "staff": await machine("staff"),
        "carrier": await machine("carrier", carrier="HUAXIA"),
    }
    for name, caller in callers.items():
        assert (await dispose(caller, found["id"], "REWORK"))["errorCode"] == "NOT_ALLOWED", name
    for caller in (await new_customer(api), await machine("staff", factory="QINGDAO")):
        assert (await dispose(caller, found["id"], "REWORK"))["errorCode"] == "NOT_FOUND"
    refused = await dispose(engineer, found["id"], "CONCESSION")
    assert (refused["errorCode"], refused["path"]) == ("NOT_ALLOWED", ["input", "disposition"])
    for id in ("x", found["id"][:-4]):
        assert (await dispose(engineer, id, "REWORK"))["errorCode"] == "NOT_FOUND"
    assert (await dispose(engineer, found["id"], "REWORK", note="n" * 1001))["path"] == ["input", "note"]
    assert (await dispose(engineer, found["id"], "REWORK", idempotencyKey=""))["path"] == ["input", "idempotencyKey"]
    assert (await unit_of(customer, code))["lastSequence"] == before


async def test_while_the_customer_is_asked_an_engineer_can_only_give_the_unit_up(
    api: Api, foshan: Api, machine: Token
) -> None:
    customer, code, found = await failed_unit(api, foshan, **{COLOUR: 1.7})
    engineer = await machine("staff", factory="FOSHAN")
    assert (found["disposition"], found["severity"], found["decision"]) == (None, "MINOR", {"choice": None})
    for disposition in ("REWORK", "REPAIR", "CONCESSION"):
        assert (await dispose(engineer, found["id"], disposition))["errorCode"] == "NOT_ALLOWED"
    assert (await dispose(engineer, found["id"], "SCRAP"))["disposition"] == "SCRAP"
    unit = await unit_of(customer, code)
    assert (unit["status"], unit["openDecisions"]) == ("SCRAPPED", [])


async def test_an_engineer_may_concede_what_no_customer_is_asked_about(api: Api, foshan: Api, machine: Token) -> None:
    customer, code, found = await failed_unit(api, foshan, APPEARANCE=0.0)
    engineer = await machine("staff", factory="FOSHAN")
    answer = await dispose(engineer, found["id"], "CONCESSION")
    assert (answer["disposition"], answer["closedAt"] is not None) == ("CONCESSION", True)
    assert (await unit_of(customer, code))["status"] == "RELEASED"


# ---- scrapped and replaced


async def test_a_scrapped_unit_is_replaced_by_a_planned_one_of_the_same_design(
    api: Api, foshan: Api, machine: Token, deps: Deps
) -> None:
    customer, code, found = await failed_unit(api, foshan)
    engineer = await machine("staff", factory="FOSHAN")
    answer = await dispose(engineer, found["id"], "REMAKE")
    assert answer["closedAt"] is not None
    old = await unit_of(customer, code)
    successor = old["replacedBy"]["code"]
    assert old["status"] == "SCRAPPED"
    last = old["steps"]["nodes"][-1]
    assert (last["kind"], last["product"]["replacedBy"]) == ("SCRAPPED", {"code": successor})
    await plan_line(deps, "FOSHAN-FRONT")
    new = await unit_of(customer, successor)
    assert (new["status"], new["replaces"], new["replacedBy"]) == ("PLANNED", {"code": code}, None)
    assert [step["kind"] for step in new["steps"]["nodes"]] == ["ORDER_PLACED", "SCHEDULED"]
    assert [unit["code"] for unit in new["order"]["products"]] == [code, successor]
    assert new["order"]["status"] == "IN_PRODUCTION"
    assert (await dispose(engineer, found["id"], "SCRAP"))["errorCode"] == "TOO_LATE"
    at = (datetime.fromisoformat(await factory_now(api)) + timedelta(seconds=30)).isoformat()
    (refused,) = await record(foshan, report(code, "REWORK_STARTED", at))
    assert (refused["errorCode"], refused["path"]) == ("IMPOSSIBLE_STEP", ["input", "0", "occurredAt"])


async def test_an_order_s_stream_goes_on_with_the_successor(api: Api, foshan: Api, machine: Token) -> None:
    customer = await new_customer(api)
    order = await place(customer, await new_quote(customer, quantity=2))
    code, other = (unit["code"] for unit in order["products"])
    query = """subscription($id: ID!, $after: String) { orderSteps(orderId: $id, after: $after) {
        cursor step { kind sequence product { code } } } }"""
    async with customer.subscribe(query, id=order["id"], after="0") as steps:
        await inspect(foshan, code, **await unsafe(api))
        found = (await unit_of(customer, code))["nonconformances"][0]
        await dispose(await machine("staff", factory="FOSHAN"), found["id"], "SCRAP")
        events = [await steps.next()]
        while events[-1]["orderSteps"]["step"]["product"]["code"] in (code, other):
            events.append(await steps.next())
        successor = events[-1]["orderSteps"]["step"]["product"]["code"]
        await record(foshan, report(successor, "COMPONENT_FITTED", await factory_now(api)))
        while events[-1]["orderSteps"]["step"]["kind"] != "COMPONENT_FITTED":
            events.append(await steps.next())
    by_unit = [event["orderSteps"]["step"] for event in events]
    mine = [step["sequence"] for step in by_unit if step["product"]["code"] == successor]
    assert mine == list(range(1, len(mine) + 1))
    for seen in range(len(events)):
        cursor = events[seen]["orderSteps"]["cursor"]
        async with customer.subscribe(query, id=order["id"], after=cursor) as rest:
            left = [event["orderSteps"]["step"] for event in await rest.take(len(events) - seen - 1)]
        key = [(step["product"]["code"], step["sequence"]) for step in by_unit[: seen + 1] + left]
        assert sorted(key) == sorted((step["product"]["code"], step["sequence"]) for step in by_unit)


async def test_of_many_processes_one_makes_the_successor_and_a_crash_before_it_is_healed(
    api: Api, foshan: Api, machine: Token, deps: Deps
) -> None:
    customer, code, found = await failed_unit(api, foshan)
    key = parse_code(code)
    await dispose(await machine("staff", factory="FOSHAN"), found["id"], "SCRAP")
    successor = parse_code((await unit_of(customer, code))["replacedBy"]["code"])
    stores = deps.stores
    unit = await stores.products.find(key)
    assert unit is not None
    # as if every process had died between the disposition and the successor
    steps = stores.database.collection("steps")
    await steps.delete_many({"$or": [{"product": key, "kind": "SCRAPPED"}, {"product": successor}]})
    await stores.products.collection.delete_one({"_id": successor})
    await stores.orders.collection.update_one({"_id": unit.order}, {"$pull": {"products": successor}})
    crashed = await at_head(deps, unit)
    await stores.products.correct(projection(deps, crashed), unit.state.sequence)
    await asyncio.gather(*(conclude_and_project(deps, [crashed]) for _ in range(8)))
    kinds = [step.kind.value for step in await stores.steps.read_steps(key, 0, 100)]
    assert kinds.count("SCRAPPED") == 1
    order = await stores.orders.find(unit.order)
    assert order is not None
    assert len(order.products) == 2
    replaced = (await unit_of(customer, code))["replacedBy"]["code"]
    assert parse_code(replaced) == order.products[1]
    await plan_line(deps, "FOSHAN-FRONT")
    kinds = [step["kind"] for step in (await unit_of(customer, replaced))["steps"]["nodes"]]
    assert kinds == ["ORDER_PLACED", "SCHEDULED"]


async def test_a_cancelled_order_takes_the_successor_with_it(api: Api, foshan: Api, machine: Token) -> None:
    customer, code, found = await failed_unit(api, foshan)
    await dispose(await machine("staff", factory="FOSHAN"), found["id"], "SCRAP")
    order = (await customer.ask("{ orders { nodes { id } } }"))["orders"]["nodes"][0]
    staff, shown = await machine("staff"), "... on Order { status }"
    answer = await staff.do("cancelOrder", "CancelOrderInput", shown, orderId=order["id"], reason="x")
    assert answer["status"] == "CANCELLED"
    units = (await unit_of(customer, code))["order"]["products"]
    assert [unit["status"] for unit in units] == ["SCRAPPED", "CANCELLED"]


async def test_a_rule_of_the_inspection_plan_scraps(api: Api, machine: Token) -> None:
    qingdao = await machine("factory", factory="QINGDAO")
    models = (
        await api.ask(
            "{ models(first: 100) { nodes { sku inspectionPlan { code upperLimit lowerLimit unit "
            "operation { code } defaultDisposition } } } }"
        )
    )["models"]["nodes"]
    sku, entry = next((m["sku"], e) for m in models for e in m["inspectionPlan"] if e["defaultDisposition"] == "SCRAP")
    customer = await new_customer(api)
    code = await new_unit(customer, sku)
    outside = {"characteristic": entry["code"], "value": entry["lowerLimit"] - 50, "unit": entry["unit"]}
    at = await factory_now(api)
    where = {"operation": entry["operation"]["code"], "defectCode": "PINHOLE"}
    await record(qingdao, report(code, "INSPECTION_FAILED", at, measurements=[outside], **where))
    unit = await unit_of(customer, code)
    (found,) = unit["nonconformances"]
    assert (unit["status"], found["disposition"], found["disposedBy"]) == ("SCRAPPED", "SCRAP", "RULE")
    assert found["defectCodes"] == ["PINHOLE"]
    assert unit["replacedBy"]["code"]


# ---- built otherwise than designed


async def test_a_start_before_an_accepted_change_that_arrives_after_it_raises_a_nonconformance(
    api: Api, foshan: Api, machine: Token
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    groups = (await api.ask(GROUPS, sku=FRONT_9))["model"]["optionGroups"]
    colour = next(group for group in groups if group["code"] == "COLOUR")
    first, other = colour["options"][0], next(o for o in colour["options"][1:] if o["surcharge"])
    before = await factory_now(api)
    change = {"selections": [{"group": "COLOUR", "options": [other["code"]]}], "code": code}
    price = {"acceptPriceDelta": {"amount": other["surcharge"]["amount"], "currency": "CNY"}}
    changed = await customer.do("changeProduct", "ChangeProductInput", "... on Product { code }", **change, **price)
    assert changed["__typename"] == "Product"
    painting = colour["freezesAt"]["code"]
    await record(foshan, report(code, "OPERATION_STARTED", before, operation=painting))
    unit = await unit_of(customer, code)
    (found,) = unit["nonconformances"]
    assert (found["defectCodes"], found["group"]["code"]) == (["BUILT_OTHERWISE"], "COLOUR")
    assert (found["built"], found["disposition"]) == ([{"code": first["code"]}], "REWORK")
    assert (unit["status"], unit["steps"]["nodes"][-1]["kind"]) == ("IN_REWORK", "NONCONFORMANCE_RAISED")
    engineer = await machine("staff", factory="FOSHAN")
    assert (await dispose(engineer, found["id"], "CONCESSION"))["errorCode"] == "NOT_ALLOWED"
    assert (await dispose(engineer, found["id"], "REPAIR"))["errorCode"] == "INVALID_INPUT"
    await inspect(foshan, code)
    assert (await unit_of(customer, code))["status"] == "IN_REWORK"
    at = await factory_now(api)
    await record(foshan, report(code, "REWORK_STARTED", at), report(code, "REWORK_COMPLETED", at))
    assert (await unit_of(customer, code))["status"] == "IN_INSPECTION"
    await inspect(foshan, code)
    unit = await unit_of(customer, code)
    assert (unit["status"], unit["nonconformances"][0]["closedAt"] is not None) == ("RELEASED", True)
    assert [step["kind"] for step in unit["steps"]["nodes"]].count("NONCONFORMANCE_RAISED") == 1


GROUPS = """query($sku: String!) { model(sku: $sku) { optionGroups { code freezesAt { code }
    options { code surcharge(currency: "CNY") { amount } } } } }"""


# ---- decisions


async def test_the_evidence_of_a_decision_has_its_pictures(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    pictures = [{"url": f"https://cdn.example/{n}.jpg", "type": "image/jpeg", "caption": "Door"} for n in range(7)]
    measured = readings(await model_of(api), None, **{COLOUR: 1.7})
    at = await factory_now(api)
    await record(foshan, report(code, "INSPECTION_FAILED", at, measurements=measured, media=pictures))
    unit = await unit_of(customer, code)
    (decision,) = unit["openDecisions"]
    assert decision["media"] == [{"url": p["url"], "caption": "Door"} for p in pictures[:5]]
    assert decision["evidence"] == [{"characteristic": COLOUR, "value": 1.7, "upperLimit": 1.0}]
    assert unit["nonconformances"][0]["media"] == [{"url": p["url"]} for p in pictures[:5]]


DECISIONS = """query($first: Int, $after: String) { openDecisions(first: $first, after: $after) {
    nodes { id product { code } } pageInfo { hasNextPage endCursor } } }"""


async def test_open_decisions_are_listed_over_all_units_in_pages(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    order = await place(customer, await new_quote(customer, quantity=4))
    codes = [unit["code"] for unit in order["products"]]
    for code in codes[:3]:
        await inspect(foshan, code, **{COLOUR: 1.7})
    seen: list[str] = []
    after, more = None, True
    while more:
        page = (await customer.ask(DECISIONS, first=2, after=after))["openDecisions"]
        seen += [node["product"]["code"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == codes[:3]
    (decision,) = (await unit_of(customer, codes[0]))["openDecisions"]
    said = {"decisionId": decision["id"], "choice": "REWORK", "idempotencyKey": "k"}
    assert (await customer.do("decide", "DecideInput", "... on Decision { id }", **said))["id"] == decision["id"]
    left = (await customer.ask(DECISIONS))["openDecisions"]["nodes"]
    assert [node["product"]["code"] for node in left] == codes[1:3]
    assert (await (await new_customer(api)).ask(DECISIONS))["openDecisions"]["nodes"] == []
    assert (await foshan.ask(DECISIONS))["openDecisions"]["nodes"] == []
    assert (await api.post(DECISIONS))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_after_all_processes_were_down_at_the_deadline_the_default_applies_once(
    api: Api, foshan: Api, deps: Deps
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    await inspect(foshan, code, **{COLOUR: 1.7})
    after = later(deps, timedelta(days=5))
    unit = await deps.stores.products.find(parse_code(code))
    assert unit is not None
    assert unit.state.decided == {}
    await asyncio.gather(*(conclude_and_project(after, [unit]) for _ in range(8)), *(sweep(after) for _ in range(2)))
    shown = await unit_of(customer, code)
    kinds = [step["kind"] for step in shown["steps"]["nodes"]]
    assert (kinds.count("DECISION_MADE"), shown["status"]) == (1, "IN_REWORK")
    assert shown["nonconformances"][0]["disposedBy"] == "RULE"
    made = next(step for step in shown["steps"]["nodes"] if step["kind"] == "DECISION_MADE")
    assert made["label"] == "Frist abgelaufen, es gilt die Vorgabe"


# ---- figures

OPEN = """query($line: ID!, $first: Int, $after: String) {
    openNonconformances(lineId: $line, first: $first, after: $after) {
        nodes { id product { code } } pageInfo { hasNextPage endCursor } } }"""
FIGURES = """query($line: ID!, $from: DateTime!, $until: DateTime!) {
    lineQuality(lineId: $line, from: $from, until: $until) {
        unitsInspected passedFirstTime firstPassYield rolledThroughputYield
    operations { operation unitsInspected passedFirstTime firstPassYield }
    defects { defectCode count share cumulativeShare } } }"""


async def line_of(api: Api, code: str) -> str:
    found = await api.ask("query($code: ProductCode!) { product(code: $code) { line { id } } }", code=code)
    id: str = found["product"]["line"]["id"]
    return id


async def test_open_nonconformances_of_a_line_are_paged_for_those_who_work_there(
    api: Api, foshan: Api, machine: Token
) -> None:
    customer, code, found = await failed_unit(api, foshan)
    line = await line_of(customer, code)

    async def everything(caller: Api) -> list[str]:
        seen: list[str] = []
        after, more = None, True
        while more:
            page = (await caller.ask(OPEN, line=line, first=2, after=after))["openNonconformances"]
            seen += [node["id"] for node in page["nodes"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert len(seen) == len(set(seen))
        return seen

    for caller in (foshan, await machine("staff"), await machine("staff", factory="FOSHAN")):
        assert found["id"] in await everything(caller)
    for caller in (customer, await machine("staff", factory="QINGDAO"), await machine("carrier", carrier="HUAXIA")):
        assert await everything(caller) == []
    await inspect(foshan, code)
    assert found["id"] not in await everything(foshan)


async def test_the_figures_of_a_line_count_first_inspections_however_late_and_often_they_are_reported(
    api: Api, foshan: Api, machine: Token, deps: Deps
) -> None:
    customer = await new_customer(api)
    order = await place(customer, await new_quote(customer, quantity=4))
    good, late, bad, two = (unit["code"] for unit in order["products"])
    model = await model_of(api)
    spin = next(o["code"] for o in model["routing"] if o["code"] == "SAFETY_TEST")
    period = datetime(2001, 5, 1, tzinfo=UTC)  # a month of its own, in which these units were ordered
    codes = [parse_code(code) for code in (good, late, bad, two)]
    backdated = {"$set": {"ordered_at": period}}
    await deps.stores.products.collection.update_many({"_id": {"$in": codes}}, backdated)

    def told(code: str, operation: str, minutes: int, event_id: str, **values: float) -> Json:
        at = (period + timedelta(minutes=minutes)).isoformat()
        measured = readings(model, operation, **values)
        return report(code, "INSPECTION_PASSED", at, event_id, operation=operation, measurements=measured)

    final = next(e["operation"]["code"] for e in model["inspectionPlan"] if e["code"] == COLOUR)
    reports = [
        told(good, spin, 1, "a"),
        told(good, final, 2, "b"),
        told(late, final, 9, "c"),
        told(late, final, 3, "d", **{COLOUR: 1.7}),  # the first one, reported last
        told(bad, spin, 4, "e", **await unsafe(api)),
        told(bad, spin, 5, "f"),
        told(two, final, 6, "g", **{COLOUR: 1.6}),
        told(two, final, 7, "h", APPEARANCE=0.0),
    ]
    await record(foshan, *reports)
    await record(foshan, *reports)
    line = await line_of(customer, good)
    window = {"from": period.isoformat(), "until": (period + timedelta(days=30)).isoformat()}
    found = (await foshan.ask(FIGURES, line=line, **window))["lineQuality"]
    assert (found["unitsInspected"], found["passedFirstTime"], found["firstPassYield"]) == (4, 1, 0.25)
    assert found["operations"] == [
        {"operation": spin, "unitsInspected": 2, "passedFirstTime": 1, "firstPassYield": 0.5},
        {"operation": final, "unitsInspected": 3, "passedFirstTime": 1, "firstPassYield": pytest.approx(1 / 3)},
    ]
    assert found["rolledThroughputYield"] == pytest.approx(1 / 6)
    (unsafe_code,) = await unsafe(api)
    assert [(d["defectCode"], d["count"]) for d in found["defects"]] == [
        (COLOUR, 2),
        *sorted([("APPEARANCE", 1), (unsafe_code, 1)]),
    ]
    assert [d["cumulativeShare"] for d in found["defects"]] == [0.5, 0.75, 1.0]
    for caller in (customer, await machine("staff", factory="QINGDAO"), await machine("carrier", carrier="HUAXIA")):
        assert (await caller.ask(FIGURES, line=line, **window))["lineQuality"] is None
    empty = {"from": "1990-01-01T00:00:00Z", "until": "1990-01-02T00:00:00Z"}
    nothing = (await foshan.ask(FIGURES, line=line, **empty))["lineQuality"]
    assert (nothing["unitsInspected"], nothing["firstPassYield"], nothing["defects"]) == (0, None, [])
    for wrong in ({"until": window["from"]}, {"until": "2099-01-01T00:00:00Z"}):
        answer = await foshan.post(FIGURES, {"line": line, **window, **wrong})
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def wait_for_step(api: Api, code: str, kind: str) -> None:
    """Watch a unit until a step of some kind."""
    query = "subscription($code: ProductCode!) { productSteps(code: $code, after: 0) { kind } }"
    async with api.subscribe(query, code=code) as steps:
        while (await steps.next())["productSteps"]["kind"] != kind:
            pass


async def test_a_carrier_reads_no_decision_and_no_report_and_an_engineer_no_prices_in_a_journal(
    api: Api, foshan: Api, machine: Token
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    await inspect(foshan, code, **{COLOUR: 99.0})
    query = """query($code: ProductCode!) { product(code: $code) {
        openDecisions { id options { priceDelta { amount } } }
        performanceReport { revision } performanceReports { revision } } }"""
    carrier = await machine("carrier", carrier="HUAXIA")
    (decision,) = (await customer.ask(query, code=code))["product"]["openDecisions"]
    assert (await carrier.ask(query, code=code))["product"]["openDecisions"] == []
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await customer.ask(node, id=decision["id"]))["node"] == {"id": decision["id"]}
    assert (await carrier.ask(node, id=decision["id"]))["node"] is None
    await inspect(foshan, code)
    assert (await customer.ask(query, code=code))["product"]["performanceReport"] == {"revision": 1}
    hidden = (await carrier.ask(query, code=code))["product"]
    assert (hidden["performanceReport"], hidden["performanceReports"]) == (None, [])
    engineer = await machine("staff", factory="FOSHAN")
    for caller, path, status in (
        (customer, "report.json", 200),
        (carrier, "report.json", 404),
        (customer, "journal.json", 200),
        (engineer, "journal.json", 404),
    ):
        answer = await api.http.get(f"{api.url}/products/{code}/{path}", headers=caller.headers)
        assert answer.status_code == status, (path, status)


# ---- what must not slip through


async def test_safety_told_twice_in_one_report_is_refused_and_nothing_is_written(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    (bad,) = (await unsafe(api)).items()
    measured = readings(await model_of(api), None, **dict([bad]))
    twice = [*measured, next(each for each in readings(await model_of(api)) if each["characteristic"] == bad[0])]
    told = report(code, "INSPECTION_PASSED", await factory_now(api), measurements=twice)
    (answer,) = await record(foshan, told)
    assert (answer["errorCode"], answer["path"][2:]) == (
        "IMPOSSIBLE_STEP",
        ["measurements", str(len(measured)), "characteristic"],
    )
    assert (await unit_of(customer, code))["lastSequence"] == 2


DECIDE = ("decide", "DecideInput", "... on Decision { choice product { status } }")


@pytest.mark.parametrize("kind", ["PACKED", "DISPATCHED", "DELIVERED"])
async def test_a_question_survives_the_departure_of_its_unit(api: Api, foshan: Api, kind: str) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    await inspect(foshan, code, **{COLOUR: 1.7})
    await record(foshan, report(code, kind, await factory_now(api)))
    unit = await unit_of(customer, code)
    (decision,) = unit["openDecisions"]
    assert unit["status"] not in ("ON_HOLD", "IN_REWORK")
    listed = (await customer.ask(DECISIONS))["openDecisions"]["nodes"]
    assert [node["id"] for node in listed] == [decision["id"]]
    colour = next(each for each in unit["nonconformances"] if each["defectCodes"] == [COLOUR])
    assert (colour["disposition"], colour["closedAt"]) == (None, None)
    said = {"decisionId": decision["id"], "choice": "CONCESSION", "idempotencyKey": "k"}
    assert (await customer.do(*DECIDE, **said))["choice"] == "CONCESSION"
    unit = await unit_of(customer, code)
    assert [step["kind"] for step in unit["steps"]["nodes"]][-2:] == ["DECISION_MADE", "RELEASED"]
    assert [each["closedAt"] is not None for each in unit["nonconformances"]] == [True]


async def all_open(engineer: Api, line: str) -> list[Json]:
    """List what is open on a line, page by page."""
    found: list[Json] = []
    after: str | None = None
    while True:
        page = (await engineer.ask(OPEN, line=line, first=100, after=after))["openNonconformances"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def test_a_unit_that_left_with_a_failed_safety_test_is_seen_and_recalled(
    api: Api, foshan: Api, machine: Token
) -> None:
    customer, code, unsafe_one = await failed_unit(api, foshan)
    at = await factory_now(api)
    for kind in ("PACKED", "DISPATCHED", "DELIVERED"):
        (answer,) = await record(foshan, report(code, kind, at))
        assert answer["__typename"] == "Step"
    unit = await unit_of(customer, code)
    assert unit["status"] == "DELIVERED"
    left = next(each for each in unit["nonconformances"] if each["defectCodes"] == ["LEFT_BEFORE_RELEASE"])
    assert (left["severity"], left["closedAt"]) == ("CRITICAL", None)
    assert left["summary"] == "It left its factory before quality had released it."
    engineer = await machine("staff", factory="FOSHAN")
    listed = await all_open(engineer, await line_of(engineer, code))
    assert {left["id"], unsafe_one["id"]} <= {each["id"] for each in listed}
    for found in (left, unsafe_one):
        assert (await dispose(engineer, found["id"], "CONCESSION"))["errorCode"] == "NOT_ALLOWED"
        assert (await dispose(engineer, found["id"], "REPAIR"))["disposition"] == "REPAIR"
    await inspect(foshan, code)
    unit = await unit_of(customer, code)
    assert [each["closedAt"] is not None for each in unit["nonconformances"]] == [True, True]


async def test_a_unit_that_left_unreleased_can_still_be_replaced(api: Api, foshan: Api, machine: Token) -> None:
    customer, code, found = await failed_unit(api, foshan)
    await record(foshan, report(code, "DELIVERED", await factory_now(api)))
    answer = await dispose(await machine("staff", factory="FOSHAN"), found["id"], "REMAKE")
    assert answer["disposition"] == "REMAKE"
    unit = await unit_of(customer, code)
    assert unit["status"] == "SCRAPPED"
    assert unit["replacedBy"]["code"]
    assert next(s["label"] for s in unit["steps"]["nodes"] if s["kind"] == "SCRAPPED") == "Wird neu gefertigt"


async def test_a_conceded_colour_is_neither_asked_nor_paid_again(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    query = """query($code: ProductCode!) { product(code: $code) { status openDecisions { id question evidence {
        characteristic } } order { adjustments { kind } } performanceReports { revision } } }"""

    async def seen() -> Json:
        found: Json = (await customer.ask(query, code=code))["product"]
        return found

    await inspect(foshan, code, **{COLOUR: 1.7})
    (decision,) = (await seen())["openDecisions"]
    said = {"decisionId": decision["id"], "choice": "CONCESSION", "idempotencyKey": "k"}
    await customer.do(*DECIDE, **said)
    await inspect(foshan, code, **{COLOUR: 1.7})
    unit = await seen()
    assert (unit["status"], unit["openDecisions"], len(unit["order"]["adjustments"])) == ("RELEASED", [], 1)
    assert unit["performanceReports"] == [{"revision": 1}, {"revision": 2}]
    await inspect(foshan, code, **{COLOUR: 1.7, "SPIN_NOISE": 99.0})
    (decision,) = (await seen())["openDecisions"]
    assert decision["evidence"] == [{"characteristic": "SPIN_NOISE"}]


async def test_a_question_names_all_that_failed(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    await inspect(foshan, code, **{COLOUR: 1.7, "SPIN_NOISE": 99.0})
    query = """query($code: ProductCode!) { product(code: $code) { openDecisions {
        en: question zh: question(locale: "zh") evidence { characteristic } } } }"""
    (decision,) = (await customer.ask(query, code=code))["product"]["openDecisions"]
    assert {each["characteristic"] for each in decision["evidence"]} == {COLOUR, "SPIN_NOISE"}
    assert "colour you chose" in decision["en"]
    assert "spins a little louder" in decision["en"]
    assert decision["zh"].count("您的洗衣机") == 2


async def test_a_safety_test_repeated_after_the_release_makes_the_next_revision(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    await inspect(foshan, code)
    model, (bad,) = await model_of(api), (await unsafe(api)).items()
    operation = next(e["operation"]["code"] for e in model["inspectionPlan"] if e["code"] == bad[0])
    for values, status in ((dict([bad]), "IN_REWORK"), ({}, "RELEASED")):
        measured, at = readings(model, operation, **values), await factory_now(api)
        await record(foshan, report(code, "INSPECTION_PASSED", at, operation=operation, measurements=measured))
        assert (await unit_of(customer, code))["status"] == status
    kinds = [step["kind"] for step in (await unit_of(customer, code))["steps"]["nodes"]]
    assert kinds.count("RELEASED") == 2
    query = "query($code: ProductCode!) { product(code: $code) { performanceReports { revision } } }"
    assert (await customer.ask(query, code=code))["product"]["performanceReports"] == [{"revision": 1}, {"revision": 2}]


async def test_no_journal_holds_a_key_that_a_customer_or_an_engineer_chose(
    api: Api, foshan: Api, machine: Token, deps: Deps
) -> None:
    secret = "li@example.com"
    customer, code, found = await failed_unit(api, foshan, **{COLOUR: 1.7})
    unit = await unit_of(customer, code)
    said = {"decisionId": unit["openDecisions"][0]["id"], "choice": "REWORK", "idempotencyKey": secret}
    for _ in range(2):
        assert (await customer.do(*DECIDE, **said))["choice"] == "REWORK"
    assert (await customer.do(*DECIDE, **{**said, "choice": "CONCESSION"}))["errorCode"] == "KEY_REUSED"
    assert (await customer.do(*DECIDE, **{**said, "idempotencyKey": "other"}))["errorCode"] == "TOO_LATE"
    engineer = await machine("staff", factory="FOSHAN")
    for _ in range(2):
        assert (await dispose(engineer, found["id"], "REPAIR", idempotencyKey=secret))["disposition"] == "REPAIR"
    assert (await dispose(engineer, found["id"], "SCRAP", idempotencyKey=secret))["errorCode"] == "KEY_REUSED"
    slots = "query($code: ProductCode!) { product(code: $code) { deliverySlots { slot { id } } } }"
    slot = (await customer.ask(slots, code=code))["product"]["deliverySlots"][0]["slot"]["id"]
    choice = {"code": code, "slot": slot, "idempotencyKey": secret}
    for _ in range(2):
        chosen = await customer.do("chooseDeliverySlot", "ChooseDeliverySlotInput", "... on Product { code }", **choice)
        assert chosen["code"] == code
    kinds = [step["kind"] for step in (await unit_of(customer, code))["steps"]["nodes"]]
    acts = ("DECISION_MADE", "NONCONFORMANCE_DISPOSED", "DELIVERY_SLOT_CHOSEN")
    assert [kinds.count(kind) for kind in acts] == [1, 1, 1]
    for collection, key in (("steps", "product"), ("products", "_id")):
        documents = deps.stores.database.collection(collection).find({key: parse_code(code)})
        assert secret not in str([document async for document in documents])
