"""The whole story: designed, ordered, built, inspected, shipped and delivered, seen live by its customer."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

from app.domain.shared.viewer import AccountKind
from app.ops.issue_token import machine_token
from tests.client import (
    FRONT_9,
    MODEL,
    Api,
    factory_now,
    new_customer,
    new_quote,
    place,
    readings,
    record,
    report,
)
from tests.mailbox import Mailbox, listening
from tests.process import ServerProcess, beside, free_port
from tests.waiting import WAIT_SECONDS_MAX

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
    async with beside(server) as deps:
        foshan = api.signed_in(await machine_token(deps, AccountKind.FACTORY, factory="FOSHAN"))
        carrier = api.signed_in(await machine_token(deps, AccountKind.CARRIER, carrier="HUAXIA"))

    whole: list[dict[str, Any]] = []
    watching = asyncio.create_task(watch(customer, code, 0, whole, until="INSPECTION_PASSED"))
    half = len(model["routing"]) // 2
    await build(foshan, model, code, model["routing"][:half])
    await build(foshan, model, code, model["routing"][half:-1])
    await asyncio.wait_for(watching, WAIT_SECONDS_MAX)
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
    await asyncio.wait_for(watching, WAIT_SECONDS_MAX)

    sequences = [step["sequence"] for step in whole + resumed]
    assert sequences == list(range(1, len(sequences) + 1))
    kinds = [step["kind"] for step in whole + resumed]
    assert kinds[:2] == ["ORDER_PLACED", "SCHEDULED"]
    assert kinds.count("RELEASED") == 1
    assert kinds[-1] == LAST
    assert resumed[-1]["product"] == {"status": "DELIVERED", "progress": 1.0}

    again: list[dict[str, Any]] = []
    await asyncio.wait_for(watch(customer, code, 0, again), WAIT_SECONDS_MAX)
    assert [step["sequence"] for step in again] == sequences
    await api.http.aclose()


ORDER = gql("""subscription($id: ID!, $after: String) { orderSteps(orderId: $id, after: $after) { cursor step {
    kind product { code status replacedBy { code } openDecisions { id question }
        performanceReport { contentHash pageUrl jsonUrl } } } } }""")
OUTCOME = """query($code: ProductCode!) { product(code: $code) { status progress components { part serial }
    nonconformances { id severity disposition disposedBy }
    performanceReport { measurements { characteristic passed } }
    order { status products { code status replaces { code } } } } }"""
Step = dict[str, Any]


@dataclass
class Phone:
    """A customer's app: it watches an order live, and keeps what it saw of each unit."""

    customer: Api
    order: str
    seen: list[Step] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def watch(self) -> None:
        transport = WebsocketsTransport(
            url=self.customer.url.replace("http", "ws") + "/graphql",
            init_payload={"Authorization": f"Bearer {self.customer.token}"},
        )
        ORDER.variable_values = {"id": self.order, "after": "0"}
        async with Client(transport=transport) as session:
            async for event in session.subscribe(ORDER):
                async with self.changed:
                    self.seen.append(event["orderSteps"]["step"])
                    self.changed.notify_all()

    def kinds(self, code: str) -> list[str]:
        return [step["kind"] for step in self.seen if step["product"]["code"] == code]

    async def wait_for(self, code: str, kind: str) -> Step:
        """Wait until a unit's step of some kind has arrived, and return the unit as it was then."""

        def arrived() -> list[Step]:
            return [step["product"] for step in self.seen if (step["product"]["code"], step["kind"]) == (code, kind)]

        async with asyncio.timeout(WAIT_SECONDS_MAX), self.changed:
            await self.changed.wait_for(arrived)
        return arrived()[0]


@asynccontextmanager
async def phone_of(customer: Api, order: str) -> AsyncIterator[Phone]:
    phone = Phone(customer, order)
    watching = asyncio.create_task(phone.watch())
    try:
        yield phone
    finally:
        watching.cancel()


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, int]]:
    found, port = Mailbox(asyncio.get_running_loop()), free_port()
    async with listening(found, port):
        yield found, port


