"""productSteps over graphql-transport-ws: replay, resume, live, rights."""

import asyncio

import pytest

from app.deps import Deps
from tests.client import Api, factory_now, new_customer, new_unit, record, report
from tests.conftest import Token

STEPS = """subscription($code: ProductCode!, $after: Int, $stages: [Stage!]) {
    productSteps(code: $code, after: $after, stages: $stages) {
        sequence kind product { lastSequence order { number } } } }"""


async def fit(machine: Api, code: str, count: int) -> None:
    """Let something happen to a unit, `count` times."""
    at = await factory_now(machine)
    for answer in await record(machine, *(report(code, "COMPONENT_FITTED", at) for _ in range(count))):
        assert answer["__typename"] == "Step"


async def test_steps_are_replayed_after_a_cursor_and_go_on_live(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    await fit(foshan, code, 3)
    async with customer.subscribe(STEPS, code=code, after=1) as steps:
        replayed = await steps.take(4)
        await fit(foshan, code, 3)
        live = await steps.take(3)
    assert [step["productSteps"]["sequence"] for step in replayed + live] == [2, 3, 4, 5, 6, 7, 8]


async def test_without_a_cursor_only_what_is_new_comes(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    async with customer.socket() as socket, socket.subscribe(STEPS, code=code) as steps:
        async with socket.subscribe(STEPS, code=code, after=1) as proof:  # answered after the other has joined
            assert (await socket.receive())["id"] == proof.id
            await fit(foshan, code, 1)
            messages = [await socket.receive() for _ in range(2)]
        (mine,) = (message for message in messages if message["id"] == steps.id)
        assert mine["payload"]["data"]["productSteps"]["sequence"] == 3


async def test_each_event_shows_the_unit_as_it_was_then(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    await fit(foshan, code, 2)
    async with customer.subscribe(STEPS, code=code, after=0) as steps:
        seen = [event["productSteps"] for event in await steps.take(4)]
    assert [step["product"]["lastSequence"] for step in seen] == [1, 2, 3, 4]
    assert all(step["product"]["order"]["number"] for step in seen)


async def test_a_hundred_subscribers_see_the_same_steps_whoever_writes(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)

    async def follow(after: int) -> list[int]:
        async with customer.subscribe(STEPS, code=code, after=after) as steps:
            return [event["productSteps"]["sequence"] for event in await steps.take(62 - after)]

    watching = [asyncio.create_task(follow(n % 3)) for n in range(100)]
    await asyncio.gather(*(fit(foshan, code, 10) for _ in range(6)))
    for number, seen in enumerate(await asyncio.gather(*watching)):
        assert seen == list(range(number % 3 + 1, 63))


async def test_only_steps_of_the_stages_asked_for_come(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    async with customer.subscribe(STEPS, code=code, after=0, stages=["PRODUCTION"]) as steps:
        await fit(foshan, code, 2)
        assert [e["productSteps"]["sequence"] for e in await steps.take(2)] == [3, 4]


@pytest.mark.parametrize("after", [-1, 3, 2_000_000_000])
async def test_a_cursor_beyond_the_journal_is_refused(api: Api, after: int) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    async with customer.subscribe(STEPS, code=code, after=after) as steps:
        message = await steps.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"] == {"code": "INVALID_INPUT", "path": ["after"]}
        assert after < 0 or "is 2" in errors[0]["message"]


async def test_absent_and_foreign_units_are_one_answer(api: Api, machine: Token) -> None:
    code = await new_unit(await new_customer(api))
    for caller in (await new_customer(api), await machine("factory", factory="QINGDAO")):
        async with caller.subscribe(STEPS, code=code, after=0) as steps:
            message = await steps.message()
            errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
            assert errors[0]["extensions"]["code"] == "NOT_FOUND"


async def test_nobody_watches_without_a_token(api: Api) -> None:
    code = await new_unit(await new_customer(api))
    async with api.subscribe(STEPS, code=code, after=0) as steps:
        message = await steps.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_right_that_is_lost_ends_the_stream(api: Api, foshan: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    key = code.replace("-", "")
    async with customer.subscribe(STEPS, code=code, after=0) as steps:
        await steps.take(2)
        await deps.stores.products.collection.update_one({"_id": key}, {"$set": {"account": "somebody else"}})
        await fit(foshan, code, 1)
        message = await steps.message()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "NOT_FOUND"
