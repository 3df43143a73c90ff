"""The routing, inspection plan, line and haulier of a unit are those it was sold with, whatever becomes of them."""

from collections.abc import Callable

from app.actions.background.planner import plan_line
from app.domain.shared.viewer import AccountKind
from schema.node import global_id
from tests.client import FRONT_9, Api, Json, factory_now, new_design, place, readings, record, report
from tests.editions.plant import Plant, change, design_of, ordered, request_quote, unit_of
from tests.world import Files, model_in, without_model


def without_characteristic(code: str) -> Callable[[Files], None]:
    def edit(files: Files) -> None:
        model = model_in(files, FRONT_9)
        model["inspection_plan"] = [entry for entry in model["inspection_plan"] if entry["code"] != code]

    return edit


def without_operation(code: str, takes_over: str) -> Callable[[Files], None]:
    """Take an operation out of the routing; what was inspected or frozen at it is at another one from then on."""

    def edit(files: Files) -> None:
        model = model_in(files, FRONT_9)
        model["routing"] = [operation for operation in model["routing"] if operation["code"] != code]
        for entry in model["inspection_plan"]:
            entry["operation"] = takes_over if entry["operation"] == code else entry["operation"]
        for group in model["option_groups"]:
            group["freezes_at"] = takes_over if group.get("freezes_at") == code else group.get("freezes_at")

    return edit


def without_station(code: str, takes_over: str) -> Callable[[Files], None]:
    """Take a station off its line; another one does its work from then on."""

    def edit(files: Files) -> None:
        for line in files["foshan"]["lines"]:
            line["stations"] = [station for station in line["stations"] if station["code"] != code]
        for model in files["foshan"]["models"]:
            for operation in model["routing"]:
                operation["station"] = takes_over if operation["station"] == code else operation["station"]

    return edit


def without_carrier(code: str) -> Callable[[Files], None]:
    def edit(files: Files) -> None:
        files["carriers"] = [carrier for carrier in files["carriers"] if carrier["code"] != code]

    return edit


async def bought(plant: Plant) -> tuple[Api, str]:
    """Let somebody new buy a machine, with the seeded catalogue; return them and the unit."""
    await plant.load()
    return await bought_now(plant)


async def bought_now(plant: Plant) -> tuple[Api, str]:
    customer = await plant.customer()
    return customer, await ordered(customer, await new_design(customer))


async def inspected(plant: Plant, customer: Api, code: str, **values: float) -> Json:
    """Report an inspection of all that the unit's own plan asks for, well inside its limits, but for some values."""
    query = """query($code: ProductCode!) { product(code: $code) { model { inspectionPlan {
        code unit nominal lowerLimit upperLimit safety operation { code } } } } }"""
    model = (await customer.ask(query, code=code))["product"]["model"]
    return await plant.report(code, "INSPECTION_PASSED", measurements=readings(model, None, **values))


async def decide(customer: Api, decision: str, choice: str) -> Json:
    return await customer.do(
        "decide", "DecideInput", "... on Decision { choice }", decisionId=decision, choice=choice, idempotencyKey="a"
    )


async def test_a_unit_that_failed_a_characteristic_is_judged_asked_and_decided_after_that_is_gone(plant: Plant) -> None:
    customer, code = await bought(plant)
    await inspected(plant, customer, code, COLOUR_DELTA_E=1.4)
    before = await unit_of(customer, code)
    (asked,) = before["openDecisions"]
    await plant.load(without_characteristic("COLOUR_DELTA_E"))
    assert await unit_of(customer, code) == before
    assert before["status"] == "ON_HOLD"
    assert (await plant.report(code, "COMPONENT_FITTED"))["__typename"] == "Step"
    waiting = (await customer.ask("{ openDecisions { nodes { id product { code } } } }"))["openDecisions"]["nodes"]
    assert waiting == [{"id": asked["id"], "product": {"code": code}}]
    engineer = await plant.machine(AccountKind.STAFF, factory="FOSHAN")
    line = (await engineer.ask(LINE, id=FRONT))["openNonconformances"]["nodes"]
    assert [code] == [each["product"]["code"] for each in line]
    await plan_line(plant.deps, "FOSHAN-FRONT")
    assert (await decide(customer, asked["id"], "CONCESSION"))["choice"] == "CONCESSION"
    assert (await unit_of(customer, code))["status"] == "RELEASED"


LINE = "query($id: ID!) { openNonconformances(lineId: $id) { nodes { defectCodes product { code } } } }"
FRONT = global_id("Line", "FOSHAN-FRONT")


def noise_at_most(limit: float) -> Callable[[Files], None]:
    def edit(files: Files) -> None:
        for entry in model_in(files, FRONT_9)["inspection_plan"]:
            entry["upper_limit"] = limit if entry["code"] == "SPIN_NOISE" else entry.get("upper_limit")

    return edit


