"""The plant's plan over the API: its pages, its changes live, its stops, and what customers see of them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from app.actions.background.planner import plan_line
from app.actions.background.sweep import sweep
from app.deps import Deps
from app.domain.shared.viewer import AccountKind
from app.ops.bootstrap import build_deps
from app.ops.issue_token import machine_token
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from tests.client import (
    FRONT_9,
    MODEL,
    Api,
    Json,
    factory_now,
    first_choices,
    new_customer,
    new_unit,
    place,
    record,
    report,
)
from tests.conftest import serving
from tests.rows import rows

PLAN = """query($line: ID!, $first: Int, $after: String, $changedAfter: Int) { linePlan(lineId: $line) {
  version frozenUntil stops { endsAt reason } line { code }
  places(first: $first, after: $after, changedAfter: $changedAfter) {
    nodes { position code startsAt finishesAt frozen version model { sku } selections { group { code } }
      product { code status } }
    pageInfo { hasNextPage endCursor } } } }"""
STOP = """mutation($input: StopLineInput!) { stopLine(input: $input) {
  ... on LinePlan { version stops { beginsAt endsAt reason } } ... on Refusal { errorCode message path } } }"""
RESUME = """mutation($input: ResumeLineInput!) { resumeLine(input: $input) {
  ... on LinePlan { stops { endsAt } } ... on Refusal { errorCode path } } }"""
CHANGES = """subscription($line: ID!, $after: Int) { linePlanChanges(lineId: $line, after: $after) {
  sequence kind moved changedAfter stop { reason }
  plan { version places(first: 100) { nodes { code position } } } } }"""
WINDOWS = """subscription($code: ProductCode!) { changeWindow(code: $code) { group { code } closesAt frozenAt } }"""
UNIT = """query($code: ProductCode!) { product(code: $code) { status plan { position startsAt finishesAt }
  eta { earliest latest previous reason(locale: "en") } steps { nodes { kind } } } }"""


@dataclass
class Works:
    """A server with a database of its own: its lines wait for nobody else's units."""

    api: Api
    deps: Deps
    foshan: Api
    line: str


@pytest.fixture
async def works(
    mongodb_url: str, own_database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Works]:
    """Freeze half an hour, or as many hours as the test is marked with."""
    settings = Settings(
        mongodb_url=mongodb_url,
        database=own_database,
        data_dir=tmp_path,
        operation_seconds_max=30,
        sweep_seconds=3600,
        planning_seconds=0.2,
        position_check_seconds=0.3,
        planning_lead_hours=0.1,
        frozen_hours=getattr(request, "param", 0.5),
    )
    async with serving(settings) as url:
        database = Database.connect(settings.mongodb_url, settings.database)
        deps = await build_deps(settings, Stores(database))
        api = Api(url)
        foshan = api.signed_in(await machine_token(deps, AccountKind.FACTORY, factory="FOSHAN"))
        lines = (await api.ask("{ factories { code lines { id code } } }"))["factories"]
        line = next(line["id"] for factory in lines for line in factory["lines"] if line["code"] == "FOSHAN-FRONT")
        yield Works(api, deps, foshan, line)
        await api.http.aclose()
        database.close()


async def order(api: Api, quantity: int, **choices: str) -> Json:
    """Order units of one configuration, the first of each group but for the given choices."""
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    selections = [
        {"group": chosen["group"], "options": [choices.get(chosen["group"], chosen["options"][0])]}
        for chosen in first_choices(model)
    ]
    design = await api.do(
        "startDesign", "StartDesignInput", "... on Design { id }", modelSku=FRONT_9, selections=selections
    )
    quote = await api.do(
        "requestQuote",
        "RequestQuoteInput",
        "... on Quote { id }",
        designId=design["id"],
        designRevision=1,
        quantity=quantity,
        country="CN",
        currency="CNY",
    )
    return await place(api, quote)


async def plan(works: Works, **arguments: object) -> Json:
    found: Json = (await works.foshan.ask(PLAN, line=works.line, **arguments))["linePlan"]
    return found


