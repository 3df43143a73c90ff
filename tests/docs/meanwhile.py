"""What happens between two code blocks without the reader: other people order, the plant builds, a carrier delivers."""

from collections.abc import Awaitable, Callable

from tests.client import FRONT_9, MODEL, Json, factory_now, new_quote, new_unit, place, readings, record, report
from tests.docs.story import Story


async def _model(story: Story) -> Json:
    model: Json = (await story.api.ask(MODEL, sku=FRONT_9))["model"]
    return model


async def _told(story: Story, who: str, *reports: Json) -> None:
    for answer in await record(await story.caller(who), *reports):
        assert answer["__typename"] == "Step", answer


async def another_order_is_placed(story: Story) -> None:
    customer = await story.caller("customer")
    order = await place(customer, await new_quote(customer))
    story.known |= {"orderId": order["id"], "code": order["products"][0]["code"]}


async def a_unit_is_ordered(story: Story) -> None:
    story.known["code"] = await new_unit(await story.caller("customer"))


async def another_unit_is_ordered(story: Story) -> None:
    await a_unit_is_ordered(story)


async def the_customer_has_a_token(story: Story) -> None:
    story.environment["TOKEN"] = (await story.caller("customer")).token or ""


async def the_line_of_the_unit_is_looked_up(story: Story) -> None:
    """Of the lines that were answered, take the one on which the unit is built."""
    unit = "query($code: ProductCode!) { product(code: $code) { line { id } } }"
    found = await (await story.caller("factory")).ask(unit, code=story.known["code"])
    story.known["lineId"] = found["product"]["line"]["id"]


async def the_unit_fails_its_safety_test(story: Story) -> None:
    """Measure a safety characteristic far below its limit."""
    model, at = await _model(story), await factory_now(story.api)
    plan = model["inspectionPlan"]
    safety = next(entry for entry in plan if entry["safety"] and entry["lowerLimit"] is not None)
    operation = safety["operation"]["code"]
    measured = readings(model, operation, **{safety["code"]: 0.0})
    failed = report(story.known["code"], "INSPECTION_FAILED", at, operation=operation, measurements=measured)
    await _told(story, "factory", failed)


async def the_colour_is_not_as_it_should_be(story: Story) -> None:
    """Build the unit up to its final inspection, and measure a colour that is off there."""
    model, code, at = await _model(story), story.known["code"], await factory_now(story.api)
    for operation in model["routing"]:
        if operation["code"] == "PACKING":
            break
        measured = readings(model, operation["code"], COLOUR_DELTA_E=1.6)
        reports = [report(code, "OPERATION_STARTED", at, operation=operation["code"])]
        if measured:
            kind = "INSPECTION_PASSED"
            reports.append(report(code, kind, at, operation=operation["code"], measurements=measured))
        await _told(story, "factory", *reports, report(code, "OPERATION_COMPLETED", at, operation=operation["code"]))


ACTS: tuple[Callable[[Story], Awaitable[None]], ...] = (
    another_order_is_placed,
    a_unit_is_ordered,
    another_unit_is_ordered,
    the_customer_has_a_token,
    the_line_of_the_unit_is_looked_up,
    the_unit_fails_its_safety_test,
    the_colour_is_not_as_it_should_be,
)
MEANWHILE = {act.__name__.replace("_", " "): act for act in ACTS}