async def test_a_unit_is_inspected_within_the_limits_of_its_edition(plant: Plant) -> None:
    customer, code = await bought(plant)
    await plant.load(noise_at_most(71.0))
    assert (await inspected(plant, customer, code, SPIN_NOISE=72.0))["product"]["status"] == "RELEASED"
    report = (await unit_of(customer, code))["performanceReport"]
    limits = {value["measurement"]["characteristic"]: value["measurement"]["upperLimit"] for value in report["values"]}
    assert limits["SPIN_NOISE"] == 73.0
    customer, later = await bought_now(plant)
    assert (await inspected(plant, customer, later, SPIN_NOISE=72.0))["product"]["status"] == "ON_HOLD"


async def test_a_unit_goes_through_an_operation_that_later_units_do_not_have(plant: Plant) -> None:
    customer, code = await bought(plant)
    await plant.report(code, "OPERATION_STARTED", operation="DOOR_FITTING")
    before = await unit_of(customer, code)
    await plant.load(without_operation("DOOR_FITTING", "PAINTING"))
    assert await unit_of(customer, code) == before
    assert (await plant.report(code, "OPERATION_COMPLETED", operation="DOOR_FITTING"))["__typename"] == "Step"
    told = [
        step["operation"]["name"] for step in (await unit_of(customer, code))["steps"]["nodes"] if step["operation"]
    ]
    assert told == ["Fitting the door"] * 2
    _, later = await bought_now(plant)
    refused = await plant.report(later, "OPERATION_STARTED", operation="DOOR_FITTING")
    assert refused["errorCode"] == "IMPOSSIBLE_STEP"


async def test_a_station_that_is_gone_from_its_line_is_still_where_things_are_done(plant: Plant) -> None:
    customer, code = await bought(plant)
    await plant.report(code, "OPERATION_STARTED", operation="PAINTING", station="FS1-PAINT")
    before = await unit_of(customer, code)
    await plant.load(without_station("FS1-PAINT", "FS1-PRESS"))
    assert await unit_of(customer, code) == before
    completed = await plant.report(code, "OPERATION_COMPLETED", operation="PAINTING", station="FS1-PAINT")
    assert completed["__typename"] == "Step"
    node = "query($id: ID!) { node(id: $id) { ... on Line { stations { code } } } }"
    stations = (await plant.api.ask(node, id=FRONT))["node"]["stations"]
    assert "FS1-PAINT" not in [station["code"] for station in stations]


async def test_a_haulier_that_is_gone_still_reports_and_is_reckoned_with(plant: Plant) -> None:
    customer, code = await bought(plant)
    huaxia = await plant.machine(AccountKind.CARRIER, carrier="HUAXIA")
    await plant.report(code, "PACKED")
    await plant.load(without_carrier("HUAXIA"))
    (answer,) = await record(huaxia, report(code, "DISPATCHED", await factory_now(plant.api)))
    assert answer["__typename"] == "Step"
    assert (await unit_of(customer, code))["eta"] == {"basis": "CARRIER"}


async def test_a_removed_model_is_shown_to_its_owners_and_offered_to_nobody(plant: Plant) -> None:
    await plant.load()
    customer = await plant.customer()
    design = await new_design(customer)
    code = await ordered(customer, design)
    quote = await request_quote(customer, design)
    before = await unit_of(customer, code)
    await plant.load(without_model(FRONT_9))
    found = await design_of(customer, design)
    assert (found["model"], found["consistent"]) == ({"sku": FRONT_9, "withdrawn": True}, False)
    assert [(conflict["rule"], conflict["options"]) for conflict in found["conflicts"]] == [("WITHDRAWN", [])]
    assert not any(option["available"] for option in found["availableOptions"])
    assert await unit_of(customer, code) == before
    assert (await request_quote(customer, design))["errorCode"] == "INCONSISTENT"
    assert (await place(customer, quote))["errorCode"] == "INCONSISTENT"
    started = await customer.do("startDesign", "StartDesignInput", "... on Design { id }", modelSku=FRONT_9)
    assert (started["errorCode"], started["path"]) == ("INCONSISTENT", ["input", "modelSku"])
    offered = (await plant.api.ask("{ models(first: 100) { nodes { sku } } }"))["models"]["nodes"]
    assert FRONT_9 not in [model["sku"] for model in offered]
    assert (await plant.report(code, "OPERATION_STARTED", operation="PRESSING"))["__typename"] == "Step"
    changed = await change(customer, code, "200.00", COLOUR="TITANIUM")
    assert changed["__typename"] == "Product"


async def test_a_removed_factory_finishes_what_it_was_sold(plant: Plant) -> None:
    customer, code = await bought(plant)
    before = await unit_of(customer, code)
    await plant.load(lambda files: files.pop("foshan"))
    assert await unit_of(customer, code) == before
    factories = (await plant.api.ask("{ factories { code } }"))["factories"]
    assert "FOSHAN" not in [factory["code"] for factory in factories]
    made = "query($code: ProductCode!) { product(code: $code) { factory { code withdrawn } line { code withdrawn } } }"
    assert (await customer.ask(made, code=code))["product"] == {
        "factory": {"code": "FOSHAN", "withdrawn": True},
        "line": {"code": "FOSHAN-FRONT", "withdrawn": True},
    }
    await plan_line(plant.deps, "FOSHAN-FRONT")
    assert (await inspected(plant, customer, code))["product"]["status"] == "RELEASED"
