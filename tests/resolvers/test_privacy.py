"""Who learns where a unit is sent? Every path of the schema that could show it is walked, as everybody."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
)

from app.deps import Deps
from app.domain.unit.code import parse_code
from app.execution.guard import LIMITS
from schema.node import global_id
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
from tests.conftest import Token
from tests.sdl import sdl

MARK = "Quillfeather"
ADDRESS: dict[str, Any] = {"name": f"{MARK} A", "lines": [f"{MARK} 1"], "city": f"{MARK}ham", "phone": MARK}
WHOLE = "{ name lines city postalCode country phone }"
STEPS_MAX = 6
SOUGHT = ("part", "lot")
"""Optional arguments without which a search finds nothing."""
Composite = (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)


def paths(schema: GraphQLSchema, ids: Json) -> list[str]:
    """Write every path to an Address, through each type once, and through Product and Order twice."""
    assert schema.query_type is not None
    return sorted(_walk(schema, schema.query_type, (), ids))


def _walk(schema: GraphQLSchema, here: GraphQLObjectType, seen: Sequence[str], ids: Json) -> Iterator[str]:
    if len(seen) >= STEPS_MAX or seen.count(here.name) >= (2 if here.name in ("Product", "Order") else 1):
        return
    for name, field in here.fields.items():
        found = get_named_type(field.type)
        required = {argument for argument, of in field.args.items() if is_required_argument(of)}
        if not isinstance(found, Composite) or not required <= set(ids):
            continue
        told = [argument for argument in field.args if argument in ids and (argument in required or argument in SOUGHT)]
        given = f"({', '.join(f'{argument}: {ids[argument]}' for argument in told)})" if told else ""
        if found.name == "Address":
            yield f"{name}{given} {WHOLE}"
            continue
        members = [found] if isinstance(found, GraphQLObjectType) else schema.get_possible_types(found)
        for member in members:
            for rest in _walk(schema, member, (*seen, here.name), ids):
                inside = rest if member is found else f"... on {member.name} {{ {rest} }}"
                yield f"{name}{given} {{ {inside} }}"


async def answers(caller: Api, asked: Sequence[str]) -> dict[str, Any]:
    """Ask for some paths in one document. An error may hide what stands beside it: then each is asked for by itself."""
    answer = await caller.post("{ " + " ".join(f"p{number}: {path}" for number, path in enumerate(asked)) + " }")
    codes = {error["extensions"]["code"] for error in answer.get("errors") or ()}
    assert codes <= {"UNAUTHENTICATED"}, (asked, answer)
    if not codes:
        return {path: answer["data"][f"p{number}"] for number, path in enumerate(asked)}
    if len(asked) == 1:
        return {asked[0]: answer}
    return {path: answer for one in asked for path, answer in (await answers(caller, [one])).items()}


async def shown(caller: Api, asked: Sequence[str]) -> list[str]:
    """Ask for everything and return the paths whose answers hold any part of the address."""
    found: list[str] = []
    for start in range(0, len(asked), LIMITS.aliases):
        some = await answers(caller, asked[start : start + LIMITS.aliases])
        found += [path for path, answer in some.items() if MARK in json.dumps(answer, ensure_ascii=False)]
    return found


async def ordered(api: Api) -> tuple[Api, Json, str]:
    customer = await new_customer(api)
    order = await place(customer, await new_quote(customer), **ADDRESS)
    return customer, order, order["products"][0]["code"]


async def fit(foshan: Api, order: Json, code: str) -> None:
    """Fit a component by whose lot the unit is found."""
    lot = order["id"].replace("=", "")
    (answer,) = await record(
        foshan, report(code, "COMPONENT_FITTED", await factory_now(foshan), component={"part": "MOTOR", "lot": lot})
    )
    assert answer["__typename"] == "Step", answer


def queries_for(order: Json, code: str) -> list[str]:
    """Write all paths that can lead to this order's address; by `node` from what its id is of, and nothing else."""
    keys = {"Order": order["id"], "Product": global_id("Product", parse_code(code))}
    keys["Step"] = global_id("Step", f"{parse_code(code)}.1")
    found = set[str]()
    for kind, id in keys.items():
        ids = {"id": id, "code": code, "lineId": global_id("Line", "FOSHAN-FRONT"), "part": "MOTOR", "lot": order["id"]}
        walked = paths(sdl(), {**{name: json.dumps(text) for name, text in ids.items()}, "selections": "[]"})
        found |= {path for path in walked if not path.startswith("node(") or f") {{ ... on {kind} {{" in path}
    return sorted(found)


