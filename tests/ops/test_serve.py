"""python -m app …: the server and its commands as processes of their own."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.__main__ import command_line
from app.domain.shared.viewer import AccountKind
from app.ops.embedded.mongod import find_running
from app.ops.issue_token import machine_token
from tests.client import Api, factory_now, new_customer, new_unit, record, report
from tests.process import ServerProcess, beside, free_port
from tests.redis_server import running_redis
from tests.rows import rows
from tests.waiting import until


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """A server for all tests that leave it as it is."""
    process = ServerProcess(tmp_path_factory.mktemp("data"), free_port(), {})
    await process.start()
    yield process
    await process.stop()


@pytest.fixture
async def server(data_dir: Path) -> AsyncIterator[ServerProcess]:
    process = ServerProcess(data_dir, free_port(), {})
    yield process
    if process.process is not None:
        await process.stop()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_server_ends_cleanly_when_it_is_asked_and_its_database_dies_with_it_however_it_ends(
    server: ServerProcess,
) -> None:
    await server.start()
    running = find_running(server.data_dir)
    assert running is not None
    api = Api(server.url)
    customer = await new_customer(api)
    code = await new_unit(customer)
    query = "subscription($code: ProductCode!) { productSteps(code: $code, after: 1) { sequence } }"
    async with customer.socket() as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": {"query": query, "variables": {"code": code}}})
        await socket.receive()
        assert await server.stop() in (0, -signal.SIGTERM)
    await until(lambda: not alive(running.pid))
    await api.http.aclose()

    await server.start()
    again = find_running(server.data_dir)
    assert again is not None
    await server.kill()
    await until(lambda: not alive(again.pid))


@pytest.mark.prove
async def test_an_idle_connection_is_kept_for_longer_than_clients_keep_one(running: ServerProcess) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    for idle in (0.0, 6.0):  # httpx lets go after 5: only time can tell
        await asyncio.sleep(idle)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await reader.readline()).endswith(b" 200 OK\r\n")
        while await reader.readline() != b"\r\n":
            pass
        assert await reader.readexactly(2) == b"ok"
    writer.close()


async def test_a_second_server_on_the_same_data_is_refused(running: ServerProcess) -> None:
    second = ServerProcess(running.data_dir, free_port(), {})
    with pytest.raises(AssertionError, match="ended at its start"):
        await second.start()
    assert find_running(running.data_dir) is not None


async def test_commands_work_beside_a_running_server_and_the_doctor_finds_nothing(running: ServerProcess) -> None:
    api = Api(running.url)
    code = await new_unit(await new_customer(api))
    token = await running.command("token", "--kind", "partner")
    assert token.count(".") == 2
    assert "\n" not in token
    viewer = (await api.signed_in(token).ask("{ viewer { kind name } }"))["viewer"]
    assert viewer == {"kind": "PARTNER", "name": "demo"}
    doctor = await running.command("doctor")
    assert doctor.startswith("2 steps, 1 orders, 1 design changes, 1 plan changes, ")
    assert doctor.endswith(": 0 invariants violated, 0 derived entries repaired.")
    assert await running.command("verify", code) == "1 journals verified, 0 with something wrong."
    assert await running.command("verify", "--all") == "2 journals verified, 0 with something wrong."
    assert (await running.command("seed")).startswith("0 parts")
    await api.http.aclose()


async def test_two_workers_are_joined_by_the_database_alone(server: ServerProcess) -> None:
    await two_workers_tell_each_other(server)


@pytest.mark.prove
async def test_two_workers_are_joined_by_redis(data_dir: Path) -> None:
    async with running_redis() as redis:
        server = ServerProcess(data_dir, free_port(), {"ZERO_DISTANCE_BELL_URL": redis.url})
        try:
            await two_workers_tell_each_other(server)
        finally:
            await server.stop()


async def two_workers_tell_each_other(server: ServerProcess) -> None:
    """See that whoever watches sees all, whichever worker they and the machine have reached."""
    server.environment["ZERO_DISTANCE_SOCKETS_PER_ACCOUNT_MAX"] = "8"  # whichever worker they come to
    await server.start("--workers", "2")
    api = Api(server.url)
    async with beside(server) as deps:
        foshan = api.signed_in(await machine_token(deps, AccountKind.FACTORY, factory="FOSHAN"))
    customer = await new_customer(api)
    code = await new_unit(customer)
    query = "subscription($code: ProductCode!) { productSteps(code: $code, after: 0) { sequence } }"

    async def follow() -> list[int]:
        async with customer.subscribe(query, code=code) as steps:
            return [event["productSteps"]["sequence"] for event in await steps.take(22)]

    watching = [asyncio.create_task(follow()) for _ in range(8)]
    for _ in range(20):
        await record(foshan, report(code, "COMPONENT_FITTED", await factory_now(api)))
    assert await asyncio.gather(*watching) == [list(range(1, 23))] * 8
    await api.http.aclose()


def test_several_workers_with_a_bell_in_memory_are_refused() -> None:
    refused = CliRunner().invoke(
        command_line(["serve"]), ["serve", "--workers", "2"], env={"ZERO_DISTANCE_BELL_URL": "memory://"}
    )
    assert refused.exit_code == 1
    assert "Several workers need a bell" in refused.output


@rows("command", ["serve", "seed", "simulate", "token", "schema", "doctor", "verify", "demo"])
def test_every_command_explains_itself(command: str) -> None:
    explained = CliRunner().invoke(command_line([command]), [command, "--help"])
    assert explained.exit_code == 0
    assert "Usage" in explained.output
    assert len(explained.output.splitlines()) > 5