async def test_a_plant_reads_its_levelled_sequence_page_by_page_and_hears_of_its_changes(works: Works) -> None:
    customer = await new_customer(works.api)
    async with works.foshan.subscribe(CHANGES, line=works.line, after=0) as changes:
        white = await order(customer, 100, COLOUR="WHITE")
        dark = await order(customer, 100, COLOUR="MIDNIGHT")
        kinds: list[str] = []
        sequences: list[int] = []
        while "REPLANNED" not in kinds or kinds.count("RESERVED") < 2:
            change = (await changes.next())["linePlanChanges"]
            kinds.append(change["kind"])
            sequences.append(change["sequence"])
        assert sequences == list(range(1, len(sequences) + 1))
    nodes: list[Json] = []
    after = None
    while True:
        page = (await plan(works, first=75, after=after))["places"]
        nodes += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    codes = {unit["code"] for bought in (white, dark) for unit in bought["products"]}
    assert {node["code"] for node in nodes} == codes
    assert len(nodes) == 200
    assert all(first["position"] < second["position"] for first, second in pairwise(nodes))
    assert all(first["startsAt"] < second["startsAt"] for first, second in pairwise(nodes))
    assert {node["model"]["sku"] for node in nodes} == {FRONT_9}
    assert {node["product"]["status"] for node in nodes} == {"PLANNED"}
    movable = [node for node in nodes if not node["frozen"]]
    dark_codes = {unit["code"] for unit in dark["products"]}
    both = "".join("M" if node["code"] in dark_codes else "W" for node in movable)
    assert "WM" in both[-60:]
    assert "MW" in both[-60:]
    assert nodes[: len(nodes) - len(movable)] == [node for node in nodes if node["frozen"]]
    version = max(node["version"] for node in nodes)
    moved = (await plan(works, first=100, changedAfter=version - 1))["places"]["nodes"]
    assert {node["version"] for node in moved} == {version}
    assert (await plan(works, changedAfter=version))["places"]["nodes"] == []


async def test_a_stopped_line_moves_its_units_and_customers_are_told_once_with_the_reason(works: Works) -> None:
    customer = await new_customer(works.api)
    code = await new_unit(customer)
    before = (await customer.ask(UNIT, code=code))["product"]
    until = datetime.fromisoformat(before["plan"]["startsAt"]) + timedelta(days=3)
    async with (
        works.foshan.subscribe(CHANGES, line=works.line) as changes,
        customer.subscribe(
            """subscription($code: ProductCode!) { productSteps(code: $code, after: 0) {
                kind product { plan { startsAt } eta { reason(locale: "en") } } } }""",
            code=code,
        ) as steps,
    ):
        assert [step["productSteps"]["kind"] for step in await steps.take(2)] == ["ORDER_PLACED", "SCHEDULED"]
        stopped = (
            await works.foshan.ask(
                STOP, input={"lineId": works.line, "until": until.isoformat(), "reason": "Press tool"}
            )
        )["stopLine"]
        assert [stop["reason"] for stop in stopped["stops"]] == ["Press tool"]
        told: dict[str, Json] = {}
        while not {"STOPPED", "REPLANNED"} <= set(told):
            change = (await changes.next())["linePlanChanges"]
            told[change["kind"]] = change
        assert told["STOPPED"]["stop"] == {"reason": "Press tool"}
        step = (await steps.next())["productSteps"]
        assert step["kind"] == "RESCHEDULED"
        assert datetime.fromisoformat(step["product"]["plan"]["startsAt"]) >= until
        assert step["product"]["eta"]["reason"] == "The line stood still."
    moved = (await customer.ask(UNIT, code=code))["product"]
    assert moved["plan"]["position"] == before["plan"]["position"]
    assert datetime.fromisoformat(moved["plan"]["startsAt"]) >= until
    assert moved["eta"]["reason"] == "The line stood still."
    assert moved["eta"]["previous"] == before["eta"]["earliest"]
    assert moved["eta"]["earliest"] > before["eta"]["earliest"]
    assert [step["kind"] for step in moved["steps"]["nodes"]] == ["ORDER_PLACED", "SCHEDULED", "RESCHEDULED"]
    assert (await works.foshan.ask(RESUME, input={"lineId": works.line}))["resumeLine"] == {"stops": []}


async def test_a_change_window_says_live_what_may_still_change_and_until_when(works: Works) -> None:
    customer = await new_customer(works.api)
    code = await new_unit(customer)
    async with customer.subscribe(WINDOWS, code=code) as windows:
        first = {w["group"]["code"]: w for w in (await windows.next())["changeWindow"]}
        assert all(window["frozenAt"] is None for window in first.values())
        until = datetime.fromisoformat(first["COLOUR"]["closesAt"]) + timedelta(days=2)
        await works.foshan.ask(STOP, input={"lineId": works.line, "until": until.isoformat(), "reason": "Paint"})
        later = first
        while datetime.fromisoformat(later["COLOUR"]["closesAt"]) < until:
            later = {w["group"]["code"]: w for w in (await windows.next())["changeWindow"]}
        now = await factory_now(works.api)
        (answer,) = await record(works.foshan, report(code, "OPERATION_STARTED", now, operation="PAINTING"))
        assert answer["__typename"] == "Step", answer
        while later["COLOUR"]["frozenAt"] is None:
            later = {w["group"]["code"]: w for w in (await windows.next())["changeWindow"]}
        assert later["COLOUR"]["frozenAt"] == now
        assert later["ENERGY_LABEL"]["frozenAt"] is None