@pytest.fixture
async def mailing(data_dir: Path, mailbox: tuple[Mailbox, int]) -> AsyncIterator[ServerProcess]:
    """A server that sends its mails at once."""
    environment = {"MAIL_URL": f"smtp://127.0.0.1:{mailbox[1]}", "SWEEP_SECONDS": "0.3"}
    process = ServerProcess(
        data_dir, free_port(), {f"ZERO_DISTANCE_{name}": each for name, each in environment.items()}
    )
    await process.start()
    yield process
    await process.stop()


async def told(machine: Api, *reports: Step) -> list[Step]:
    """Report something that must be possible."""
    answers = await record(machine, *reports)
    for answer in answers:
        assert answer["__typename"] == "Step", answer
    return answers


async def told_badly(machine: Api, *reports: Step) -> None:
    """Report over a bad network: the last first, and then all of it once more. Each report is one step."""
    first = await told(machine, *reversed(reports))
    again = await told(machine, *reports)
    assert [step["sequence"] for step in again] == [step["sequence"] for step in reversed(first)]


async def inspect(machine: Api, model: Step, code: str, operation: str, **values: float) -> Step:
    """Report the inspection of one operation; return its step as it was answered."""
    measured = readings(model, operation, **values)
    at = await factory_now(machine)
    return (await told(machine, report(code, "INSPECTION_PASSED", at, operation=operation, measurements=measured)))[0]


async def pack(machine: Api, code: str) -> None:
    at = await factory_now(machine)
    reports = [report(code, f"OPERATION_{what}", at, operation="PACKING") for what in ("STARTED", "COMPLETED")]
    await told_badly(machine, *reports, report(code, "PACKED", at))


async def deliver(carrier: Api, code: str) -> None:
    """Deliver a unit; the haulier tells everything twice and the last first."""
    at = datetime.fromisoformat(await factory_now(carrier))
    kinds = ("DISPATCHED", "ARRIVED_AT_HUB", "OUT_FOR_DELIVERY", LAST)
    times = [(at + timedelta(seconds=seconds)).isoformat() for seconds in range(len(kinds))]
    await told_badly(carrier, *(report(code, kind, time) for kind, time in zip(kinds, times, strict=True)))


async def read_report(api: Api, shown: Step) -> None:
    """Open the page of a performance report and its JSON, and compute its hash anew."""
    page = await api.http.get(api.url + shown["pageUrl"])
    assert page.status_code == 200
    assert "<html" in page.text
    body = (await api.http.get(api.url + shown["jsonUrl"])).json()
    assert body.pop("contentHash") == shown["contentHash"] == hashlib.sha256(rfc8785.dumps(body)).hexdigest()


async def outcome(api: Api, code: str) -> Step:
    product: Step = (await api.ask(OUTCOME, code=code))["product"]
    return product


