"""What the door does with requests that are not as they should be, over HTTP and WebSocket."""

import asyncio
import json
from typing import Any

import pytest
import websockets
from websockets.typing import Origin, Subprotocol

from app.deps import Deps
from app.settings import Settings
from tests.client import Api, new_customer, new_unit
from tests.waiting import PATIENT, WAIT_SECONDS_MAX

JSON = {"Content-Type": "application/json"}
DEEP = "[" * 50_000 + "]" * 50_000


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "BAD_REQUEST"),
        (b"", JSON, 400, "BAD_REQUEST"),
        (b"null", JSON, 400, "BAD_REQUEST"),
        (b"1", JSON, 400, "BAD_REQUEST"),
        (b'"x"', JSON, 400, "BAD_REQUEST"),
        (b"{}", JSON, 400, "BAD_REQUEST"),
        (b'{"query": 1}', JSON, 400, "BAD_REQUEST"),
        (b'{"query": null}', JSON, 400, "BAD_REQUEST"),
        (b'{"query": "{ viewer { id } }", "variables": 1}', JSON, 400, "BAD_REQUEST"),
        (b'{"query": "{ viewer { id } }", "operationName": "Nope"}', JSON, 400, "BAD_REQUEST"),
        (b'{"query": "{ viewer { id } }", "operationName": 1}', JSON, 400, "BAD_REQUEST"),
        (b'[{"query": "{ viewer { id } }"}]', JSON, 400, "BAD_REQUEST"),
        (b"\xff\xfe", JSON, 400, "BAD_REQUEST"),
        (b'{"query": "{ viewer { id } }", "variables": {"a": ' + b"9" * 5_000 + b"}}", JSON, 400, "BAD_REQUEST"),
        (b'{"query": "{ viewer { id } }", "variables": {"a": "\xed\xa0\x80"}}', JSON, 400, "BAD_REQUEST"),
        (b'{"query": "{ viewer { id } }", "variables": {"a": "\\ud800"}}', JSON, 400, "BAD_REQUEST"),
        (DEEP.encode(), JSON, 400, "BAD_REQUEST"),
        (b'{"query": "subscription { lineActivity(lineId: 1) { kind } }"}', JSON, 400, "BAD_REQUEST"),
        (b"query=x", {"Content-Type": "application/x-www-form-urlencoded"}, 400, "BAD_REQUEST"),
        (b"x" * 300_000, JSON, 413, "PAYLOAD_TOO_LARGE"),
        (b'{"query": "{ viewer { "}', JSON, 200, "GRAPHQL_PARSE_FAILED"),
        (b'{"query": "{ viewer { nope } }"}', JSON, 200, "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query": "query($a: Int!) { viewer { id } }"}', JSON, 200, "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query": "query($a: Int!) { models(first: $a) { nodes { id } } }"}', JSON, 200, "BAD_USER_INPUT"),
        (json.dumps({"query": "{ a: __typename " * 4000}).encode(), JSON, 200, "DOCUMENT_TOO_LARGE"),
        (json.dumps({"query": "{ " + "a " * 2000 + "}"}).encode(), JSON, 200, "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_a_bad_request_is_answered_as_a_graphql_error_with_a_code(
    api: Api, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await api.http.post(f"{api.url}/graphql", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    error = answer.json()["errors"][0]
    assert error["extensions"]["code"] == code
    assert "Traceback" not in answer.text
    assert "Did you mean" not in answer.text


async def test_queries_are_not_answered_over_get(api: Api) -> None:
    answer = await api.http.get(f"{api.url}/graphql", params={"query": "{ viewer { id } }"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_no_more_than_ten_errors_are_returned(api: Api) -> None:
    answer = await api.post("{ " + " ".join(f"nope{n}" for n in range(50)) + " }")
    assert len(answer["errors"]) == 10


async def test_an_unexpected_error_is_masked_with_an_id_and_logged_once(
    api: Api, deps: Deps, caplog: pytest.LogCaptureFixture
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    key = code.replace("-", "")
    await deps.stores.products.collection.update_one({"_id": key}, {"$set": {"model": "GONE"}})
    answer = await customer.post("query($code: ProductCode!) { product(code: $code) { status } }", {"code": code})
    error = answer["errors"][0]
    assert (error["message"], error["extensions"]["code"]) == ("Something went wrong here.", "INTERNAL")
    logged = [
        record for record in caplog.records if getattr(record, "error_id", None) == error["extensions"]["errorId"]
    ]
    assert len(logged) == 1
    assert "GONE" not in str(answer)
    await deps.stores.products.collection.delete_one({"_id": key})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_the_probes_answer(api: Api, path: str) -> None:
    assert (await api.http.get(api.url + path)).status_code == 200


async def raw(api: Api, *frames: str | bytes, protocol: str = "graphql-transport-ws") -> tuple[int, list[Any]]:
    """Send frames as they are; return the close code and what came before."""
    address = api.url.replace("http", "ws") + "/graphql"
    messages = []
    async with websockets.connect(address, subprotocols=[Subprotocol(protocol)], **PATIENT) as connection:
        for frame in frames:
            await connection.send(frame)
        try:
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                while True:
                    messages.append(json.loads(await connection.recv()))
        except websockets.ConnectionClosed as closed:
            return (closed.rcvd.code if closed.rcvd else 1006), messages


INIT = json.dumps({"type": "connection_init"})


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (["{"], 4400),
        ([b"{}"], 4400),
        (["1"], 4400),
        (["null"], 4400),
        (["[]"], 4400),
        (['"x"'], 4400),
        (["{}"], 4400),
        (['{"type": "ping", "payload": {"a": "\\udfff"}}'], 4400),
        ([json.dumps({"type": "nope"})], 4400),
        ([INIT, INIT], 4429),
        ([json.dumps({"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { id } }"}})], 4401),
        ([json.dumps({"type": "connection_init", "payload": {"Authorization": "Bearer x"}})], 4403),
        ([json.dumps({"type": "connection_init", "payload": {"authorization": 1}})], 4403),
        ([INIT, json.dumps({"type": "subscribe", "id": "1", "payload": 1})], 4400),
        ([INIT, json.dumps({"type": "subscribe", "id": "1"})], 4400),
        ([INIT, json.dumps({"type": "subscribe", "id": ["x"], "payload": {"query": "{ viewer { id } }"}})], 4400),
        ([INIT, json.dumps({"type": "complete", "id": {}})], 4400),
        ([INIT, "x" * 70_000], 1009),
    ],
)
async def test_a_bad_frame_closes_the_socket_with_its_code(api: Api, frames: list[str | bytes], code: int) -> None:
    closed, _ = await raw(api, *frames)
    assert closed == code


async def test_a_null_payload_is_a_legal_greeting(api: Api) -> None:
    stop = json.dumps({"type": "nope"})
    _, messages = await raw(api, json.dumps({"type": "connection_init", "payload": None}), stop)
    assert messages == [{"type": "connection_ack"}]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ viewer { ", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ a: __typename " * 4000, "DOCUMENT_TOO_LARGE"),
        ("subscription { productSteps(code: 1) { kind } }", "BAD_USER_INPUT"),
    ],
)
async def test_a_bad_operation_over_a_socket_ends_with_an_error_and_the_socket_lives(
    api: Api, query: str, code: str
) -> None:
    async with api.socket() as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": {"query": query}})
        message = await socket.receive()
        assert (message["type"], message["id"]) == ("error", "1")
        assert message["payload"][0]["extensions"]["code"] == code
        await socket.send({"id": "2", "type": "subscribe", "payload": {"query": "{ viewer { id } }"}})
        assert (await socket.receive())["payload"] == {"data": {"viewer": None}}


async def test_the_token_s_key_is_read_in_any_case(api: Api) -> None:
    customer = await new_customer(api)
    for key in ("authorization", "Authorization", "AUTHORIZATION"):
        async with api.socket(**{key: f"Bearer {customer.token}"}) as socket:
            await socket.send({"id": "1", "type": "subscribe", "payload": {"query": "{ viewer { kind } }"}})
            assert (await socket.receive())["payload"]["data"]["viewer"] == {"kind": "CUSTOMER"}


async def test_a_page_of_another_origin_may_not_open_a_socket(api: Api) -> None:
    address = api.url.replace("http", "ws") + "/graphql"
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(
            address, subprotocols=[Subprotocol("graphql-transport-ws")], origin=Origin("https://evil.example")
        ):
            pass
    assert refused.value.response.status_code == 403


def test_the_defaults_are_the_limits_that_were_promised() -> None:
    settings = Settings(_env_file=None)
    assert (settings.body_bytes_max, settings.document_bytes_max, settings.document_tokens_max) == (
        262_144,
        16_384,
        1_000,
    )
    assert (settings.access_token_seconds, settings.refresh_grace_seconds) == (600, 30)
