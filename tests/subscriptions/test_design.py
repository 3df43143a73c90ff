"""designChanges: the journal of a design, replayed and live."""

import asyncio

from tests.client import Api, Json, new_customer, new_design

CHANGES = """subscription($id: ID!, $after: Int) {
    designChanges(designId: $id, after: $after) { sequence design { revision title } } }"""


async def retitle(api: Api, id: str, expected: int, title: str) -> None:
    answer = await api.do(
        "reviseDesign",
        "ReviseDesignInput",
        "... on Design { revision }",
        designId=id,
        expectedRevision=expected,
        title=title,
    )
    assert answer["revision"] == expected + 1


async def test_the_changes_of_a_design_are_replayed_and_go_on_live(api: Api) -> None:
    customer = await new_customer(api)
    design = await new_design(customer)
    await retitle(customer, design["id"], 1, "Two")
    async with customer.subscribe(CHANGES, id=design["id"], after=0) as changes:
        seen = await changes.take(2)
        await retitle(customer, design["id"], 2, "Three")
        seen += await changes.take(1)
    assert [change["designChanges"]["sequence"] for change in seen] == [1, 2, 3]
    assert [change["designChanges"]["design"]["title"] for change in seen] == ["My design", "Two", "Three"]


async def test_who_is_cut_off_again_and_again_misses_nothing_and_sees_nothing_twice(api: Api) -> None:
    customer = await new_customer(api)
    design = (await new_design(customer))["id"]

    async def comment(text: str) -> Json:
        fields = "... on DesignChange { sequence }"
        return await customer.do("commentOnDesign", "CommentOnDesignInput", fields, designId=design, text=text)

    async def talk(who: int) -> list[Json]:
        return [await comment(f"{who}: {number}") for number in range(10)]

    talking = asyncio.gather(*(talk(who) for who in range(3)))
    seen: list[int] = []
    while len(seen) < 31:
        async with customer.subscribe(CHANGES, id=design, after=seen[-1] if seen else 0) as changes:
            seen += [change["designChanges"]["sequence"] for change in await changes.take(min(4, 31 - len(seen)))]
    assert seen == list(range(1, 32))
    assert sorted(answer["sequence"] for told in await talking for answer in told) == seen[1:]


async def test_a_foreign_design_is_not_found(api: Api) -> None:
    design = await new_design(await new_customer(api))
    async with (await new_customer(api)).subscribe(CHANGES, id=design["id"], after=0) as changes:
        message = await changes.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "NOT_FOUND"