async def test_only_who_runs_a_line_sees_its_plan_and_stops_it(works: Works) -> None:
    shenyang = works.api.signed_in(await machine_token(works.deps, AccountKind.FACTORY, factory="SHENYANG"))
    engineer = works.api.signed_in(await machine_token(works.deps, AccountKind.STAFF, factory="FOSHAN"))
    staff = works.api.signed_in(await machine_token(works.deps, AccountKind.STAFF))
    partner = works.api.signed_in(await machine_token(works.deps, AccountKind.PARTNER))
    carrier = works.api.signed_in(await machine_token(works.deps, AccountKind.CARRIER, carrier="HUAXIA"))
    customer = await new_customer(works.api)
    version = (await plan(works))["version"]
    for caller in (works.foshan, engineer, staff):
        assert (await caller.ask(PLAN, line=works.line))["linePlan"]["line"]["code"] == "FOSHAN-FRONT"
    for caller in (shenyang, partner, carrier, customer, works.api):
        assert (await caller.ask(PLAN, line=works.line))["linePlan"] is None
    until = (works.deps.now() + timedelta(days=1)).isoformat()
    for caller in (shenyang, partner, carrier, customer):
        for line in (works.line, "TGluZTpOT1dIRVJF"):
            refused = (await caller.ask(STOP, input={"lineId": line, "until": until, "reason": "x"}))["stopLine"]
            assert (refused["errorCode"], refused["path"]) == ("NOT_FOUND", ["input", "lineId"])
        async with caller.subscribe(CHANGES, line=works.line) as changes:
            (error,) = (await changes.message())["payload"]
            assert error["extensions"]["code"] == "NOT_FOUND"
    assert (await plan(works))["version"] == version


@rows(
    ("until", "reason", "path"),
    [(-1, "x", "until"), (91 * 24, "x", "until"), (1, "", "reason"), (1, "x" * 201, "reason")],
)
async def test_a_stop_that_cannot_be_is_refused_and_changes_nothing(
    works: Works, until: int, reason: str, path: str
) -> None:
    version = (await plan(works))["version"]
    at = (works.deps.now() + timedelta(hours=until)).isoformat()
    refused = (await works.foshan.ask(STOP, input={"lineId": works.line, "until": at, "reason": reason}))["stopLine"]
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", path])
    assert (await plan(works))["version"] == version


async def test_a_stop_from_long_ago_is_refused(works: Works) -> None:
    now = works.deps.now()
    stop = {"lineId": works.line, "until": (now + timedelta(hours=1)).isoformat(), "reason": "x"}
    refused = await works.foshan.ask(STOP, input={**stop, "beginsAt": (now - timedelta(days=2)).isoformat()})
    assert (refused["stopLine"]["errorCode"], refused["stopLine"]["path"]) == ("INVALID_INPUT", ["input", "beginsAt"])


STEAM: list[Json] = [{"group": "FUNCTIONS", "options": ["STEAM"]}]
CHANGE = """mutation($input: ChangeProductInput!) { changeProduct(input: $input) { __typename
  ... on Product { plan { finishesAt } eta { earliest } } ... on Refusal { errorCode message path } } }"""
PREVIEW = """query($code: ProductCode!, $selections: [SelectionInput!]!) { product(code: $code) {
  changePreview(selections: $selections) { priceDelta { amount currency } addedDays
    refusal { __typename errorCode message } } } }"""


async def preview(api: Api, code: str, selections: list[Json] = STEAM) -> Json:
    found: Json = (await api.ask(PREVIEW, code=code, selections=selections))["product"]["changePreview"]
    return found


async def change(api: Api, code: str, delta: Json, selections: list[Json] = STEAM) -> Json:
    found: Json = await api.ask(CHANGE, input={"code": code, "selections": selections, "acceptPriceDelta": delta})
    answer: Json = found["changeProduct"]
    return answer


async def frozen_order(works: Works, customer: Api, quantity: int) -> list[str]:
    """Order units and wait until all of them are frozen; return their codes in sequence."""
    await order(customer, quantity, COLOUR="WHITE")
    while True:
        nodes = (await plan(works, first=100))["places"]["nodes"]
        if len(nodes) == quantity and all(node["frozen"] for node in nodes):
            return [node["code"] for node in nodes]
        await plan_line(works.deps, "FOSHAN-FRONT")


