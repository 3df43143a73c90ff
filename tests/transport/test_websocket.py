"""The life of a socket in both protocols: each way in which it can end, and what else it may say."""

import asyncio
import gc
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta

import pytest
from graphql import Executor
from websockets import ConnectionClosed

from app.auth.token import issue_token
from app.deps import Deps
from app.domain.shared.viewer import AccountKind
from app.settings import Settings
from app.store.account import Account
from app.transport.detached.http import DirectHttp
from app.transport.detached.websocket import DirectWire
from app.transport.websocket.operation import Operation
from app.transport.websocket.socket import Socket
from schema.node import key_of
from tests.client import RECORD, Api, Json, factory_now, new_customer, new_unit, report
from tests.conftest import Token, serving
from tests.peer import BOTH, LEGACY, TRANSPORT, greeted, strange
from tests.subscriptions.test_product import fit
from tests.waiting import WAIT_SECONDS_MAX, until

STEPS = "subscription($code: ProductCode!, $after: Int) { productSteps(code: $code, after: $after) { sequence } }"
ME = "{ viewer { id } }"


async def account_of(customer: Api, deps: Deps) -> Account:
    id = (await customer.ask(ME))["viewer"]["id"]
    account = await deps.stores.accounts.find(key_of("Account", id))
    assert account is not None
    return account


async def lasting(customer: Api, deps: Deps, seconds: float) -> tuple[Api, datetime]:
    """Return the same customer with a token that ends at the second that is about so far away, and when that is."""
    wall = deps.wall() - timedelta(seconds=600 - seconds)
    token, ends_at = issue_token(deps.keys, deps.settings, await account_of(customer, deps), 600, wall)
    return customer.signed_in(token), ends_at


LONG_ENOUGH = (1.5, 6.0, 25.0, 100.0)
"""Seconds for which a token lasts: more where the machine is too busy to say a word meanwhile."""


@pytest.fixture(scope="module")
async def strict(settings: Settings, api: Api) -> AsyncIterator[Api]:
    """A server with the limits that we promise, and short of patience with who does not read."""
    limits = {"sockets_per_account_max": 5, "ping_seconds": 0.3, "send_seconds_max": 1.0}
    async with serving(settings.model_copy(update=limits)) as url:
        yield Api(url, http=api.http)


async def test_a_socket_that_does_not_greet_is_closed(settings: Settings, api: Api) -> None:
    async with serving(settings.model_copy(update={"init_seconds_max": 0.1})) as url:
        for protocol in BOTH:
            async with strange(Api(url, http=api.http), protocol) as peer:
                assert await peer.closed() == 4408


@pytest.mark.parametrize("protocol", BOTH)
async def test_who_greets_twice_is_closed(api: Api, protocol: str) -> None:
    async with greeted(api, protocol) as peer:
        await peer.say("connection_init")
        assert await peer.closed() == 4429


@pytest.mark.parametrize("protocol", BOTH)
async def test_who_subscribes_before_the_greeting_is_closed(api: Api, protocol: str) -> None:
    async with strange(api, protocol) as peer:
        await peer.start("1", ME)
        assert await peer.closed() == 4401


@pytest.mark.parametrize("protocol", BOTH)
async def test_an_id_that_is_in_use_closes_the_socket(api: Api, protocol: str) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    async with greeted(customer, protocol) as peer:
        for _ in range(2):
            await peer.start("1", STEPS, code=code)
        assert await peer.closed() == 4409


@pytest.mark.parametrize("protocol", BOTH)
@pytest.mark.parametrize(
    "frame",
    [
        *("{", "1", "null", "[]", "{}", b"{}", '{"type":"nope"}', '{"type":["ping"]}'),
        '{"type":"connection_init","payload":{"n":%s}}' % ("9" * 5_000),
    ],
)
async def test_a_frame_that_is_none_closes_the_socket(api: Api, protocol: str, frame: str | bytes) -> None:
    async with greeted(api, protocol) as peer:
        await peer.connection.send(frame)
        assert await peer.closed() == 4400


@pytest.mark.parametrize("protocol", BOTH)
@pytest.mark.parametrize("frame", [b'{"type":"connection_init","payload":{"a":"\xed\xa0\x80"}}', "{}".encode("utf-16")])
async def test_text_that_is_not_utf_8_closes_the_socket(api: Api, protocol: str, frame: bytes) -> None:
    async with greeted(api, protocol) as peer:
        await peer.connection.send(frame, text=True)
        assert await peer.closed() == 4400


@pytest.mark.parametrize("protocol", BOTH)
async def test_each_protocol_has_its_own_words(api: Api, protocol: str) -> None:
    async with greeted(api, protocol) as peer:
        await peer.say("start" if protocol == TRANSPORT else "subscribe", id="1", payload={"query": ME})
        assert await peer.closed() == 4400


