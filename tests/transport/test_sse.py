"""GraphQL over Server-Sent Events, byte by byte as a client reads it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.deps import Deps
from app.settings import Settings
from schema.node import key_of
from tests.client import Api, Json, factory_now, new_customer, new_design, new_quote, new_unit, place, record, report
from tests.conftest import serving
from tests.transport.test_websocket import LONG_ENOUGH, lasting
from tests.waiting import WAIT_SECONDS_MAX

STEPS = "subscription($code: ProductCode!, $after: Int) { productSteps(code: $code, after: $after) { sequence } }"
CHANGES = "subscription($id: ID!) { designChanges(designId: $id, after: 0) { design { title } } }"
ORDER = 'subscription($id: ID!) { orderSteps(orderId: $id, after: "0") { step { sequence product { code } } } }'
VIEWER = "{ viewer { kind } }"


@dataclass
class Event:
    name: str
    id: str | None
    data: Json | None

    @property
    def code(self) -> str:
        """The code of its only error."""
        assert self.data is not None
        (error,) = self.data["errors"]
        code: str = error["extensions"]["code"]
        return code


async def read(answer: httpx.Response) -> AsyncIterator[Event]:
    """Read events as the HTML standard says, without its forgiveness."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif "event" in fields:
            data = json.loads(fields["data"]) if fields["data"] else None
            yield Event(fields["event"], fields.get("id"), data)
            fields = {}


@asynccontextmanager
async def events(api: Api, query: str, headers: dict[str, str] | None = None, **variables: Any) -> AsyncIterator[Any]:
    """POST an operation and read its events."""
    async with api.http.stream(
        "POST",
        f"{api.url}/graphql",
        json={"query": query, "variables": variables},
        headers={**api.headers, "Accept": "text/event-stream", **(headers or {})},
    ) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield read(answer)


async def take(stream: Any, count: int) -> list[Event]:
    return [await asyncio.wait_for(anext(stream), WAIT_SECONDS_MAX) for _ in range(count)]


async def fit(machine: Api, code: str, count: int = 1) -> None:
    at = await factory_now(machine)
    for answer in await record(machine, *(report(code, "COMPONENT_FITTED", at) for _ in range(count))):
        assert answer["__typename"] == "Step"