@pytest.mark.parametrize("works", [100.0], indirect=True)
async def test_frozen_units_get_no_more_of_an_option_than_their_line_bears(works: Works) -> None:
    customer = await new_customer(works.api)
    codes = await frozen_order(works, customer, 12)
    delta = (await preview(customer, codes[0]))["priceDelta"]
    answers = await asyncio.gather(*(change(customer, code, delta) for code in codes))
    full = [answer for answer in answers if answer["__typename"] == "NotPossible"]
    assert {answer["errorCode"] for answer in full} == {"LINE_FULL"}
    assert full[0]["path"] == ["input", "selections"]
    assert "4 of 10" in full[0]["message"]
    steam = [answer["__typename"] == "Product" for answer in answers]
    assert 4 <= sum(steam) <= 6
    assert all(sum(steam[at : at + 10]) <= 4 for at in range(3))
    refused = codes[steam.index(False)]
    assert (await preview(customer, refused))["refusal"]["errorCode"] == "LINE_FULL"
    steps = (await customer.ask(UNIT, code=refused))["product"]["steps"]["nodes"]
    assert [step["kind"] for step in steps] == ["ORDER_PLACED", "SCHEDULED"]
    (freed,) = codes[steam.index(True) : steam.index(True) + 1]
    back: list[Json] = [{"group": "FUNCTIONS", "options": []}]
    assert (await change(customer, freed, (await preview(customer, freed, back))["priceDelta"], back))[
        "__typename"
    ] == ("Product")
    assert (await preview(customer, freed))["refusal"] is None
    assert [node["code"] for node in (await plan(works, first=100))["places"]["nodes"]] == codes


async def test_one_start_far_ahead_moves_nobody(works: Works) -> None:
    customer = await new_customer(works.api)
    await order(customer, 100, COLOUR="WHITE")
    await plan_line(works.deps, "FOSHAN-FRONT")
    before = {node["code"]: node for node in (await plan(works, first=100))["places"]["nodes"]}
    ahead = list(before)[80]
    (answer,) = await record(
        works.foshan, report(ahead, "OPERATION_STARTED", await factory_now(works.api), operation="PRESSING")
    )
    assert answer["__typename"] == "Step", answer
    await order(customer, 1, COLOUR="WHITE")
    await plan_line(works.deps, "FOSHAN-FRONT")
    after = {node["code"]: node for node in (await plan(works, first=100))["places"]["nodes"]}
    assert ahead not in after
    moved = [code for code in set(before) & set(after) if after[code]["position"] != before[code]["position"]]
    assert moved == []
    assert max(node["position"] for node in after.values()) == 101


async def test_many_orders_while_several_planners_are_at_work_leave_each_unit_one_place(works: Works) -> None:
    customers = [await new_customer(works.api) for _ in range(4)]
    orders = [order(customer, 7, COLOUR=colour) for customer in customers for colour in ("WHITE", "MIDNIGHT")]
    planners = [plan_line(works.deps, "FOSHAN-FRONT") for _ in range(8)]
    await asyncio.gather(*orders, *planners)
    await plan_line(works.deps, "FOSHAN-FRONT")
    found = (await plan(works, first=100))["places"]["nodes"]
    assert len({node["position"] for node in found}) == len(found) == 56


async def test_a_cancelled_unit_leaves_the_plan(works: Works) -> None:
    customer = await new_customer(works.api)
    bought = await order(customer, 3)
    cancelled = await customer.do("cancelOrder", "CancelOrderInput", "... on Order { status }", orderId=bought["id"])
    assert cancelled["status"] == "CANCELLED"
    assert (await plan(works))["places"]["nodes"] == []


async def test_a_unit_that_a_crash_left_without_its_place_gets_another_that_is_nobody_else_s(works: Works) -> None:
    code = await new_unit(await new_customer(works.api))
    (before,) = (await plan(works))["places"]["nodes"]
    tail = (await works.deps.stores.lines.get("FOSHAN-FRONT")).tail
    products = works.deps.stores.products.collection
    due = {"$unset": {"plan": "", "plan_version": ""}, "$set": {"due_at": works.deps.now()}}
    await products.update_one({"_id": before["product"]["code"].replace("-", "")}, due)
    await sweep(works.deps)
    nodes = (await plan(works))["places"]["nodes"]
    assert [(node["code"], node["position"]) for node in nodes] == [(code, tail.position + 1)]
    assert (await works.deps.stores.lines.get("FOSHAN-FRONT")).tail.position == tail.position + 1