@pytest.mark.parametrize("protocol", BOTH)
async def test_a_frame_over_64_kib_closes_the_socket(api: Api, protocol: str) -> None:
    async with greeted(api, protocol) as peer:
        await peer.start("1", ME + "#" * 65_500)
        assert await peer.closed() == 1009


async def test_a_protocol_that_we_do_not_speak_is_refused(api: Api) -> None:
    async with strange(api, "chat") as peer:
        assert await peer.closed() == 4406


@pytest.mark.parametrize("protocol", BOTH)
@pytest.mark.parametrize("token", ["x", 1, "Bearer ", "Bearer x"])
async def test_a_token_that_does_not_hold_closes_the_socket(api: Api, protocol: str, token: object) -> None:
    async with strange(api, protocol) as peer:
        await peer.say("connection_init", payload={"Authorization": token})
        assert await peer.closed() == 4403


@pytest.mark.parametrize("protocol", BOTH)
async def test_a_token_that_expires_closes_the_socket_and_not_before(api: Api, deps: Deps, protocol: str) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    heard: Json = {}
    for seconds in LONG_ENOUGH:
        short, ends_at = await lasting(customer, deps, seconds)
        async with strange(short, protocol) as peer:
            await peer.say("connection_init", payload=short.headers)
            await peer.start("1", STEPS, code=code, after=0)
            with suppress(ConnectionClosed):  # as it is where the token was over too soon
                heard = await peer.hear()
                heard = await peer.hear()
            assert await peer.closed() == 4403
            assert deps.wall() >= ends_at
        if heard.get("type") == peer.next:
            break
    assert heard["type"] == peer.next
    async with strange(short, protocol) as peer:
        await peer.say("connection_init", payload=short.headers)
        assert await peer.closed() == 4403


@pytest.mark.parametrize("protocol", BOTH)
async def test_a_session_that_is_revoked_falls_silent(api: Api, foshan: Api, deps: Deps, protocol: str) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    assert customer.token is not None
    family = (await deps.stores.sessions.collection.find_one({"account": (await account_of(customer, deps)).id}) or {})[
        "_id"
    ]
    async with greeted(customer, protocol) as peer:
        await peer.start("1", STEPS, code=code, after=0)
        assert (await peer.hear())["type"] == peer.next
        await deps.stores.sessions.revoke(family, deps.wall())
        assert await peer.closed() == 4403
    (error,) = (await customer.post("{ viewer { id } }"))["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    async with strange(customer, protocol) as peer:
        await peer.say("connection_init", payload=customer.headers)
        assert await peer.closed() == 4403


@pytest.mark.parametrize("protocol", BOTH)
async def test_an_account_has_five_sockets_and_one_that_goes_makes_room(strict: Api, protocol: str) -> None:
    customer = await new_customer(strict)
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(greeted(customer, protocol)) for _ in range(5)]
        async with strange(customer, protocol) as sixth:
            await sixth.say("connection_init", payload=customer.headers)
            assert await sixth.closed() == 1013
        await peers[0].connection.close()
        async with greeted(customer, protocol) as another:
            await another.start("1", ME)
            assert (await another.hear())["type"] == another.next


@pytest.mark.parametrize("protocol", BOTH)
async def test_a_socket_has_twenty_operations_and_more_are_refused_one_by_one(strict: Api, protocol: str) -> None:
    customer = await new_customer(strict)
    code = await new_unit(customer)
    async with greeted(customer, protocol) as peer:
        for id in range(21):
            await peer.start(str(id), STEPS, code=code)
        refused = await peer.hear()
        while refused["type"] in ("ping", "ka"):
            refused = await peer.hear()
        assert (refused["type"], refused["id"]) == ("error", "20")
        error = refused["payload"][0] if protocol == TRANSPORT else refused["payload"]
        assert error["extensions"] == {"code": "TOO_MANY_OPERATIONS", "limit": 20}
        await peer.stop("0")
        await peer.start("21", STEPS, code=code, after=1)
        while (message := await peer.hear()).get("id") != "21":
            pass
        assert message["type"] == peer.next


async def test_a_partner_has_more(strict: Api, machine: Token) -> None:
    partner = strict.signed_in((await machine("partner", name="many-sockets")).token)
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(greeted(partner)) for _ in range(10)]
        for id in range(50):
            await peers[0].start(str(id), "subscription { lineActivity(lineId: 1) { kind } }")
        on_message = [message for _ in range(50) if (message := await peers[0].hear())["type"] == "error"]
        assert all(message["payload"][0]["extensions"]["code"] != "TOO_MANY_OPERATIONS" for message in on_message)


