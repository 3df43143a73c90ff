"""The whole story: designed, ordered, built, inspected, shipped and delivered, seen live by its customer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

from tests.client import FRONT_9, MODEL, Api, factory_now, new_customer, new_quote, place, readings, record, report
from tests.process import ServerProcess, free_port

STEPS = gql("""subscription($code: ProductCode!, $after: Int) {
    productSteps(code: $code, after: $after) { sequence kind stage label product { status progress } } }""")
LAST = "DELIVERED"


@pytest.fixture
async def server(data_dir: Path) -> AsyncIterator[ServerProcess]:
    process = ServerProcess(data_dir, free_port(), {})
    await process.start()
    yield process
    await process.stop()


async def watch(api: Api, code: str, after: int, seen: list[dict[str, Any]], until: str = LAST) -> None:
    """Watch a unit with PyPI's gql until a step of some kind, as an app does."""
    transport = WebsocketsTransport(
        url=api.url.replace("http", "ws") + "/graphql", init_payload={"Authorization": f"Bearer {api.token}"}
    )
    STEPS.variable_values = {"code": code, "after": after}
    async with Client(transport=transport) as session:
        async for event in session.subscribe(STEPS):
            seen.append(event["productSteps"])
            if seen[-1]["kind"] == until:
                return


async def build(machine: Api, model: dict[str, Any], code: str, operations: list[dict[str, Any]]) -> None:
    """Report operations as a line does: started, inspected where there is something to inspect, completed."""
    for operation in operations:
        at = await factory_now(machine)
        place_of = {"operation": operation["code"], "station": operation["station"]["code"]}
        reports = [report(code, "OPERATION_STARTED", at, **place_of)]
        if measured := readings(model, operation["code"]):
            reports.append(report(code, "INSPECTION_PASSED", at, measurements=measured, **place_of))
        reports.append(report(code, "OPERATION_COMPLETED", at, **place_of))
        for answer in await record(machine, *reports):
            assert answer["__typename"] == "Step", answer


async def test_a_unit_is_watched_from_sign_up_to_delivered_over_a_kill_of_the_server(server: ServerProcess) -> None:
    api = Api(server.url)
    customer = await new_customer(api)
    order = await place(customer, await new_quote(customer))
    code = order["products"][0]["code"]
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    foshan = api.signed_in(await server.command("token", "--kind", "factory", "--factory", "FOSHAN"))
    carrier = api.signed_in(await server.command("token", "--kind", "carrier", "--carrier", "HUAXIA"))

    whole: list[dict[str, Any]] = []
    watching = asyncio.create_task(watch(customer, code, 0, whole, until="INSPECTION_PASSED"))
    half = len(model["routing"]) // 2
    await build(foshan, model, code, model["routing"][:half])
    await build(foshan, model, code, model["routing"][half:-1])
    await asyncio.wait_for(watching, 30)
    seen_before = whole[-1]["sequence"]

    await server.kill()
    await server.start()

    resumed: list[dict[str, Any]] = []
    watching = asyncio.create_task(watch(customer, code, seen_before, resumed))
    await build(foshan, model, code, model["routing"][-1:])
    at = await factory_now(api)
    await record(foshan, report(code, "PACKED", at))
    for kind in ("DISPATCHED", "ARRIVED_AT_HUB", "DEPARTED_HUB", "OUT_FOR_DELIVERY", LAST):
        (answer,) = await record(carrier, report(code, kind, await factory_now(api), location="Foshan"))
        assert answer["__typename"] == "Step", answer
    await asyncio.wait_for(watching, 30)

    sequences = [step["sequence"] for step in whole + resumed]
    assert sequences == list(range(1, len(sequences) + 1))
    kinds = [step["kind"] for step in whole + resumed]
    assert kinds[:2] == ["ORDER_PLACED", "SCHEDULED"]
    assert kinds.count("RELEASED") == 1
    assert kinds[-1] == LAST
    assert resumed[-1]["product"] == {"status": "DELIVERED", "progress": 1.0}

    again: list[dict[str, Any]] = []
    await asyncio.wait_for(watch(customer, code, 0, again), 30)
    assert [step["sequence"] for step in again] == sequences
    await api.http.aclose()


ORDER = gql("""subscription($id: ID!, $after: String) { orderSteps(orderId: $id, after: $after) { cursor step {
    kind product { code status replacedBy { code } openDecisions { id question options { choice label } } } } } }""")
OUTCOME = """query($code: ProductCode!) { product(code: $code) { status components { part serial }
    nonconformances { id severity disposition disposedBy closedAt }
    performanceReport { summary measurements { characteristic passed } }
    order { status products { code status replaces { code } } } } }"""


async def inspect(machine: Api, model: dict[str, Any], code: str, operation: str, **values: float) -> dict[str, Any]:
    """Report the inspection of one operation; return its step as it was answered."""
    measured = readings(model, operation, **values)
    told = report(code, "INSPECTION_PASSED", await factory_now(machine), operation=operation, measurements=measured)
    (answer,) = await record(machine, told)
    return answer


