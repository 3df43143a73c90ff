"""designChanges: the journal of a design, replayed and live."""

from tests.client import Api, new_customer, new_design

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


async def test_a_foreign_design_is_not_found(api: Api) -> None:
    design = await new_design(await new_customer(api))
    async with (await new_customer(api)).subscribe(CHANGES, id=design["id"], after=0) as changes:
        message = await changes.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "NOT_FOUND"