async def test_those_who_are_not_signed_in_have_a_share_of_their_own(settings: Settings, api: Api) -> None:
    customer = await new_customer(api)
    async with serving(settings.model_copy(update={"sockets_of_nobody_max": 1})) as url:
        nobody = Api(url, http=api.http)
        async with greeted(nobody), strange(nobody, TRANSPORT) as second:
            await second.say("connection_init")
            assert await second.closed() == 1013
            async with greeted(nobody.signed_in(customer.token)):
                pass
        async with greeted(nobody):
            pass


async def test_a_peer_that_answers_no_ping_is_cut_off_without_a_code(settings: Settings) -> None:
    """A code would make standard clients give up: a phone that slept finds 1006, and comes back."""
    async with serving(settings, ws_ping_interval=0.1, ws_ping_timeout=0.2) as url:
        for protocol in BOTH:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            writer.write(
                b"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Protocol: " + protocol.encode() + b"\r\n\r\n"
            )
            await reader.readuntil(b"\r\n\r\n")
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                on_message = await reader.read()
            writer.close()
            assert (on_message[0], len(on_message)) == (0x89, 6), "a ping, and no close"


async def test_a_full_server_asks_to_come_back_later(settings: Settings, api: Api) -> None:
    async with serving(settings.model_copy(update={"sockets_max": 1})) as url:
        small = Api(url, http=api.http)
        async with greeted(small), strange(small, TRANSPORT) as second:
            assert await second.closed() == 1013


@pytest.mark.parametrize(("protocol", "kind"), [(TRANSPORT, "ping"), (LEGACY, "ka")])
async def test_the_server_shows_that_it_lives(strict: Api, protocol: str, kind: str) -> None:
    async with greeted(strict, protocol) as peer:
        for _ in range(3):
            assert await peer.hear() == {"type": kind}
            if protocol == TRANSPORT:
                await peer.say("pong")


async def test_a_ping_is_answered(api: Api) -> None:
    async with greeted(api) as peer:
        await peer.say("ping", payload={"n": 1})
        assert await peer.hear() == {"type": "pong"}


async def test_a_legacy_client_says_goodbye(api: Api) -> None:
    async with greeted(api, LEGACY) as peer:
        await peer.say("connection_terminate")
        assert await peer.closed() == 1000


@pytest.mark.parametrize("protocol", BOTH)
async def test_a_query_and_a_mutation_are_answered_and_completed(api: Api, protocol: str) -> None:
    async with greeted(await new_customer(api), protocol) as peer:
        await peer.start("q", "query($n: Int) { models(first: $n) { nodes { sku } } }", n=1)
        answer = await peer.hear()
        assert (answer["type"], answer["id"]) == (peer.next, "q")
        assert len(answer["payload"]["data"]["models"]["nodes"]) == 1
        assert await peer.hear() == {"id": "q", "type": "complete"}
        mutation = 'mutation { cancelOrder(input: {orderId: "x"}) { __typename } }'
        await peer.start("q", mutation)
        assert (await peer.hear())["payload"]["data"]["cancelOrder"]["__typename"] == "NotFound"


@pytest.mark.parametrize("protocol", BOTH)
@pytest.mark.parametrize("ends", ["by complete", "by the connection"])
async def test_a_mutation_that_nobody_waits_for_any_more_is_finished(
    api: Api, foshan: Api, protocol: str, ends: str
) -> None:
    customer = await new_customer(api)
    code, at = await new_unit(customer), await factory_now(api)
    reports = [report(code, "COMPONENT_FITTED", at) for _ in range(50)]
    async with customer.subscribe(STEPS, code=code, after=2) as steps:
        async with greeted(foshan, protocol) as peer:
            await peer.start("1", RECORD, input=reports)
            await steps.next()  # it has begun
            if ends == "by complete":
                await peer.stop("1")
        assert [(await steps.next())["productSteps"]["sequence"] for _ in range(49)] == list(range(4, 53))


def held() -> Counter[type]:
    """Count what there is of the kinds that come and go with a socket."""
    kinds = DirectHttp, DirectWire, Socket, Operation, Executor
    return Counter(type(thing) for thing in gc.get_objects() if type(thing) in kinds)


async def leaves_nothing(peer_of: Api, code: str) -> bool:
    """Tell whether a socket comes and goes without garbage; others that come meanwhile look like some."""
    gc.collect()
    before = held()
    async with greeted(peer_of) as peer:
        await peer.start("1", STEPS, code=code, after=0)
        assert [(await peer.hear())["type"] for _ in range(2)] == ["next", "next"]
    try:
        await until(lambda: all(count <= before[kind] for kind, count in held().items()), 2)
    except TimeoutError:
        return False
    return True


