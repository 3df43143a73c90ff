"""The bell on Redis: it comes back after every outage, and a mutation never fails or waits because of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from pydantic import ValidationError
from redis.asyncio import Redis

from app.deps import Deps
from app.settings import Settings
from app.store.journal import Entry
from app.store.stores import Stores
from schema.node import key_of
from subscriptions.bell import Bell
from subscriptions.notification import CHANNELS, Notification, shard
from tests.client import Api, factory_now, new_customer, new_design, new_unit, record, report
from tests.conftest import Token, serving
from tests.redis_server import RedisServer, running_redis
from tests.waiting import WAIT_SECONDS_MAX, until

STEPS = "subscription($code: ProductCode!) { productSteps(code: $code, after: 0) { sequence } }"


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with running_redis() as server:
        yield server


async def no_commits(told: Callable[[bool], None]) -> AsyncIterator[tuple[str, str, Entry]]:
    """No change stream, for a bell that rings by itself."""
    return
    yield


@dataclass
class Hearing:
    """A process's bell with all that it has heard."""

    bell: Bell
    rings: list[Notification]

    async def on_message(self, count: int) -> list[Notification]:
        await until(lambda: len(self.rings) >= count)
        return self.rings


@asynccontextmanager
async def hearing(url: str, stores: Stores, name: str = "test") -> AsyncIterator[Hearing]:
    here = Hearing(Bell(url, name), [])
    here.bell.listen(here.rings.append)
    await here.bell.start(no_commits, {journal.name: journal for journal in (stores.steps, stores.design_changes)})
    try:
        yield here
    finally:
        await here.bell.stop()


@asynccontextmanager
async def standing(server: RedisServer, stores: Stores, name: str = "test") -> AsyncIterator[Hearing]:
    async with hearing(server.url, stores, name) as here:
        await until(lambda: not here.bell.degraded)
        yield here


async def some_entries(api: Api, foshan: Api, deps: Deps) -> list[tuple[str, str, Entry]]:
    """Let a unit and a design live a little and return their whole journals."""
    customer = await new_customer(api)
    code, at = await new_unit(customer), await factory_now(api)
    await record(foshan, *(report(code, "COMPONENT_FITTED", at) for _ in range(5)))
    key, design = code.replace("-", ""), key_of("Design", (await new_design(customer))["id"])
    steps: list[Entry] = list(await deps.stores.steps.read(key, 0, 100))
    changes: list[Entry] = list(await deps.stores.design_changes.read(design, 0, 100))
    return [("steps", key, step) for step in steps] + [("design_changes", design, change) for change in changes]


async def test_an_entry_arrives_in_other_processes_as_it_was_written(
    api: Api, foshan: Api, deps: Deps, redis: RedisServer
) -> None:
    entries = await some_entries(api, foshan, deps)
    assert len(entries) == 8
    async with standing(redis, deps.stores) as here, standing(redis, deps.stores) as there:
        for entry in entries:
            await here.bell.ring(*entry)
        expected = [Notification(journal, key, entry.sequence, entry) for journal, key, entry in entries]
        for process in (here, there):
            assert sorted(await process.on_message(8), key=expected.index) == expected
        journal, key, last = entries[-1]
        for process in (here, there):  # behind what one process rings, the other is heard
            await process.bell.ring(journal, key, last)
        await here.on_message(10)
        assert len(here.rings) == 10  # its own, once


async def test_installations_on_one_redis_do_not_hear_each_other(
    api: Api, foshan: Api, deps: Deps, redis: RedisServer
) -> None:
    entries = await some_entries(api, foshan, deps)
    async with (
        standing(redis, deps.stores) as here,
        standing(redis, deps.stores) as there,
        standing(redis, deps.stores, "another") as another,
    ):
        await here.bell.ring(*entries[0])
        await there.on_message(1)
        assert another.rings == []


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"x", b"a b c d", b"a steps b 1\n{}", b"a steps b x", b"a steps b 1\n[", b"a nope b 1"]
)
async def test_a_ring_that_cannot_be_read_is_ignored(deps: Deps, redis: RedisServer, data: bytes) -> None:
    async with standing(redis, deps.stores) as here, Redis.from_url(redis.url) as client:
        await client.publish("test/" + CHANNELS[0], data)
        await client.publish("test/" + CHANNELS[0], b"a steps b 7\n")
        assert await here.on_message(1) == [Notification("steps", "b", 7, None)]


