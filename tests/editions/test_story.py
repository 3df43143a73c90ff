"""The catalogue changes three times while units are in every stage: each stays what it was sold as, to its report."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.shared.viewer import AccountKind
from tests.client import FRONT_9, Api, Json, factory_now, new_design, readings, record, report
from tests.editions.plant import Plant, change, chosen, ordered, preview, unit_of
from tests.world import Files, model_in, with_surcharge, without_model, without_option

PLAN = """query($code: ProductCode!) { product(code: $code) { model { inspectionPlan {
    code unit nominal lowerLimit upperLimit safety operation { code } } } } }"""


@dataclass
class Sold:
    """A unit, whose it is, and what was true of it when it was bought."""

    customer: Api
    code: str
    plan: Json
    before: Json
    paid: Decimal

    @property
    def colour(self) -> list[str]:
        return chosen(self.before["design"])


async def sell(plant: Plant, colour: str) -> Sold:
    customer = await plant.customer()
    code = await ordered(customer, await new_design(customer, COLOUR=colour))
    plan = (await customer.ask(PLAN, code=code))["product"]["model"]
    before = await unit_of(customer, code)
    return Sold(customer, code, plan, before, Decimal(before["order"]["total"]["amount"]))


async def measure(plant: Plant, unit: Sold, **values: float) -> Json:
    return await plant.report(unit.code, "INSPECTION_PASSED", measurements=readings(unit.plan, None, **values))


async def ship(plant: Plant, unit: Sold, *kinds: str) -> None:
    huaxia = await plant.machine(AccountKind.CARRIER, carrier="HUAXIA")
    for kind in kinds:
        (answer,) = await record(huaxia, report(unit.code, kind, await factory_now(plant.api)))
        assert answer["__typename"] == "Step"


async def untouched(plant: Plant, unit: Sold) -> None:
    """Leave it planned."""


async def begun(plant: Plant, unit: Sold) -> None:
    await plant.report(unit.code, "OPERATION_STARTED", operation="PRESSING")


async def held(plant: Plant, unit: Sold) -> None:
    await measure(plant, unit, COLOUR_DELTA_E=1.4)


async def reworked(plant: Plant, unit: Sold) -> None:
    await measure(plant, unit, EARTH_CONTINUITY=0.4)
    await plant.report(unit.code, "REWORK_STARTED")


async def released(plant: Plant, unit: Sold) -> None:
    await measure(plant, unit)


async def delivered(plant: Plant, unit: Sold) -> None:
    await measure(plant, unit)
    await plant.report(unit.code, "PACKED")
    await ship(plant, unit, "DISPATCHED", "DELIVERED")


STAGES: dict[str, Callable[[Plant, Sold], Awaitable[None]]] = {
    "PLANNED": untouched,
    "IN_PRODUCTION": begun,
    "ON_HOLD": held,
    "IN_REWORK": reworked,
    "RELEASED": released,
    "DELIVERED": delivered,
}


def other_plan(files: Files) -> None:
    """Inspect less, within other limits, at other stations, and call things otherwise."""
    model: dict[str, Any] = model_in(files, FRONT_9)
    model["inspection_plan"] = [entry for entry in model["inspection_plan"] if entry["code"] != "COLOUR_DELTA_E"]
    for entry in model["inspection_plan"]:
        entry["name"]["en"] = f"New {entry['name']['en']}"
        entry["upper_limit"] = 71.0 if entry["code"] == "SPIN_NOISE" else entry.get("upper_limit")
    model["routing"] = [operation for operation in model["routing"] if operation["code"] != "TUB_FITTING"]
    model["name"]["en"] = "Lingnan 10"


DEARER = with_surcharge(FRONT_9, "COLOUR", "TITANIUM", CNY="999.00", EUR="140.00", USD="150.00", GBP="120.00")
LOADS: list[list[Callable[[Files], None]]] = [
    [DEARER],
    [DEARER, without_option(FRONT_9, "COLOUR", "JADE"), other_plan],
    [without_model(FRONT_9)],
]


async def as_sold(unit: Sold) -> Json:
    """Look at a unit and see that nothing that the catalogue says of it has changed."""
    now = await unit_of(unit.customer, unit.code)
    assert now["model"] == unit.before["model"]
    assert chosen(now["design"]) == unit.colour
    assert Decimal(now["order"]["total"]["amount"]) == unit.paid
    return now


async def finish(plant: Plant, unit: Sold, stage: str) -> None:
    """Bring a unit from its stage to its report, by its own inspection plan."""
    if stage == "ON_HOLD":
        (asked,) = (await unit_of(unit.customer, unit.code))["openDecisions"]
        decision = {"decisionId": asked["id"], "choice": "CONCESSION", "idempotencyKey": "a"}
        decided = await unit.customer.do("decide", "DecideInput", "... on Decision { choice }", **decision)
        assert decided["__typename"] == "Decision"
    elif stage not in ("RELEASED", "DELIVERED"):
        await plant.report(unit.code, "OPERATION_COMPLETED", operation="TUB_FITTING")
        await measure(plant, unit, SPIN_NOISE=72.0)
    found = (await unit_of(unit.customer, unit.code))["performanceReport"]
    inspected = {value["measurement"]["characteristic"]: value["measurement"] for value in found["values"]}
    assert set(inspected) == {entry["code"] for entry in unit.plan["inspectionPlan"]}
    assert inspected["SPIN_NOISE"]["upperLimit"] == 73.0
    assert inspected["SPIN_NOISE"]["name"] == "Sound power when spinning"


async def test_each_unit_stays_what_it_was_sold_as_through_three_changes(plant: Plant) -> None:
    await plant.load()
    units = {stage: await sell(plant, colour) for stage, colour in zip(STAGES, 3 * ("JADE", "TITANIUM"), strict=True)}
    for stage, bring in STAGES.items():
        await bring(plant, units[stage])
        assert (await unit_of(units[stage].customer, units[stage].code))["status"] == stage
    changeable = await sell(plant, "JADE")
    bought: list[Sold] = []
    for edits in LOADS:
        await plant.load(*edits)
        for stage, unit in units.items():
            assert (await as_sold(unit))["status"] == stage
        for unit in bought:
            await as_sold(unit)
        assert await plant.findings() == []
        if edits is not LOADS[-1]:
            bought.append(await sell(plant, "TITANIUM"))
            assert bought[-1].paid == units["IN_PRODUCTION"].paid + 799
    for stage, unit in units.items():
        await finish(plant, unit, stage)
    assert (await preview(changeable.customer, changeable.code, COLOUR="TITANIUM"))["priceDelta"]["amount"] == "-150.00"
    changed = await change(changeable.customer, changeable.code, "-150.00", COLOUR="TITANIUM")
    assert Decimal(changed["order"]["total"]["amount"]) == units["IN_PRODUCTION"].paid
    numbers = [unit.before["model"]["edition"]["number"] for unit in (changeable, *bought)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert len({unit.before["model"]["id"] for unit in (changeable, *bought)}) == 3