async def test_a_socket_that_is_gone_leaves_nothing_to_the_garbage_collector(api: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    gc.disable()
    try:
        for _ in range(20):  # what other sockets leave is counted, too
            if await leaves_nothing(customer, code):
                break
        else:
            pytest.fail("each time something was left")
    finally:
        gc.enable()


@pytest.mark.parametrize("protocol", BOTH)
async def test_a_server_that_stops_answers_first_what_was_asked(
    settings: Settings, api: Api, foshan: Api, protocol: str
) -> None:
    customer = await new_customer(api)
    code, at = await new_unit(customer), await factory_now(api)
    reports = [report(code, "COMPONENT_FITTED", at) for _ in range(30)]
    async with AsyncExitStack() as server:
        url = await server.enter_async_context(serving(settings.model_copy(update={"drain_seconds": 0.0})))
        here = Api(url, customer.token, api.http)
        async with greeted(here) as watcher, greeted(here.signed_in(foshan.token), protocol) as peer:
            await watcher.start("1", STEPS, code=code, after=2)
            await peer.start("1", RECORD, input=reports)
            await watcher.hear()  # it has begun
            stopping = asyncio.create_task(server.aclose())
            answer = await peer.hear()
            assert len(answer["payload"]["data"]["recordSteps"]) == 30
            assert await peer.closed() == await watcher.closed() == 1012
            await stopping


@pytest.mark.parametrize("protocol", BOTH)
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ viewer { ", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { id } }" + "#" * 20_000, "DOCUMENT_TOO_LARGE"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(16)) + " }", "DOCUMENT_TOO_LARGE"),
        ("query A { __typename } query B { __typename }", "DOCUMENT_TOO_LARGE"),
    ],
)
async def test_the_guard_stands_at_the_socket_as_it_does_over_http(
    api: Api, protocol: str, query: str, code: str
) -> None:
    over_http = (await api.post(query))["errors"]
    async with greeted(api, protocol) as peer:
        await peer.start("1", query)
        message = await peer.hear()
    assert (message["type"], message["id"]) == ("error", "1")
    over_socket = message["payload"] if protocol == TRANSPORT else [message["payload"]]
    assert over_socket[0]["extensions"]["code"] == over_http[0]["extensions"]["code"] == code


LONG = """subscription($code: ProductCode!, $after: Int) { productSteps(code: $code, after: $after) { sequence
    product { model { optionGroups { code name options { code name } } routing { code name station { code } } } } } }"""


@pytest.mark.prove
@pytest.mark.parametrize("protocol", BOTH)
async def test_a_reader_that_stalls_is_ended_and_harms_nobody(
    strict: Api, foshan: Api, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "app.request")
    customer = await new_customer(strict)
    code = await new_unit(customer)
    steps = 2

    async with greeted(customer, protocol) as well, greeted(customer, protocol) as stalled:
        for id in range(20):
            await stalled.start(str(id), LONG, code=code)
        await stalled.say("ping" if protocol == TRANSPORT else "start", id="x", payload={"query": ME})
        await stalled.hear()  # what came before has been read
        stalled.connection.transport.pause_reading()
        await well.start("1", LONG, code=code, after=0)
        seen: list[int] = []
        while len(seen) < 302:
            if len(seen) == steps and steps < 302:
                await fit(foshan, code, 20)
                steps += 20
            message = await well.hear()
            if message["type"] == well.next:
                seen.append(message["payload"]["data"]["productSteps"]["sequence"])
        assert seen == list(range(1, 303))
        await until(lambda: any(record.__dict__.get("method") == "WS" for record in caplog.records))  # it is gone
        stalled.connection.transport.resume_reading()
        assert await stalled.closed() == 1006


async def test_under_stock_uvicorn_the_same_is_served(settings: Settings, api: Api, foshan: Api) -> None:
    async with serving(settings, ws="websockets-sansio") as url:
        for protocol in BOTH:
            customer = await new_customer(api)
            code = await new_unit(customer)
            there = Api(url, customer.token, api.http)
            async with greeted(there, protocol) as peer:
                await peer.start("1", STEPS, code=code, after=0)
                at_first = [await peer.hear() for _ in range(2)]
                await fit(foshan, code, 5)
                await fit(there.signed_in(foshan.token), code, 5)
                seen = [
                    m["payload"]["data"]["productSteps"]["sequence"]
                    for m in at_first + [await peer.hear() for _ in range(10)]
                ]
                assert seen == list(range(1, 13))
                await peer.connection.send("nonsense")
                assert await peer.closed() == 4400


async def test_nothing_is_left_of_sockets_that_are_gone(settings: Settings, api: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    async with serving(settings) as url:
        there = Api(url, customer.token, api.http)
        for _ in range(3):
            async with greeted(there) as peer:
                await peer.start("1", STEPS, code=code, after=0)
                await peer.hear()
            async with greeted(there) as peer:
                await peer.connection.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": ME}}))
    assert AccountKind.CUSTOMER  # the server stopped: its tasks were awaited, or this test would have failed
