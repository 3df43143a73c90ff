"""orderSteps: all units of an order in one resumable stream."""

from collections.abc import Mapping, Sequence

import pytest

from app.actions.background.planner import plan_line
from app.deps import Deps
from tests.client import Api, Json, Operation, factory_now, new_customer, new_quote, place, record, report
from tests.conftest import Token
from tests.resolvers.test_quality import dispose, inspect, unit_of, unsafe

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


async def follow(steps: Operation, least: Mapping[str, int], events: Sequence[Json] = ()) -> list[Json]:
    """Take steps until each unit has come so far, and check that none is skipped or repeated.

    More may come than was waited for: the planner says when a unit is expected later.
    """
    events = list(events)
    while any(len(by_unit(events).get(code, ())) < count for code, count in least.items()):
        events.append(await steps.next())
    for sequences in by_unit(events).values():
        assert sequences == list(range(1, len(sequences) + 1))
    assert set(by_unit(events)) == set(least)
    return events


async def test_the_units_of_an_order_come_whole_and_resume_at_any_cursor(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    order = await order_of(customer)
    codes = [unit["code"] for unit in order["products"]]
    at = await factory_now(api)
    async with customer.subscribe(STEPS, id=order["id"], after="0") as steps:
        events = await follow(steps, dict.fromkeys(codes, 2))
        await record(foshan, *(report(code, "COMPONENT_FITTED", at) for code in codes * 2))
        events = await follow(steps, dict.fromkeys(codes, 4), events)
    for place_seen in range(len(events)):
        async with customer.subscribe(STEPS, id=order["id"], after=events[place_seen]["orderSteps"]["cursor"]) as rest:
            await follow(rest, dict.fromkeys(codes, 4), events[: place_seen + 1])


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


async def replace_unit(deps: Deps, customer: Api, foshan: Api, engineer: Api, code: str) -> tuple[int, str]:
    """Have a unit scrapped and its successor planned; return how many steps it has, and the successor's code."""
    await inspect(foshan, code, **await unsafe(customer))
    (found,) = (await unit_of(customer, code))["nonconformances"]
    await dispose(engineer, found["id"], "SCRAP")
    scrapped = await unit_of(customer, code)
    await plan_line(deps, "FOSHAN-FRONT")
    return scrapped["lastSequence"], scrapped["replacedBy"]["code"]


async def test_a_unit_that_comes_to_the_order_later_comes_to_its_stream_from_its_first_step(
    api: Api, foshan: Api, machine: Token, deps: Deps
) -> None:
    customer, engineer = await new_customer(api), await machine("staff", factory="FOSHAN")
    order = await order_of(customer, 2)
    codes = [unit["code"] for unit in order["products"]]
    async with customer.subscribe(STEPS, id=order["id"], after="0") as steps:
        events = await follow(steps, dict.fromkeys(codes, 2))
        count, replacement = await replace_unit(deps, customer, foshan, engineer, codes[0])
        planned = {codes[0]: count, codes[1]: 2, replacement: 2}
        events = await follow(steps, planned, events)
        await record(foshan, report(replacement, "COMPONENT_FITTED", await factory_now(api)))
        whole = {**planned, replacement: 3}
        events = await follow(steps, whole, events)
    for place_seen in range(len(events)):
        async with customer.subscribe(STEPS, id=order["id"], after=events[place_seen]["orderSteps"]["cursor"]) as rest:
            await follow(rest, whole, events[: place_seen + 1])
    query = "query($id: ID!) { order(id: $id) { status products { code replaces { code } } } }"
    found = (await customer.ask(query, id=order["id"]))["order"]
    assert [unit["code"] for unit in found["products"]] == [*codes, replacement]
    assert found["products"][2]["replaces"] == {"code": codes[0]}


async def test_a_replacement_that_was_ordered_before_the_stream_begins_is_part_of_it(
    api: Api, foshan: Api, machine: Token, deps: Deps
) -> None:
    customer, engineer = await new_customer(api), await machine("staff", factory="FOSHAN")
    order = await order_of(customer, 1)
    code = order["products"][0]["code"]
    count, replacement = await replace_unit(deps, customer, foshan, engineer, code)
    async with customer.subscribe(STEPS, id=order["id"], after="0") as steps:
        await follow(steps, {code: count, replacement: 2})
    listed = "query { orders(statuses: [IN_PRODUCTION, PLACED]) { nodes { id } } }"
    assert (await customer.ask(listed))["orders"]["nodes"] == [{"id": order["id"]}]
