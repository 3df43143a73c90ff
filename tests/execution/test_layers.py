"""Does each layer over the libraries change nothing but the time? Left out, every answer is the same, byte for byte."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type, is_leaf_type, is_required_argument

from app.execution.layer import Layer
from app.settings import Settings
from tests.client import (
    ADDRESS,
    FRONT_9,
    MODEL,
    Api,
    Json,
    factory_now,
    new_customer,
    new_unit,
    record,
    report,
)
from tests.conftest import serving
from tests.peer import BOTH, greeted

SDL = build_schema((Path(__file__).parents[2] / "schema" / "schema.graphql").read_text(encoding="utf-8"))
LEFT_OUT = [*([layer] for layer in Layer), list(Layer)]
OF_THE_MOMENT = {"eta", "deliverySlots", "url", "dataUrl", "changeWindow", "plan"}
"""Fields whose values depend on when they are asked for."""
DEPTH_MAX = 3
STEPS_MADE = 5
"""What the plant has reported: of steps of other stages, a planner may add one at any time."""
FEATURES: list[tuple[str, Json]] = [
    ("{ factories { __typename id name lines { code } } again: factories { code } }", {}),
    ('query($n: Int = 2) { models(first: $n) { nodes { sku name(locale: "de") } pageInfo { hasNextPage } } }', {}),
    (
        "query($n: Int) { models(first: $n) { nodes { ...M } } } fragment M on Model { sku ... on Node { id } }",
        {"n": 3},
    ),
    ("query($n: Int!) { models(first: $n) { totalCount } }", {"n": "three"}),
    ("query($n: Int!) { models(first: $n) { nodes { sku } } }", {}),
    ("query($y: Boolean!) { factories { code @include(if: $y) name @skip(if: $y) } viewer { kind } }", {"y": True}),
    ("query($y: Boolean!) { factories { code @include(if: $y) name @skip(if: $y) } viewer { kind } }", {"y": False}),
    ("{ models(first: 1000) { nodes { sku } } factories { code } }", {}),
    ('{ product(code: "AAAA-AAAA-AAAA-A") { code } node(id: "x") { id } }', {}),
    ('{ node(id: "bm8gc3VjaA==") { __typename id } }', {}),
    (
        'query($s: [SelectionInput!]!) { evaluate(modelSku: "WM-FRONT-9", selections: $s) { consistent complete } }',
        {"s": [{"group": "COLOUR", "options": ["TITANIUM"]}]},
    ),
    (
        'query($s: [SelectionInput!]!) { evaluate(modelSku: "WM-FRONT-9", selections: $s) { consistent complete } }',
        {"s": [{"group": "COLOUR", "options": [1], "more": 2}]},
    ),
    ('mutation { cancelOrder(input: {orderId: "x"}) { __typename ... on Refusal { errorCode message path } } }', {}),
    (
        "mutation($i: PlaceOrderInput!) { placeOrder(input: $i) { __typename ... on Refusal { errorCode path } } }",
        {"i": {"quoteId": "x", "shippingAddress": ADDRESS, "idempotencyKey": "k"}},
    ),
    (
        "mutation($i: PlaceOrderInput!) { placeOrder(input: $i) { __typename ... on Refusal { errorCode path } } }",
        {"i": {"quoteId": None}},
    ),
    ("{ nope }", {}),
    ("{ factories { ", {}),
]
STEPS = """subscription($code: ProductCode!, $after: Int) {
    productSteps(code: $code, after: $after, stages: [PRODUCTION]) {
    __typename sequence kind stage label product { code lastSequence model { sku } order { number } } } }"""


@dataclass(frozen=True)
class World:
    """Somebody with a unit that has been worked on, and all that is to be asked about it."""

    token: str
    code: str
    documents: list[tuple[str, Json]]


def selected(kind: Any, depth: int = 1) -> Iterator[str]:
    """Select each field of a type that needs no argument, and to a depth all that is in it."""
    yield "__typename"
    for name, field in kind.fields.items() if isinstance(kind, GraphQLObjectType) else ():
        found = get_named_type(field.type)
        if name in OF_THE_MOMENT or any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if is_leaf_type(found):
            yield name
        elif depth < DEPTH_MAX:
            yield f"{name} {{ {' '.join(selected(found, depth + 1))} }}"


def documents_about(code: str) -> list[tuple[str, Json]]:
    """Ask for each field of a unit, and below it for all that needs no argument."""
    product = SDL.type_map["Product"]
    assert isinstance(product, GraphQLObjectType)
    head = "query($code: ProductCode!) { product(code: $code)"
    return [(f"{head} {{ {field} }} }}", {"code": code}) for field in selected(product)]


@pytest.fixture(scope="module")
async def world(api: Api, foshan: Api, servers: dict[str, str]) -> World:
    """A unit in production. The servers run already, so that none looks at its line for the first time afterwards."""
    customer = await new_customer(api)
    code, model = await new_unit(customer), (await api.ask(MODEL, sku=FRONT_9))["model"]
    at, routing = await factory_now(api), model["routing"]
    reports = [report(code, "COMPONENT_FITTED", at, component={"part": "MOTOR", "lot": "L1"})]
    for operation in routing[:2]:
        reports.append(report(code, "OPERATION_STARTED", at, operation=operation["code"]))
        reports.append(report(code, "OPERATION_COMPLETED", at, operation=operation["code"]))
    await record(foshan, *reports)
    assert customer.token is not None
    return World(customer.token, code, [*documents_about(code), *FEATURES])


@pytest.fixture(scope="module")
async def servers(settings: Settings, api: Api) -> AsyncIterator[dict[str, str]]:
    """One server with all layers, and one without each of them, and without any."""
    async with AsyncExitStack() as running:
        found = {}
        for left_out in [[], *LEFT_OUT]:
            chosen = settings.model_copy(update={"engine_off": frozenset(left_out)})
            found[", ".join(left_out)] = await running.enter_async_context(serving(chosen))
        yield found


async def test_every_document_is_answered_alike_whichever_layer_is_left_out(
    api: Api, world: World, servers: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {world.token}"}
    different = []
    for query, variables in world.documents:
        answers = {
            name: (
                await api.http.post(f"{url}/graphql", json={"query": query, "variables": variables}, headers=headers)
            ).content
            for name, url in servers.items()
        }
        assert b"INTERNAL" not in answers[""], (query, answers[""])
        different += [(name, query, answer, answers[""]) for name, answer in answers.items() if answer != answers[""]]
    assert different == []


@pytest.mark.parametrize("protocol", BOTH)
async def test_every_frame_of_a_subscription_is_alike_whichever_layer_is_left_out(
    api: Api, world: World, servers: dict[str, str], protocol: str
) -> None:
    said: dict[str, list[str | bytes]] = {}
    for name, url in servers.items():
        async with greeted(Api(url, world.token, api.http), protocol) as peer:
            await peer.start("1", STEPS, code=world.code, after=0)
            said[name] = [await peer.connection.recv() for _ in range(STEPS_MADE)]
            await peer.start("2", "subscription { nope }")
            said[name].append(await peer.connection.recv())
    assert [name for name, frames in said.items() if frames != said[""]] == []
    assert [json.loads(frame)["type"] for frame in said[""]][-1] == "error"


async def test_every_event_of_a_stream_is_alike_whichever_layer_is_left_out(
    api: Api, world: World, servers: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {world.token}", "Accept": "text/event-stream"}
    body = {"query": STEPS, "variables": {"code": world.code, "after": 0}}
    said: dict[str, list[str]] = {}
    for name, url in servers.items():
        async with api.http.stream("POST", f"{url}/graphql", json=body, headers=headers) as answer:
            lines = answer.aiter_lines()
            assert (await anext(lines)).startswith("retry: ")
            said[name] = [await anext(lines) for _ in range(4 * STEPS_MADE)]
    assert [name for name, lines in said.items() if lines != said[""]] == []
    assert sum(line.startswith("id: ") for line in said[""]) == STEPS_MADE