@pytest.mark.parametrize("outage", ["kill", "stop", "flush"])
async def test_it_rings_again_after_an_outage_and_never_makes_a_ringer_wait(
    api: Api, foshan: Api, deps: Deps, redis: RedisServer, outage: str
) -> None:
    (journal, key, entry), *_ = await some_entries(api, foshan, deps)
    async with standing(redis, deps.stores) as here, standing(redis, deps.stores) as there:
        if outage == "flush":
            await redis.flush()
        else:
            await redis.kill() if outage == "kill" else redis.pause()
            for _ in range(5_000):  # if each of them waited, the test would end by its limit
                await here.bell.ring(journal, key, entry)
            await until(lambda: here.bell.degraded and there.bell.degraded)
            await redis.start() if outage == "kill" else redis.resume()
        await until(lambda: not here.bell.degraded and not there.bell.degraded)
        missed = len(there.rings)
        await here.bell.ring(journal, key, entry)
        await there.on_message(missed + 1)


async def test_it_starts_while_redis_is_away_and_rings_once_it_is_there(
    api: Api, foshan: Api, deps: Deps, redis: RedisServer
) -> None:
    entries = await some_entries(api, foshan, deps)
    await redis.kill()
    async with hearing(redis.url, deps.stores) as here, hearing(redis.url, deps.stores) as there:
        assert here.bell.degraded
        await here.bell.ring(*entries[0])
        assert len(await here.on_message(1)) == 1
        await redis.start()
        await until(lambda: not here.bell.degraded and not there.bell.degraded)
        await here.bell.ring(*entries[1])
        await until(
            lambda: entries[1][2] in [notification.entry for notification in there.rings]
        )  # the first may come, too


@pytest.mark.prove
async def test_no_mutation_fails_and_no_step_is_lost_while_redis_is_killed_and_started_again(
    settings: Settings, redis: RedisServer, machine: Token
) -> None:
    shared = settings.model_copy(update={"bell_url": redis.url})
    async with AsyncExitStack() as stack:
        here, there = [Api(await stack.enter_async_context(serving(shared))) for _ in range(2)]
        customer, token = await new_customer(here), (await machine("factory", factory="FOSHAN")).token
        code, at = await new_unit(customer), await factory_now(here)
        foshan = here.signed_in(token)
        taken: list[int] = []

        async def write(count: int) -> None:
            for _ in range(count):
                (answer,) = await record(foshan, report(code, "COMPONENT_FITTED", at))
                assert answer["__typename"] == "Step", answer

        async def follow() -> None:
            async with there.signed_in(customer.token).subscribe(STEPS, code=code) as steps:
                while True:
                    taken.append((await steps.next())["productSteps"]["sequence"])

        following = asyncio.create_task(follow())
        await write(20)
        await redis.kill()
        await write(20)
        await bell_is(there, "degraded")
        await redis.start()
        await bell_is(there, "ok")
        await write(20)
        await until(lambda: following.done() or len(taken) >= 62)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert taken == list(range(1, 63))
        for api in (here, there):
            await api.http.aclose()


async def bell_is(api: Api, state: str) -> None:
    """Ask whether the server is ready until its bell is in a state."""
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while (await api.http.get(f"{api.url}/readyz")).json() != {"ready": True, "bell": state}:
            pass


def test_every_channel_is_some_key_s() -> None:
    assert {shard(str(number)) for number in range(1_000)} == set(CHANNELS)


@pytest.mark.parametrize(
    "url", ["redis://", "postgres://x", "memory", "redis:///0", "redis://host:x", "mongodb://host"]
)
def test_an_address_that_is_no_bell_is_refused_with_the_schemes_and_without_its_secrets(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(bell_url=url.replace("host", "u:secret@host"))
    assert "bell_url" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1", "rediss://u:p@redis.example:6380/1", "mongodb://", "memory://", ""]
)
def test_an_address_of_a_bell_is_accepted(url: str) -> None:
    assert Settings(bell_url=url).bell_url == url


async def test_a_listener_that_dies_is_noticed_and_started_again(deps: Deps, api: Api, foshan: Api) -> None:
    (journal, key, entry), *_ = await some_entries(api, foshan, deps)
    before = asyncio.all_tasks()
    async with hearing("memory://", deps.stores) as here:
        assert not here.bell.degraded
        (listener,) = {task for task in asyncio.all_tasks() - before if "_listener" in str(task.get_coro())}
        listener.cancel()
        await until(lambda: here.bell.degraded)
        await here.bell.ring(journal, key, entry)
        await until(lambda: not here.bell.degraded)
        assert await here.on_message(1) == [Notification(journal, key, entry.sequence, entry)]
