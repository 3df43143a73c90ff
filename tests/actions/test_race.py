"""Who is first where a customer and a station, or two people, act on one unit: the journal's unique index alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from app.actions.change_product import change_product
from app.actions.change_shipping_address import change_shipping_address
from app.actions.record_steps import Recorded, record_steps
from app.actions.schedule import change_line
from app.deps import Deps
from app.domain.order.order import Address, Product
from app.domain.shared.money import Money
from app.domain.shared.refusal import NotPossible, Refusal, RefusalCode
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.code import parse_code
from app.domain.unit.event import StepKind
from app.domain.unit.freeze import Frozen, freezing_operation
from app.domain.unit.report import Report
from app.ops.bootstrap import build_deps
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from experiments.process import ServerProcess, free_port
from schema.node import key_of
from tests.client import FRONT_9, Api, Json, factory_now, new_customer, new_quote, place, record, report

ROUNDS = 1_000
HTTP_ROUNDS = 48
SYNC_RESOLVER = 4
HEAD_STARTS = 12


@pytest.fixture(scope="module")
async def other_world(settings: Settings) -> AsyncIterator[Deps]:
    """A second process, as far as the database can tell: connections of its own."""
    database = Database.connect(settings.mongodb_url, settings.database)
    yield await build_deps(settings, Stores(database))
    database.close()


def customer_of(unit: Product, deps: Deps) -> Viewer:
    return Viewer(unit.account, AccountKind.CUSTOMER, deps.wall())


def station_of(unit: Product, deps: Deps) -> Viewer:
    return Viewer("paint-robot", AccountKind.FACTORY, deps.wall(), factory=unit.factory)


async def units_of(deps: Deps, order: Json) -> list[Product]:
    codes = [parse_code(unit["code"]) for unit in order["products"]]
    return list((await deps.stores.products.find_all(codes)).values())


async def head_start(deps: Deps, round_trips: int) -> None:
    """Let the other one begin: as many questions to the database, not a time."""
    for _ in range(round_trips):
        await deps.stores.database.ping()


async def changed(deps: Deps, unit: Product, wait: int) -> Refusal | None:
    model = deps.model(unit.model)
    option = next(option for option in model.groups["COLOUR"].options[1:] if option.surcharge.get("CNY"))
    delta = Money(option.surcharge["CNY"], "CNY")
    await head_start(deps, wait)
    try:
        await change_product(deps, customer_of(unit, deps), unit.code, [("COLOUR", [option.code])], delta)
    except Refusal as refusal:
        return refusal
    return None


async def started(deps: Deps, unit: Product, kind: StepKind, wait: int) -> None:
    model = deps.model(unit.model)
    operation = freezing_operation(model, model.groups["COLOUR"]) if kind == StepKind.OPERATION_STARTED else None
    await head_start(deps, wait)
    report = Report(unit.code, kind, "begun", deps.now(), operation)
    (answer,) = await record_steps(deps, station_of(unit, deps), [report])
    assert isinstance(answer, Recorded), answer


async def race(deps: Deps, other: Deps, unit: Product, index: int) -> str:
    """Run a change against the start of the operation that freezes it; say who was first, and check that it is so."""
    wait = index % HEAD_STARTS  # now one has the start, now the other
    refusal, _ = await asyncio.gather(
        changed(deps, unit, max(0, wait - 3)), started(other, unit, StepKind.OPERATION_STARTED, max(0, 3 - wait))
    )
    steps = await deps.stores.steps.read(unit.code, 0, 100)
    assert [step.sequence for step in steps] == list(range(1, len(steps) + 1))
    kinds = [step.kind for step in steps if step.kind in (StepKind.DESIGN_CHANGED, StepKind.OPERATION_STARTED)]
    before, after = steps[0].state.selections, steps[-1].state.selections
    if refusal is None:
        assert kinds == [StepKind.DESIGN_CHANGED, StepKind.OPERATION_STARTED]
        assert before["COLOUR"] != after["COLOUR"]
        return "the change"
    assert isinstance(refusal, Frozen)
    assert kinds == [StepKind.OPERATION_STARTED]
    assert (before, steps[-1].state.price_delta) == (after, Decimal(0))
    start = next(step for step in steps if step.kind == StepKind.OPERATION_STARTED)
    assert (refusal.option, refusal.frozen_at) == ("COLOUR", start.occurred_at)
    assert refusal.station is not None
    assert refusal.station.code == start.station
    return "the station"


async def test_of_a_change_and_the_start_that_freezes_it_always_one_is_first_never_both_never_neither(
    api: Api, deps: Deps, other_world: Deps
) -> None:
    customer = await new_customer(api)
    quote = await new_quote(customer, FRONT_9, quantity=100)
    gate, outcomes = asyncio.Semaphore(SYNC_RESOLVER), Counter[str]()

    async def one(unit: Product, index: int) -> str:
        async with gate:
            return await race(deps, other_world, unit, index)

    for _ in range(ROUNDS // 100):
        units = await units_of(deps, await place(customer, quote))
        outcomes.update(await asyncio.gather(*(one(unit, index) for index, unit in enumerate(units))))
    assert outcomes.total() == ROUNDS
    assert min(outcomes["the change"], outcomes["the station"]) > ROUNDS / 10, outcomes


@pytest.fixture
async def processes(settings: Settings) -> AsyncIterator[list[str]]:
    """Two API processes over the database of all tests; yield their addresses."""
    environment = {
        "ZERO_DISTANCE_MONGODB_URL": settings.mongodb_url,
        "ZERO_DISTANCE_DATABASE": settings.database,
        "ZERO_DISTANCE_BELL_URL": "mongodb://",
    }
    servers = [ServerProcess(settings.data_dir, free_port(), environment) for _ in range(2)]
    try:
        for server in servers:
            await server.start()
        yield [server.url for server in servers]
    finally:
        for server in servers:
            await server.kill()


async def test_it_is_so_between_two_processes_over_http(api: Api, foshan: Api, processes: list[str]) -> None:
    customer = await new_customer(api)
    units = (await place(customer, await new_quote(customer, FRONT_9, quantity=HTTP_ROUNDS)))["products"]
    buyer, robot = Api(processes[0], customer.token, api.http), Api(processes[1], foshan.token, api.http)
    query = """query($sku: String!) { model(sku: $sku) { optionGroups { code
        options { code surcharge(currency: "CNY") { amount currency } } } } }"""
    groups = (await api.ask(query, sku=FRONT_9))["model"]["optionGroups"]
    colour = next(group for group in groups if group["code"] == "COLOUR")
    option = next(option for option in colour["options"][1:] if option["surcharge"])
    outcomes = Counter[str]()
    for index, unit in enumerate(units):
        code, at = unit["code"], await factory_now(api)

        async def changed(code: str, wait: int) -> Json:
            for _ in range(wait):
                await factory_now(buyer)
            return await buyer.do(
                "changeProduct",
                "ChangeProductInput",
                "... on Frozen { option }",
                code=code,
                selections=[{"group": "COLOUR", "options": [option["code"]]}],
                acceptPriceDelta=option["surcharge"],
            )

        async def begun(code: str, at: str, wait: int) -> Json:
            for _ in range(wait):
                await factory_now(robot)
            return (await record(robot, report(code, "OPERATION_STARTED", at, operation="PAINTING")))[0]

        wait = index % HEAD_STARTS
        answer, started = await asyncio.gather(changed(code, max(0, wait - 3)), begun(code, at, max(0, 3 - wait)))
        assert started["__typename"] == "Step", started
        steps = "query($code: ProductCode!) { product(code: $code) { steps { nodes { kind } } } }"
        nodes = (await customer.ask(steps, code=code))["product"]["steps"]["nodes"]
        kinds = [node["kind"] for node in nodes if node["kind"] in ("DESIGN_CHANGED", "OPERATION_STARTED")]
        changes = ["DESIGN_CHANGED"] if answer["__typename"] == "Product" else []
        assert answer["__typename"] in ("Product", "Frozen"), answer
        assert kinds == [*changes, "OPERATION_STARTED"]
        outcomes[answer["__typename"]] += 1
    assert outcomes.total() == HTTP_ROUNDS
    assert min(outcomes["Product"], outcomes["Frozen"]) > HTTP_ROUNDS / 10, outcomes


async def test_what_a_line_bears_is_never_given_to_more_customers_than_that(
    api: Api, deps: Deps, other_world: Deps
) -> None:
    customer = await new_customer(api)
    quote = await new_quote(customer, FRONT_9, quantity=10)
    steam: list[int] = []
    for _ in range(10):
        units = await units_of(deps, await place(customer, quote))
        await change_line(deps, units[0].line, lambda state: replace(state, frozen=state.tail.position))
        took = await asyncio.gather(
            *(steamed((deps, other_world)[number % 2], unit) for number, unit in enumerate(units))
        )
        found = await deps.stores.products.find_all([unit.code for unit in units])
        chosen = {code for code, unit in found.items() if "STEAM" in unit.state.selections.get("FUNCTIONS", ())}
        assert chosen == {unit.code for unit, answer in zip(units, took, strict=True) if answer is None}
        assert {answer.code for answer in took if answer} == {RefusalCode.LINE_FULL}
        steam += sorted(unit.plan.position for code, unit in found.items() if code in chosen and unit.plan)
    assert len(steam) >= 10
    assert all(last - first >= 10 for first, last in zip(steam, steam[4:], strict=False))


async def steamed(deps: Deps, unit: Product) -> NotPossible | None:
    steam = deps.model(unit.model).groups["FUNCTIONS"].find_option("STEAM")
    assert steam is not None
    delta = Money(steam.surcharge["CNY"], "CNY")
    try:
        await change_product(deps, customer_of(unit, deps), unit.code, [("FUNCTIONS", ["STEAM"])], delta)
    except NotPossible as refusal:
        return refusal
    return None


async def test_of_a_new_address_and_packing_one_is_first_and_each_unit_is_sent_where_its_journal_says(
    api: Api, deps: Deps, other_world: Deps
) -> None:
    customer = await new_customer(api)
    quote = await new_quote(customer, quantity=3)
    outcomes = Counter[bool]()
    for index in range(40):
        placed = await place(customer, quote)
        units, order_id = await units_of(deps, placed), key_of("Order", placed["id"])
        elsewhere = Address("Li Na", ("1 New Road",), "Guangzhou", "CN", "510000")

        async def move(units: list[Product], order_id: str, address: Address, wait: int) -> bool:
            await head_start(deps, wait)
            try:
                await change_shipping_address(deps, customer_of(units[0], deps), order_id, address)
            except NotPossible:
                return False
            return True

        wait = index % (2 * HEAD_STARTS)
        moved, _ = await asyncio.gather(
            move(units, order_id, elsewhere, max(0, wait - 6)),
            started(other_world, units[-1], StepKind.PACKED, max(0, 6 - wait)),
        )
        order = await deps.stores.orders.find(order_id)
        assert order is not None
        assert moved, "the other units are not packed"
        assert order.shipping_address == elsewhere
        journals = [[step.kind for step in await deps.stores.steps.read(unit.code, 0, 100)] for unit in units]
        sent = [order.address_of(unit.code) for unit in units]
        assert sent[:-1] == [elsewhere, elsewhere]
        assert all(StepKind.ADDRESS_CHANGED in kinds for kinds in journals[:-1])
        first = StepKind.ADDRESS_CHANGED in journals[-1]
        assert (sent[-1] == elsewhere) is first
        if first:
            assert journals[-1].index(StepKind.ADDRESS_CHANGED) < journals[-1].index(StepKind.PACKED)
        outcomes[first] += 1
    assert min(outcomes[True], outcomes[False]) > 0, outcomes
