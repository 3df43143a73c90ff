"""orderSteps: all units of an order in one resumable stream."""

import pytest

from tests.client import Api, Json, factory_now, new_customer, new_quote, place, record, report

STEPS = """subscription($id: ID!, $after: String) {
    orderSteps(orderId: $id, after: $after) { cursor step { sequence product { code } } } }"""


async def order_of(customer: Api, quantity: int = 3) -> Json:
    return await place(customer, await new_quote(customer, quantity=quantity))


def by_unit(events: list[Json]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for event in events:
        step = event["orderSteps"]["step"]
        found.setdefault(step["product"]["code"], []).append(step["sequence"])
    return found


async def test_the_units_of_an_order_come_whole_and_resume_at_any_cursor(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    order = await order_of(customer)
    codes = [unit["code"] for unit in order["products"]]
    at = await factory_now(api)
    async with customer.subscribe(STEPS, id=order["id"], after="0") as steps:
        events = await steps.take(6)
        await record(foshan, *(report(code, "COMPONENT_FITTED", at) for code in codes * 2))
        events += await steps.take(6)
    assert by_unit(events) == {code: [1, 2, 3, 4] for code in codes}
    for place_seen in range(len(events)):
        async with customer.subscribe(STEPS, id=order["id"], after=events[place_seen]["orderSteps"]["cursor"]) as rest:
            left = await rest.take(len(events) - place_seen - 1)
        seen = by_unit(events[: place_seen + 1] + left)
        assert seen == {code: [1, 2, 3, 4] for code in codes}


async def test_without_a_cursor_only_what_is_new_comes(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    order = await order_of(customer, 1)
    code = order["products"][0]["code"]
    async with customer.subscribe(STEPS, id=order["id"]) as steps:
        # a second subscription on the same socket, answered after the first has joined
        async with steps.socket.subscribe(STEPS, id=order["id"], after="0") as proof:
            await steps.socket.receive()
            await record(foshan, report(code, "COMPONENT_FITTED", await factory_now(api)))
            seen: list[Json] = []
            while not any(m["id"] == steps.id for m in seen):
                seen.append(await steps.socket.receive())
        first = next(message for message in seen if message["id"] == steps.id)
        assert first["payload"]["data"]["orderSteps"]["step"]["sequence"] == 3
        assert proof.id != steps.id


@pytest.mark.parametrize("after", ["x", "WzFd", "WyJ4IixbMV1d", "-1"])
async def test_a_cursor_of_something_else_is_refused(api: Api, after: str) -> None:
    customer = await new_customer(api)
    order = await order_of(customer, 1)
    async with customer.subscribe(STEPS, id=order["id"], after=after) as steps:
        message = await steps.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "INVALID_INPUT"


async def test_a_foreign_order_is_not_found(api: Api) -> None:
    order = await order_of(await new_customer(api), 1)
    async with (await new_customer(api)).subscribe(STEPS, id=order["id"], after="0") as steps:
        message = await steps.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "NOT_FOUND"
