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
