"""lineActivity: what happens on a line, with units named only to those who may see them."""

import asyncio

from tests.client import Api, factory_now, new_customer, new_unit, record, report

ACTIVITY = """subscription($id: ID!) { lineActivity(lineId: $id) {
    kind line { code } model { sku } product { code } } }"""


async def line_id(api: Api) -> str:
    factories = (await api.ask("{ factories { lines { id code } } }"))["factories"]
    id: str = next(line["id"] for f in factories for line in f["lines"] if line["code"] == "FOSHAN-FRONT")
    return id


async def test_a_customer_sees_what_happens_and_names_only_of_their_own_units(api: Api, foshan: Api) -> None:
    mine, other = await new_customer(api), await new_customer(api)
    code = await new_unit(mine)
    id = await line_id(api)
    async with mine.subscribe(ACTIVITY, id=id) as own, other.subscribe(ACTIVITY, id=id) as foreign:
        seen = []
        for stream in (own, foreign):
            receiving = asyncio.create_task(stream.next())
            while not receiving.done():  # best effort: what happens before it listens is not told
                await record(foshan, report(code, "COMPONENT_FITTED", await factory_now(api)))
                await asyncio.wait([receiving], timeout=0.2)
            seen.append(receiving.result()["lineActivity"])
    assert [activity["product"] for activity in seen] == [{"code": code}, None]
    assert {(activity["kind"], activity["model"]["sku"]) for activity in seen} == {("COMPONENT_FITTED", "WM-FRONT-9")}


async def test_an_unknown_line_is_not_found(api: Api) -> None:
    async with (await new_customer(api)).subscribe(ACTIVITY, id="x") as stream:
        message = await stream.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "NOT_FOUND"