async def callers(api: Api, machine: Token, customer: Api) -> dict[str, Api]:
    return {
        "its buyer": customer,
        "our staff": await machine("staff"),
        "nobody": api,
        "another customer": await new_customer(api),
        "a partner": await machine("partner"),
        "its factory": await machine("factory", factory="FOSHAN"),
        "another factory": await machine("factory", factory="QINGDAO"),
        "an engineer of its factory": await machine("staff", factory="FOSHAN"),
        "its carrier": await machine("carrier", carrier="HUAXIA"),
        "another carrier": await machine("carrier", carrier="NORDWIND"),
    }


async def test_an_address_is_shown_on_no_path_to_anybody_but_its_buyer_and_our_staff_before_it_is_packed(
    api: Api, machine: Token, foshan: Api
) -> None:
    customer, order, code = await ordered(api)
    await fit(foshan, order, code)
    queries = queries_for(order, code)
    assert all(any(path in query for query in queries) for path in ("replacedBy", "steps", "linePlan", "openNonconf"))
    seen = {name: await shown(caller, queries) for name, caller in (await callers(api, machine, customer)).items()}
    assert {name for name, found in seen.items() if found} == {"its buyer", "our staff"}
    assert len(seen["its buyer"]) > 20
    assert any("unitsWithComponent" in query for query in seen["our staff"])


async def test_its_carrier_and_no_other_sees_the_address_of_a_packed_unit_and_of_that_unit_alone(
    api: Api, machine: Token, foshan: Api
) -> None:
    customer, order, code = await ordered(api)
    await fit(foshan, order, code)
    await record(foshan, report(code, "PACKED", await factory_now(api)))
    queries = queries_for(order, code)
    seen = {name: await shown(caller, queries) for name, caller in (await callers(api, machine, customer)).items()}
    assert {name for name, found in seen.items() if found} == {"its buyer", "our staff", "its carrier"}
    assert all("order" not in query for query in seen["its carrier"])
    _, _, unpacked = await ordered(api)
    path = f'product(code: "{unpacked}") {{ shippingAddress {WHOLE} }}'
    assert await shown(await machine("carrier", carrier="HUAXIA"), [path]) == []


async def test_a_carrier_that_follows_a_unit_sees_its_address_from_the_step_that_packed_it(
    api: Api, machine: Token, foshan: Api
) -> None:
    _, _, code = await ordered(api)
    await record(foshan, report(code, "PACKED", await factory_now(api)))
    query = """subscription($code: ProductCode!) {
        productSteps(code: $code, after: 0) { kind product { shippingAddress { city } } } }"""
    carrier = await machine("carrier", carrier="HUAXIA")
    async with carrier.subscribe(query, code=code) as steps:
        seen = [event["productSteps"] for event in await steps.take(3)]
    assert [step["kind"] for step in seen] == ["ORDER_PLACED", "SCHEDULED", "PACKED"]
    assert [step["product"]["shippingAddress"] for step in seen] == [None, None, {"city": ADDRESS["city"]}]


@pytest.mark.parametrize("kind", ["factory", "carrier"])
async def test_an_answer_to_a_report_shows_no_address_to_a_factory(
    api: Api, machine: Token, foshan: Api, kind: str
) -> None:
    _, _, code = await ordered(api)
    reporter = await machine(kind, **{"factory": "FOSHAN"} if kind == "factory" else {"carrier": "HUAXIA"})
    mutation = """mutation($input: [RecordStepInput!]!) { recordSteps(input: $input) {
        ... on Step { product { shippingAddress { name } order { shippingAddress { name } } } } } }"""
    await record(foshan, report(code, "PACKED", await factory_now(api)))
    data = await reporter.ask(mutation, input=[report(code, "DISPATCHED", await factory_now(api))])
    (answer,) = data["recordSteps"]
    expected = {"name": ADDRESS["name"]} if kind == "carrier" else None
    assert answer == {"product": {"shippingAddress": expected, "order": None}}


async def test_no_journal_and_no_unit_holds_any_part_of_an_address_or_a_reason(api: Api, deps: Deps) -> None:
    customer, order, code = await ordered(api)
    moved = {"postalCode": "528000", "country": "CN", **ADDRESS, "city": f"{MARK}ton"}
    move = {"orderId": order["id"], "shippingAddress": moved}
    changed = await customer.do("changeShippingAddress", "ChangeShippingAddressInput", "... on Order { id }", **move)
    assert changed["__typename"] == "Order"
    cancelled = await customer.do(
        "cancelOrder", "CancelOrderInput", "... on Order { cancelReason }", orderId=order["id"], reason=f"{MARK} died"
    )
    assert cancelled["cancelReason"] == f"{MARK} died"
    for collection, key in (("steps", "product"), ("products", "_id")):
        documents = deps.stores.database.collection(collection).find({key: parse_code(code)})
        found = [document async for document in documents]
        assert found
        assert MARK not in str(found)


