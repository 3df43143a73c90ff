"""Who is first where a customer and a station, or two people, act on one unit: the journal's unique index alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from itertools import cycle

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
from app.domain.unit.kinds.change import ChangeKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.report import Report
from app.ops.bootstrap import build_deps
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from experiments.process import ServerProcess, free_port
from schema.node import key_of
from tests.client import FRONT_9, Api, Json, factory_now, new_customer, new_quote, place, record, report
from tests.lane import rounds
from tests.racing import LEADS, raced

ROUNDS = rounds(push=100, prove=1_000)
AT_ONCE = 4


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


async def changed(deps: Deps, unit: Product) -> Refusal | None:
    model = deps.model_of(unit)
    option = next(option for option in model.groups["COLOUR"].options[1:] if option.surcharge.get("CNY"))
    delta = Money(option.surcharge["CNY"], "CNY")
    try:
        await change_product(deps, customer_of(unit, deps), unit.code, [("COLOUR", [option.code])], delta)
    except Refusal as refusal:
        return refusal
    return None


async def started(deps: Deps, unit: Product, kind: StepKind) -> None:
    model = deps.model_of(unit)
    operation = freezing_operation(model, model.groups["COLOUR"]) if kind == ProductionKind.OPERATION_STARTED else None
    report = Report(unit.code, kind, "begun", deps.now(), operation)
    (answer,) = await record_steps(deps, station_of(unit, deps), [report])
    assert isinstance(answer, Recorded), answer


async def race(deps: Deps, other: Deps, unit: Product, lead: int) -> str:
    """Run a change against the start of the operation that freezes it; say who was first, and check that it is so."""
    begun = started(other, unit, ProductionKind.OPERATION_STARTED)
    refusal, _ = await raced(changed(deps, unit), begun, lead, deps.stores.database.ping)
    entries = await deps.stores.steps.read(unit.code, 0, 100)
    steps = [entry.step for entry in entries]
    assert [step.sequence for step in steps] == list(range(1, len(steps) + 1))
    kinds = [step.kind for step in steps if step.kind in (ChangeKind.DESIGN_CHANGED, ProductionKind.OPERATION_STARTED)]
    before, after = entries[0].state.selections, entries[-1].state.selections
    if refusal is None:
        assert kinds == [ChangeKind.DESIGN_CHANGED, ProductionKind.OPERATION_STARTED]
        assert before["COLOUR"] != after["COLOUR"]
        return "the change"
    assert isinstance(refusal, Frozen)
    assert kinds == [ProductionKind.OPERATION_STARTED]
    assert (before, entries[-1].state.price_delta) == (after, Decimal(0))
    start = next(step for step in steps if step.kind == ProductionKind.OPERATION_STARTED)
    assert (refusal.option, refusal.frozen_at) == ("COLOUR", start.occurred_at)
    assert refusal.station is not None
    assert refusal.station.code == start.station
    return "the station"


async def test_of_a_change_and_the_start_that_freezes_it_always_one_is_first_never_both_never_neither(
    api: Api, deps: Deps, other_world: Deps
) -> None:
    customer = await new_customer(api)
    quote = await new_quote(customer, FRONT_9, quantity=100)
    gate, outcomes, leads = asyncio.Semaphore(AT_ONCE), Counter[str](), cycle(LEADS)

    async def one(unit: Product) -> str:
        async with gate:
            return await race(deps, other_world, unit, next(leads))

    for _ in range(ROUNDS // 100):
        units = await units_of(deps, await place(customer, quote))
        outcomes.update(await asyncio.gather(*map(one, units)))
    assert outcomes.total() == ROUNDS
    assert set(outcomes) == {"the change", "the station"}


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


@pytest.mark.prove
async def test_it_is_so_between_two_processes_over_http(api: Api, foshan: Api, processes: list[str]) -> None:
    customer = await new_customer(api)
    units = (await place(customer, await new_quote(customer, FRONT_9, quantity=4 * len(LEADS))))["products"]
    buyer, robot = Api(processes[0], customer.token, api.http), Api(processes[1], foshan.token, api.http)
    query = """query($sku: String!) { model(sku: $sku) { optionGroups { code
        options { code surcharge(currency: "CNY") { amount currency } } } } }"""
    groups = (await api.ask(query, sku=FRONT_9))["model"]["optionGroups"]
    colour = next(group for group in groups if group["code"] == "COLOUR")
    option = next(option for option in colour["options"][1:] if option["surcharge"])
    outcomes = Counter[str]()
    for unit, lead in zip(units, cycle(LEADS), strict=False):
        code, at = unit["code"], await factory_now(api)

        async def changed(code: str) -> Json:
            return await buyer.do(
                "changeProduct",
                "ChangeProductInput",
                "... on Frozen { option }",
                code=code,
                selections=[{"group": "COLOUR", "options": [option["code"]]}],
                acceptPriceDelta=option["surcharge"],
            )

        async def begun(code: str, at: str) -> Json:
            return (await record(robot, report(code, "OPERATION_STARTED", at, operation="PAINTING")))[0]

        answer, started = await raced(changed(code), begun(code, at), lead, lambda: factory_now(buyer))
        assert started["__typename"] == "Step", started
        steps = "query($code: ProductCode!) { product(code: $code) { steps { nodes { kind } } } }"
        nodes = (await customer.ask(steps, code=code))["product"]["steps"]["nodes"]
        kinds = [node["kind"] for node in nodes if node["kind"] in ("DESIGN_CHANGED", "OPERATION_STARTED")]
        changes = ["DESIGN_CHANGED"] if answer["__typename"] == "Product" else []
        assert answer["__typename"] in ("Product", "Frozen"), answer
        assert kinds == [*changes, "OPERATION_STARTED"]
        outcomes[answer["__typename"]] += 1
    assert outcomes.total() == 4 * len(LEADS)
    assert set(outcomes) == {"Product", "Frozen"}


async def test_what_a_line_bears_is_never_given_to_more_customers_than_that(
    api: Api, deps: Deps, other_world: Deps
) -> None:
    customer = await new_customer(api)
    quote = await new_quote(customer, FRONT_9, quantity=10)
    steam: list[int] = []
    for _ in range(rounds(push=4, prove=20)):
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
    assert len(steam) >= rounds(push=4, prove=20)
    assert all(last - first >= 10 for first, last in zip(steam, steam[4:], strict=False))


async def steamed(deps: Deps, unit: Product) -> NotPossible | None:
    steam = deps.model_of(unit).groups["FUNCTIONS"].find_option("STEAM")
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
    for lead in LEADS * rounds(push=1, prove=8):
        placed = await place(customer, quote)
        units, order_id = await units_of(deps, placed), key_of("Order", placed["id"])
        elsewhere = Address("Li Na", ("1 New Road",), "Guangzhou", "CN", "510000")

        async def move(units: list[Product], order_id: str, address: Address) -> bool:
            try:
                await change_shipping_address(deps, customer_of(units[0], deps), order_id, address)
            except NotPossible:
                return False
            return True

        packed = started(other_world, units[-1], TransportKind.PACKED)
        moved, _ = await raced(move(units, order_id, elsewhere), packed, 2 * lead, deps.stores.database.ping)
        order = await deps.stores.orders.find(order_id)
        assert order is not None
        assert moved, "the other units are not packed"
        assert order.shipping_address == elsewhere
        journals = [[step.kind for step in await deps.stores.steps.read_steps(unit.code, 0, 100)] for unit in units]
        sent = [order.address_of(unit.code) for unit in units]
        assert sent[:-1] == [elsewhere, elsewhere]
        assert all(ChangeKind.ADDRESS_CHANGED in kinds for kinds in journals[:-1])
        first = ChangeKind.ADDRESS_CHANGED in journals[-1]
        assert (sent[-1] == elsewhere) is first
        if first:
            assert journals[-1].index(ChangeKind.ADDRESS_CHANGED) < journals[-1].index(TransportKind.PACKED)
        outcomes[first] += 1
    assert set(outcomes) == {True, False}