async def deliver(foshan: Api, carrier: Api, code: str) -> None:
    await record(foshan, report(code, "PACKED", await factory_now(foshan)))
    for kind in ("DISPATCHED", "OUT_FOR_DELIVERY", LAST):
        (answer,) = await record(carrier, report(code, kind, await factory_now(foshan), location="Foshan"))
        assert answer["__typename"] == "Step", answer


async def test_a_colour_is_decided_on_and_a_scrapped_unit_s_successor_is_delivered(server: ServerProcess) -> None:
    api = Api(server.url)
    customer = await new_customer(api, locale="de")
    order = await place(customer, await new_quote(customer, quantity=2))
    pale, unsafe = (unit["code"] for unit in order["products"])
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    *before, final = [operation for operation in model["routing"] if operation["code"] != "PACKING"]
    foshan = api.signed_in(await server.command("token", "--kind", "factory", "--factory", "FOSHAN"))
    engineer = api.signed_in(await server.command("token", "--kind", "staff", "--factory", "FOSHAN"))
    carrier = api.signed_in(await server.command("token", "--kind", "carrier", "--carrier", "HUAXIA"))

    seen: list[dict[str, Any]] = []
    decided, replaced = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def app() -> None:
        """Watch the order as a phone does, answer what is asked, and stop when both units have arrived."""
        transport = WebsocketsTransport(
            url=api.url.replace("http", "ws") + "/graphql", init_payload={"Authorization": f"Bearer {customer.token}"}
        )
        ORDER.variable_values = {"id": order["id"], "after": "0"}
        async with Client(transport=transport) as session:
            async for event in session.subscribe(ORDER):
                step = event["orderSteps"]["step"]
                seen.append(step)
                if step["kind"] == "DECISION_REQUESTED":
                    (question,) = step["product"]["openDecisions"]
                    said = {"decisionId": question["id"], "choice": "CONCESSION", "idempotencyKey": "phone-1"}
                    await customer.do("decide", "DecideInput", "... on Decision { choice }", **said)
                    assert question["question"].startswith("Das Gehäuse Ihrer Waschmaschine")
                    decided.set()
                if step["kind"] == "SCRAPPED":
                    replaced.set_result(step["product"]["replacedBy"]["code"])
                if sum(step["kind"] == LAST for step in seen) == 2:
                    return

    watching = asyncio.create_task(app())
    await build(foshan, model, pale, before)
    motor = {"part": "MOTOR", "serial": "M-4711", "lot": "L-7"}
    await record(foshan, report(pale, "COMPONENT_FITTED", await factory_now(api), component=motor))
    failed = await inspect(foshan, model, pale, final["code"], COLOUR_DELTA_E=1.6)
    assert (failed["kind"], failed["product"]["status"]) == ("INSPECTION_FAILED", "ON_HOLD")
    await asyncio.wait_for(decided.wait(), 30)
    await deliver(foshan, carrier, pale)
    mine = (await customer.ask(OUTCOME, code=pale))["product"]
    assert (mine["status"], mine["components"]) == ("DELIVERED", [{"part": "MOTOR", "serial": "M-4711"}])
    outside = [m["characteristic"] for m in mine["performanceReport"]["measurements"] if not m["passed"]]
    assert outside == ["COLOUR_DELTA_E"]
    assert [(n["disposition"], n["disposedBy"]) for n in mine["nonconformances"]] == [("CONCESSION", "CUSTOMER")]

    safety = next(e for e in model["inspectionPlan"] if e["safety"] and e["lowerLimit"] is not None)
    await inspect(foshan, model, unsafe, safety["operation"]["code"], **{safety["code"]: 0.0})
    (found,) = (await engineer.ask(OUTCOME, code=unsafe))["product"]["nonconformances"]
    assert found["severity"] == "CRITICAL"
    scrap = {"nonconformanceId": found["id"], "disposition": "SCRAP", "note": "Cracked"}
    await engineer.do("disposeNonconformance", "DisposeNonconformanceInput", "... on Nonconformance { id }", **scrap)
    successor = await asyncio.wait_for(replaced, 30)
    await build(foshan, model, successor, [*before, final])
    await deliver(foshan, carrier, successor)
    await asyncio.wait_for(watching, 30)
    whole = (await customer.ask(OUTCOME, code=successor))["product"]["order"]
    assert whole["status"] == "COMPLETED"
    assert [(unit["code"], unit["status"]) for unit in whole["products"]] == [
        (pale, "DELIVERED"),
        (unsafe, "SCRAPPED"),
        (successor, "DELIVERED"),
    ]
    assert whole["products"][2]["replaces"] == {"code": unsafe}
    kinds = [step["kind"] for step in seen if step["product"]["code"] == pale]
    asked = kinds.index("DECISION_REQUESTED")
    assert kinds[asked - 1 : asked + 3] == ["INSPECTION_FAILED", "DECISION_REQUESTED", "DECISION_MADE", "RELEASED"]
    await api.http.aclose()