EARLY = ["DISPATCHED", "ARRIVED_AT_HUB", "DEPARTED_HUB", "OUT_FOR_DELIVERY", "DELIVERY_ATTEMPTED", "DELIVERED"]


@pytest.mark.parametrize("kind", [*EARLY, "INSTALLED"])
async def test_a_carrier_that_tells_of_a_unit_it_was_not_given_learns_no_address_and_freezes_nothing(
    api: Api, machine: Token, foshan: Api, kind: str
) -> None:
    customer, _, code = await ordered(api)
    carrier = await machine("carrier", carrier="HUAXIA")
    (answer,) = await record(carrier, report(code, kind, await factory_now(api)))
    assert answer["__typename"] == "Step"
    query = """query($code: ProductCode!) { product(code: $code) { shippingAddress { city } changeWindow { frozenAt }
        steps(last: 1) { nodes { product { shippingAddress { city } } } } } }"""
    unit = (await carrier.ask(query, code=code))["product"]
    assert unit["shippingAddress"] is None
    assert [step["product"] for step in unit["steps"]["nodes"]] == [{"shippingAddress": None}]
    assert {window["frozenAt"] for window in unit["changeWindow"]} == {None}
    preview = """query($code: ProductCode!) { product(code: $code) { changePreview(
        selections: [{group: "COLOUR", options: ["TITANIUM"]}]) { refusal { errorCode } } } }"""
    assert (await customer.ask(preview, code=code))["product"]["changePreview"] == {"refusal": None}
    await record(foshan, report(code, "PACKED", await factory_now(api)))
    refusal = (await customer.ask(preview, code=code))["product"]["changePreview"]["refusal"]
    assert refusal["errorCode"] in ("FROZEN", "TOO_LATE")
    unit = (await carrier.ask(query, code=code))["product"]
    assert unit["shippingAddress"] == {"city": ADDRESS["city"]}
    assert len({window["frozenAt"] for window in unit["changeWindow"]}) == 1


INSIDE = """measurements { characteristic value } note media { url } kind"""
NOTE, PICTURE = "Inspector: pale at the hinge", {"url": "https://cdn.example/hinge.jpg", "type": "image/jpeg"}


async def test_a_carrier_sees_neither_what_quality_measured_nor_what_inspectors_wrote(
    api: Api, machine: Token, foshan: Api
) -> None:
    customer, _, code = await ordered(api)
    at = await factory_now(api)
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    told: Json = {
        "note": NOTE,
        "media": [PICTURE],
        "measurements": readings(model, "FINAL_INSPECTION", COLOUR_DELTA_E=9.0),
    }
    operated: Json = {"operation": "PAINTING", "note": NOTE, "media": [PICTURE]}
    sent: Json = {"note": "Two people", "media": [PICTURE]}
    await record(
        foshan,
        report(code, "INSPECTION_PASSED", at, operation="FINAL_INSPECTION", **told),
        report(code, "OPERATION_COMPLETED", at, **operated),
        report(code, "PACKED", at, **sent),
    )
    query = f"query($code: ProductCode!) {{ product(code: $code) {{ steps(first: 50) {{ nodes {{ {INSIDE} }} }} }} }}"
    stream = f"subscription($code: ProductCode!) {{ productSteps(code: $code, after: 0) {{ {INSIDE} }} }}"
    carrier = await machine("carrier", carrier="HUAXIA")
    mine = (await customer.ask(query, code=code))["product"]["steps"]["nodes"]
    assert [step["note"] for step in mine if step["note"]] == [NOTE, NOTE, "Two people"]
    assert any(step["measurements"] for step in mine)
    theirs = (await carrier.ask(query, code=code))["product"]["steps"]["nodes"]
    async with carrier.subscribe(stream, code=code) as steps:
        live = [(await steps.next())["productSteps"] for _ in theirs]
    for seen in (theirs, live):
        assert [step["kind"] for step in seen] == [step["kind"] for step in mine]
        told_of = [step for step in seen if step["measurements"] or step["note"] or step["media"]]
        assert told_of == [{**sent, "media": [{"url": PICTURE["url"]}], "measurements": [], "kind": "PACKED"}]