async def test_each_step_is_an_event_whose_id_is_its_cursor(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    async with events(customer, STEPS, code=code, after=0) as stream:
        seen = await take(stream, 2)
        await fit(foshan, code)
        seen += await take(stream, 1)
    assert [(event.name, event.id, event.data) for event in seen] == [
        ("next", str(n), {"data": {"productSteps": {"sequence": n}}}) for n in (1, 2, 3)
    ]


@pytest.mark.parametrize("after", [None, 0, 1])
async def test_the_last_event_id_goes_before_what_the_operation_says(api: Api, foshan: Api, after: int | None) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    await fit(foshan, code, 3)
    async with events(customer, STEPS, {"Last-Event-ID": "3"}, code=code, after=after) as stream:
        assert [event.id for event in await take(stream, 2)] == ["4", "5"]


async def test_the_changes_of_a_design_go_on_even_where_their_sequence_is_not_asked_for(api: Api) -> None:
    customer = await new_customer(api)
    design = await new_design(customer)
    for revision in (1, 2):
        await customer.do(
            "reviseDesign",
            "ReviseDesignInput",
            "... on Design { id }",
            designId=design["id"],
            expectedRevision=revision,
            title=f"T{revision + 1}",
        )
    async with events(customer, CHANGES, id=design["id"]) as stream:
        first, _ = await take(stream, 2)
    async with events(customer, CHANGES, {"Last-Event-ID": first.id or ""}, id=design["id"]) as stream:
        second, third = await take(stream, 2)
    titles = [event.data["data"]["designChanges"]["design"]["title"] for event in (second, third) if event.data]
    assert (titles, second.id, third.id) == (["T2", "T3"], "2", "3")


async def test_the_steps_of_an_order_go_on_behind_its_opaque_cursor(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    order = await place(customer, await new_quote(customer, quantity=2))
    id = (await customer.ask("{ orders(first: 1) { nodes { id } } }"))["orders"]["nodes"][0]["id"]
    codes = [unit["code"] for unit in order["products"]]
    for code in codes:
        await fit(foshan, code, 2)
    async with events(customer, ORDER, id=id) as stream:
        seen = await take(stream, 3)
    async with events(customer, ORDER, {"Last-Event-ID": seen[-1].id or ""}, id=id) as stream:
        seen += await take(stream, 5)
    steps = [event.data["data"]["orderSteps"]["step"] for event in seen if event.data]
    assert sorted((step["product"]["code"], step["sequence"]) for step in steps) == sorted(
        (code, n) for code in codes for n in (1, 2, 3, 4)
    )


@pytest.mark.parametrize("id", ["x", "-1", "1.5", "9" * 50, "99"])
async def test_a_last_event_id_that_is_none_of_the_stream_is_refused(api: Api, id: str) -> None:
    customer = await new_customer(api)
    async with events(customer, STEPS, {"Last-Event-ID": id}, code=await new_unit(customer)) as stream:
        refused, complete = await take(stream, 2)
    assert (refused.code, complete.name) == ("INVALID_INPUT", "complete")


async def test_a_query_is_one_event_and_complete_or_json_where_that_is_accepted(api: Api) -> None:
    customer = await new_customer(api)
    async with events(customer, VIEWER) as stream:
        assert [event async for event in stream] == [
            Event("next", None, {"data": {"viewer": {"kind": "CUSTOMER"}}}),
            Event("complete", None, None),
        ]
    answer = await customer.http.post(
        f"{customer.url}/graphql",
        json={"query": VIEWER},
        headers={
            **customer.headers,
            "Accept": "application/json, text/event-stream",
        },
    )
    assert answer.json() == {"data": {"viewer": {"kind": "CUSTOMER"}}}


async def test_a_subscription_is_answered_over_get_and_nothing_else_is(api: Api) -> None:
    customer = await new_customer(api)
    headers = {**customer.headers, "Accept": "text/event-stream"}
    parameters = {"query": STEPS, "variables": json.dumps({"code": await new_unit(customer), "after": 1})}
    url = f"{api.url}/graphql"
    async with api.http.stream("GET", url, params=parameters, headers=headers) as answer:
        assert (await take(read(answer), 1))[0].id == "2"
    for query in (VIEWER, 'mutation { signIn(input: {email: "a", password: "b"}) { __typename } }'):
        async with api.http.stream("GET", url, params={"query": query}, headers=headers) as answer:
            refused, complete = await take(read(answer), 2)
            assert (refused.code, complete.name) == ("BAD_REQUEST", "complete")


@pytest.mark.parametrize(
    ("query", "headers", "code"),
    [
        ("{ viewer { ", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ a: __typename " * 4000, {}, "DOCUMENT_TOO_LARGE"),
        ("subscription { productSteps(code: 1) { kind } }", {}, "BAD_USER_INPUT"),
        (VIEWER, {"Authorization": "Bearer x"}, "UNAUTHENTICATED"),
        ('subscription { productSteps(code: "7K3M-9QXT-2CHV-E") { kind } }', {}, "UNAUTHENTICATED"),
    ],
)
async def test_a_refusal_is_an_event_too(api: Api, query: str, headers: dict[str, str], code: str) -> None:
    async with events(api, query, headers) as stream:
        refused, complete = [event async for event in stream]
    assert (refused.code, complete.name) == (code, "complete")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"query": 1}'])
async def test_a_body_that_is_no_operation_is_a_bad_request(api: Api, body: bytes) -> None:
    headers = {"Accept": "text/event-stream", "Content-Type": "application/json"}
    answer = await api.http.post(f"{api.url}/graphql", content=body, headers=headers)
    assert answer.status_code == 400


async def test_a_stream_ends_without_complete_when_its_token_expires(api: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    names: list[str] = []
    for seconds in LONG_ENOUGH:
        short, ends_at = await lasting(customer, deps, seconds)
        async with events(short, STEPS, code=code, after=0) as stream:
            names = [event.name async for event in stream]
        assert deps.wall() >= ends_at
        if len(names) == 2 and "complete" not in names:
            break  # else it was over before it could say anything
    assert names == ["next", "next"]


async def test_a_stream_ends_without_complete_at_the_end_of_its_session(api: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    id = (await customer.ask("{ viewer { id } }"))["viewer"]["id"]
    session = await deps.stores.sessions.collection.find_one({"account": key_of("Account", id)})
    assert session is not None
    async with events(customer, STEPS, code=code, after=0) as stream:
        await take(stream, 2)
        await deps.stores.sessions.revoke(session["_id"], deps.wall())
        assert [event async for event in stream] == []


async def test_a_server_that_stops_ends_its_streams_without_complete(settings: Settings, api: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    async with AsyncExitStack() as server:
        other = Api(await server.enter_async_context(serving(settings)), customer.token)
        async with events(other, STEPS, code=code, after=0) as stream:
            await take(stream, 2)
            await server.aclose()
            assert [event async for event in stream] == []
        await other.http.aclose()


async def test_an_idle_stream_is_kept_alive(settings: Settings, api: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    async with serving(settings.model_copy(update={"event_ping_seconds": 0.1})) as url:
        headers = {**customer.headers, "Accept": "text/event-stream"}
        body = {"query": STEPS, "variables": {"code": code}}
        async with api.http.stream("POST", f"{url}/graphql", json=body, headers=headers) as answer:
            lines = answer.aiter_lines()
            retry, *pings = [await asyncio.wait_for(anext(lines), WAIT_SECONDS_MAX) for _ in range(8)]
            assert (retry.partition(":")[0], pings) == ("retry", ["", *[":", ""] * 3])


async def test_an_account_has_a_bounded_number_of_streams(settings: Settings, api: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    async with serving(settings.model_copy(update={"event_streams_per_account_max": 2})) as url:
        here = Api(url, customer.token)
        async with events(here, STEPS, code=code, after=0) as first, events(here, STEPS, code=code, after=0) as second:
            await take(first, 2)
            await take(second, 2)
            async with events(here, STEPS, code=code, after=0) as third:
                refused, complete = await take(third, 2)
                assert (refused.code, complete.name) == ("RATE_LIMITED", "complete")
        await forgotten(here, code)
        await here.http.aclose()


@pytest.mark.prove
async def test_a_reader_that_does_not_keep_up_is_cut_off(settings: Settings, api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code, at = await new_unit(customer), await factory_now(api)
    for _ in range(4):
        await record(foshan, *(report(code, "COMPONENT_FITTED", at) for _ in range(100)))
    parts = "description inspectionPlan { code name operation { name } } routing { code name station { code name } }"
    models = " ".join(f"m{n}: model {{ {parts} }}" for n in range(15))
    query = f'subscription {{ productSteps(code: "{code}", after: 0) {{ product {{ {models} }} }} }}'
    async with serving(
        settings.model_copy(update={"send_seconds_max": 0.5, "event_streams_per_account_max": 1})
    ) as url:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", int(url.rpartition(":")[2])))
        reader, writer = await asyncio.open_connection(sock=connection, limit=1024)
        body = json.dumps({"query": query}).encode()
        head = (
            "POST /graphql HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {customer.token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        await forgotten(Api(url, customer.token, api.http), code)
        left = await asyncio.wait_for(reader.read(), WAIT_SECONDS_MAX)  # what was on its way
        assert left.count(b"event: next") < 402
        assert not left.endswith(b"\r\n0\r\n\r\n")
        writer.close()


async def forgotten(api: Api, code: str) -> None:
    """Ask for a stream until the account may have one again."""
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while True:
            async with events(api, STEPS, code=code, after=0) as stream:
                (event,) = await take(stream, 1)
                if event.id is not None:
                    return
