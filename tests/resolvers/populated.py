"""A world with twenty of everything that lists hold, for tests that look at lists: made once, and then only read."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.client import (
    FRONT_9,
    MODEL,
    Api,
    Json,
    factory_now,
    new_customer,
    new_quote,
    place,
    readings,
    record,
    report,
)
from tests.client import new_design as started
from tests.conftest import Token

FEW, HALF, MANY = 2, 10, 20
RED: list[Json] = [{"group": "COLOUR", "options": ["LYCHEE"]}]
BLUE: list[Json] = [{"group": "COLOUR", "options": ["MIDNIGHT"]}]
AT_ODDS: list[Json] = [{"group": "FUNCTIONS", "options": ["AUTO_DOSE"]}]
"""It needs another function."""
SSCC_OF_FEW, SSCC_OF_MANY = "106141412345678908", "195240000000000016"
PICTURE = {"url": "https://cdn.example/p.jpg", "type": "image/jpeg"}
REPORTS_MAX = 100


@dataclass
class View:
    """Somebody who looks, and what they put into arguments: by `field.argument` or by the argument's name alone.

    A dictionary says with what a field is a list of how many.
    """

    caller: Api
    arguments: Json = field(default_factory=dict)
    only: str = ""
    """The only list, `Type.field`, that this view is for."""


async def do(caller: Api, mutation: str, selection: str = "", **input: Any) -> Json:
    """Send a mutation that must succeed."""
    answer = await caller.do(mutation, mutation[0].upper() + mutation[1:] + "Input", selection, **input)
    assert "errorCode" not in answer, (mutation, answer)
    return answer


async def bought(customer: Api, *quantities: int) -> list[Json]:
    """Place an order of each quantity."""
    quotes = {quantity: await new_quote(customer, quantity=quantity) for quantity in set(quantities)}
    return list(await asyncio.gather(*(place(customer, quotes[quantity]) for quantity in quantities)))


def codes_of(*orders: Json) -> list[str]:
    return [unit["code"] for order in orders for unit in order["products"]]


async def report_all(machine: Api, reports: list[Json]) -> None:
    for start in range(0, len(reports), REPORTS_MAX):
        for answer in await record(machine, *reports[start : start + REPORTS_MAX]):
            assert answer["__typename"] == "Step", answer


async def arrived(api: Api, foshan: Api, huaxia: Api) -> View:
    """A customer with twenty orders, each of one unit that was changed, built and delivered."""
    customer = await new_customer(api)
    orders = await bought(customer, *[1] * MANY)
    codes, lot = codes_of(*orders), f"LOT-{secrets.token_hex(4)}"
    query = """query($code: ProductCode!, $to: [SelectionInput!]!) { product(code: $code) {
        changePreview(selections: $to) { priceDelta { amount currency } } } }"""
    delta = (await customer.ask(query, code=codes[0], to=RED))["product"]["changePreview"]["priceDelta"]
    for code in codes:
        await do(customer, "changeProduct", "", code=code, selections=RED, acceptPriceDelta=delta)
    at, model = await factory_now(api), (await api.ask(MODEL, sku=FRONT_9))["model"]
    measured, operation = readings(model), model["routing"][0]["code"]
    part = {"part": "MOTOR", "serial": "M-1", "lot": lot}
    built: list[Json] = []
    for n, code in enumerate(codes):
        built += [
            report(code, "OPERATION_STARTED", at, operation=operation),
            report(code, "OPERATION_COMPLETED", at, operation=operation),
            *(report(code, "COMPONENT_FITTED", at, component=part) for _ in range(MANY if n == 0 else 1)),
            report(code, "INSPECTION_PASSED", at, measurements=measured, note="good", media=[PICTURE]),
            report(code, "PACKED", at, sscc=SSCC_OF_MANY),
            *([report(code, "PACKED", at, sscc=SSCC_OF_FEW)] if n < FEW else []),
        ]
    await report_all(foshan, built)
    carried = ("DISPATCHED", "DELIVERED")
    await report_all(huaxia, [report(code, kind, at, media=[PICTURE]) for kind in carried for code in codes])
    sscc = {"unitsWithPackage.sscc": {FEW: SSCC_OF_FEW, MANY: SSCC_OF_MANY}}
    return View(customer, {"code": codes[0], "order.id": orders[0]["id"], "lot": lot, **sscc})


async def waiting(api: Api) -> View:
    """A customer with twenty orders of a unit that waits for the line and has a day for its delivery."""
    customer = await new_customer(api)
    orders = await bought(customer, *[1] * MANY)
    codes = codes_of(*orders)
    units = (await customer.ask("{ products(first: 20) { nodes { code deliverySlots { slot { id } } } } }"))["products"]
    for unit in units["nodes"]:
        slot = unit["deliverySlots"][-1]["slot"]["id"]
        await do(customer, "chooseDeliverySlot", "", code=unit["code"], slot=slot, idempotencyKey="a")
    return View(customer, {"code": codes[-1], "order.id": orders[-1]["id"]})


async def wholesale(api: Api) -> View:
    """A customer with an order of two units and one of twenty."""
    customer = await new_customer(api)
    few, many = await bought(customer, FEW, MANY)
    return View(customer, {"order.id": {FEW: few["id"], MANY: many["id"]}}, "Order.products")


async def asked(api: Api, foshan: Api) -> View:
    """A customer with twenty units that differ so that each raises a question."""
    customer = await new_customer(api)
    orders = await bought(customer, *[1] * MANY)
    codes, at = codes_of(*orders), await factory_now(api)
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    measured = readings(model, "FINAL_INSPECTION", COLOUR_DELTA_E=9.0)
    failed: Json = {"operation": "FINAL_INSPECTION", "measurements": measured, "media": [PICTURE]}
    await report_all(foshan, [report(code, "INSPECTION_PASSED", at, **failed) for code in codes])
    return View(customer, {"code": codes[0], "order.id": orders[0]["id"]})


async def replaced(api: Api, foshan: Api, engineer: Api) -> View:
    """A customer with twenty units in place of others that were scrapped."""
    customer = await new_customer(api)
    orders = await bought(customer, *[1] * MANY)
    codes = codes_of(*orders)
    at, model = await factory_now(api), (await api.ask(MODEL, sku=FRONT_9))["model"]
    safety = next(entry for entry in model["inspectionPlan"] if entry["safety"] and entry["unit"])
    bad = -1e6 if safety["lowerLimit"] is not None else 1e6
    failed = {"operation": safety["operation"]["code"]}
    measured = readings(model, safety["operation"]["code"], **{safety["code"]: bad})
    await report_all(foshan, [report(code, "INSPECTION_PASSED", at, measurements=measured, **failed) for code in codes])
    query = "{ products(first: 20) { nodes { nonconformances { id } } } }"
    for unit in (await customer.ask(query))["products"]["nodes"]:
        found = unit["nonconformances"][0]["id"]
        await do(engineer, "disposeNonconformance", "", nonconformanceId=found, disposition="SCRAP")
    return View(customer, {"code": codes[0], "order.id": orders[0]["id"]})


async def designed(api: Api) -> tuple[View, View]:
    """A customer with twenty designs of all kinds of history, one of them long; and who is invited to all of them."""
    owner, second, address = await new_customer(api), await new_customer(api), f"{secrets.token_hex(6)}@example.com"
    guest, source = await new_customer(api, email=address), (await started(second))["id"]
    await do(second, "publishDesign", "", designId=source, published=True)

    async def one(design: str) -> None:
        await discussed(owner, second, design)
        await do(owner, "inviteToDesign", "", designId=design, role="VIEWER", email=address)
        await do(owner, "publishDesign", "", designId=design, published=True)

    designs = [(await do(owner, "forkDesign", "... on Design { id }", designId=source))["id"] for _ in range(MANY)]
    await asyncio.gather(*(one(design) for design in designs))
    busy = designs[-1]
    for n in range(MANY):
        await do(owner, "commentOnDesign", "", designId=busy, text=f"{n}", group="COLOUR")
        await settled(owner, second, busy, [BLUE, RED][n % 2])
        await do(owner, "inviteToDesign", "", designId=busy, role="VIEWER", email=f"{n}-{address}")
    return View(owner, {"design.id": busy, "designId": busy, "a": 1, "b": 2}), View(guest)


async def discussed(owner: Api, second: Api, design: str) -> None:
    """Bring somebody in who comments and proposes, and whose first proposal is accepted."""
    invited = await do(owner, "inviteToDesign", "... on Invitation { token }", designId=design, role="EDITOR")
    await do(second, "acceptInvitation", "", token=invited["token"])
    await do(second, "commentOnDesign", "", designId=design, text="Red?", group="COLOUR")
    await settled(owner, second, design, RED)
    await proposed(second, design, AT_ODDS)


async def proposed(second: Api, design: str, selections: list[Json]) -> str:
    selection = "... on DesignChange { proposal { id } }"
    made = await do(second, "proposeChanges", selection, designId=design, selections=selections, note="Why not?")
    proposal: str = made["proposal"]["id"]
    await do(second, "voteOnProposal", "", proposalId=proposal, vote="FOR")
    return proposal


async def settled(owner: Api, second: Api, design: str, selections: list[Json]) -> None:
    proposal = await proposed(second, design, selections)
    query = "query($id: ID!) { design(id: $id) { revision } }"
    revision = (await owner.ask(query, id=design))["design"]["revision"]
    await do(owner, "settleProposal", "", proposalId=proposal, accept=True, expectedRevision=revision)


async def populate(api: Api, machine: Token) -> list[View]:
    """Fill a world and return who looks at it."""
    foshan, huaxia = await machine("factory", factory="FOSHAN"), await machine("carrier", carrier="HUAXIA")
    engineer = await machine("staff", factory="FOSHAN")
    puzzled = await asked(api, foshan)  # what waits longest is listed first: here it has a decision
    (designer, guest), buyer, *others = await asyncio.gather(
        designed(api),
        arrived(api, foshan, huaxia),
        waiting(api),
        wholesale(api),
        replaced(api, foshan, engineer),
    )
    lines = (await api.ask("{ factories { code lines { id code } } }"))["factories"]
    line = next(line["id"] for factory in lines for line in factory["lines"] if line["code"] == "FOSHAN-FRONT")
    inside = {"lineId": line, "linePlan.id": line, **buyer.arguments}
    return [buyer, puzzled, *others, designer, guest, View(engineer, inside), View(api)]