async def test_a_colour_is_decided_on_the_report_arrives_and_a_scrapped_unit_s_successor_is_delivered(
    mailing: ServerProcess, mailbox: tuple[Mailbox, int]
) -> None:
    api, (mails, _) = Api(mailing.url), mailbox
    customer = await new_customer(api, locale="de")
    order = await place(customer, await new_quote(customer, quantity=2))
    pale, unsafe = (unit["code"] for unit in order["products"])
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    *before, final = [operation for operation in model["routing"] if operation["code"] != "PACKING"]
    async with beside(mailing) as deps:
        foshan = Api(mailing.url, await machine_token(deps, AccountKind.FACTORY, factory="FOSHAN"))
        engineer = Api(mailing.url, await machine_token(deps, AccountKind.STAFF, factory="FOSHAN"))
        carrier = Api(mailing.url, await machine_token(deps, AccountKind.CARRIER, carrier="HUAXIA"))
    async with phone_of(customer, order["id"]) as phone:
        # The colour of one unit is not as it should be: its customer is asked.
        motor = {"part": "MOTOR", "serial": "M-4711", "lot": "L-7"}
        fitted = report(pale, "COMPONENT_FITTED", await factory_now(api), component=motor)
        await build(foshan, model, pale, before)
        failed = await inspect(foshan, model, pale, final["code"], COLOUR_DELTA_E=1.6)
        assert (failed["kind"], failed["product"]["status"]) == ("INSPECTION_FAILED", "ON_HOLD")
        (question,) = (await phone.wait_for(pale, "DECISION_REQUESTED"))["openDecisions"]
        assert question["question"].startswith("Das Gehäuse Ihrer Waschmaschine")
        assert (await mails.next())["Subject"].startswith("Ihre Entscheidung")

        # Meanwhile the other one moves; then the customer decides, and the line goes on with the first.
        await build(foshan, model, unsafe, before[:2])
        assert (await outcome(customer, unsafe))["status"] == "IN_PRODUCTION"
        assert (await outcome(customer, pale))["status"] == "ON_HOLD"
        said = {"decisionId": question["id"], "choice": "CONCESSION", "idempotencyKey": "phone-1"}
        for _ in range(2):
            decided = await customer.do("decide", "DecideInput", "... on Decision { choice }", **said)
            assert decided["choice"] == "CONCESSION"
        shown = (await phone.wait_for(pale, "RELEASED"))["performanceReport"]
        await pack(foshan, pale)
        assert (await outcome(customer, pale))["status"] == "PACKED"

        # The report arrives: on the live stream, by mail, as a page and as JSON. A late report changes none of it.
        assert pale in (await mails.next())["Subject"]
        await read_report(api, shown)
        await told_badly(foshan, fitted)
        await deliver(carrier, pale)
        await phone.wait_for(pale, LAST)
        mine = await outcome(customer, pale)
        assert (mine["status"], mine["components"]) == ("DELIVERED", [{"part": "MOTOR", "serial": "M-4711"}])
        outside = [m["characteristic"] for m in mine["performanceReport"]["measurements"] if not m["passed"]]
        assert outside == ["COLOUR_DELTA_E"]
        assert [(n["disposition"], n["disposedBy"]) for n in mine["nonconformances"]] == [("CONCESSION", "CUSTOMER")]

        # The other one is not safe: it is scrapped, and another one is built and delivered in its place.
        safety = next(e for e in model["inspectionPlan"] if e["safety"] and e["lowerLimit"] is not None)
        await inspect(foshan, model, unsafe, safety["operation"]["code"], **{safety["code"]: 0.0})
        (found,) = (await outcome(engineer, unsafe))["nonconformances"]
        assert found["severity"] == "CRITICAL"
        scrap = {"nonconformanceId": found["id"], "disposition": "SCRAP", "note": "Cracked"}
        await engineer.do(
            "disposeNonconformance", "DisposeNonconformanceInput", "... on Nonconformance { id }", **scrap
        )
        successor = (await phone.wait_for(unsafe, "SCRAPPED"))["replacedBy"]["code"]
        await build(foshan, model, successor, [*before, final])
        await pack(foshan, successor)
        await deliver(carrier, successor)
        await phone.wait_for(successor, LAST)
        await read_report(api, (await phone.wait_for(successor, "RELEASED"))["performanceReport"])

    whole = (await outcome(customer, successor))["order"]
    assert whole["status"] == "COMPLETED"
    assert [(unit["code"], unit["status"]) for unit in whole["products"]] == [
        (pale, "DELIVERED"),
        (unsafe, "SCRAPPED"),
        (successor, "DELIVERED"),
    ]
    assert whole["products"][2]["replaces"] == {"code": unsafe}
    kinds = phone.kinds(pale)
    asked = kinds.index("DECISION_REQUESTED")
    assert kinds[asked - 1 : asked + 3] == ["INSPECTION_FAILED", "DECISION_REQUESTED", "DECISION_MADE", "RELEASED"]
    assert kinds.count("PACKED") == kinds.count(LAST) == 1
    for caller in (api, foshan, engineer, carrier):
        await caller.http.aclose()
