"""An option is taken out of the catalogue while designs, quotes and units have it."""

from decimal import Decimal

from tests.client import FRONT_9, Api, Json, new_design, place
from tests.editions.plant import Plant, change, chosen, design_of, ordered, preview, request_quote, unit_of
from tests.world import renamed_option, without_option

JADE = without_option(FRONT_9, "COLOUR", "JADE")


async def in_jade(plant: Plant) -> tuple[Api, Json]:
    """Let somebody new design a jade machine, with the seeded catalogue."""
    await plant.load()
    customer = await plant.customer()
    design = await new_design(customer, COLOUR="JADE")
    assert design["consistent"], design
    return customer, design


async def test_a_unit_keeps_it_for_life(plant: Plant) -> None:
    customer, design = await in_jade(plant)
    code = await ordered(customer, design)
    before = await unit_of(customer, code)
    await plant.load(JADE)
    after = await unit_of(customer, code)
    assert chosen(after["design"]) == chosen(before["design"]) == ["JADE"]
    assert after["model"] == before["model"]
    (colour,) = (each for each in after["design"]["selections"] if each["group"]["code"] == "COLOUR")
    assert colour["options"] == [{"code": "JADE", "withdrawn": True}]


async def test_a_design_says_so_names_it_and_tells_what_to_choose_instead(plant: Plant) -> None:
    customer, design = await in_jade(plant)
    await plant.load(JADE)
    found = await design_of(customer, design)
    assert (found["complete"], found["consistent"], chosen(found)) == (True, False, ["JADE"])
    (conflict,) = found["conflicts"]
    assert (conflict["rule"], conflict["options"]) == ("WITHDRAWN", ["COLOUR.JADE"])
    assert conflict["message"] == "This option is no longer offered. Please choose another."
    assert conflict["suggestions"] and all(
        [each["group"]["code"] for each in suggestion["changes"]] == ["COLOUR"]
        for suggestion in conflict["suggestions"]
    )
    options = {(o["group"]["code"], o["option"]["code"]): o for o in found["availableOptions"]}
    jade, white = options["COLOUR", "JADE"], options["COLOUR", "WHITE"]
    assert (jade["available"], jade["chosen"], jade["option"]["withdrawn"]) == (False, True, True)
    assert [reason["rule"] for reason in jade["reasons"]] == ["WITHDRAWN"]
    assert white["available"]


async def test_it_is_offered_to_nobody(plant: Plant) -> None:
    await plant.load(JADE)
    query = """query($sku: String!) { model(sku: $sku) { optionGroups { code options { code withdrawn }
        withdrawnOptions { code name withdrawn } } } }"""
    groups = (await plant.api.ask(query, sku=FRONT_9))["model"]["optionGroups"]
    (colour,) = (group for group in groups if group["code"] == "COLOUR")
    assert not [option for option in colour["options"] if option["code"] == "JADE" or option["withdrawn"]]
    assert [(option["code"], option["withdrawn"]) for option in colour["withdrawnOptions"]] == [("JADE", True)]


async def test_neither_a_quote_nor_an_order_of_an_earlier_quote_can_have_it(plant: Plant) -> None:
    customer, design = await in_jade(plant)
    quote = await request_quote(customer, design)
    await plant.load(JADE)
    refused = await request_quote(customer, design)
    assert (refused["errorCode"], refused["path"]) == ("INCONSISTENT", ["input", "designId"])
    assert "COLOUR.JADE" in refused["message"]
    refused = await place(customer, quote)
    assert (refused["errorCode"], refused["path"]) == ("INCONSISTENT", ["input", "quoteId"])


async def test_it_is_worth_in_a_change_what_was_paid_for_it_and_is_given_up_for_good(plant: Plant) -> None:
    customer, design = await in_jade(plant)
    code = await ordered(customer, design)
    total = Decimal((await unit_of(customer, code))["order"]["total"]["amount"])
    await plant.load(JADE)
    found = await preview(customer, code, COLOUR="TITANIUM")
    assert (found["priceDelta"]["amount"], found["conflicts"], found["refusal"]) == ("-150.00", [], None)
    changed = await change(customer, code, "-150.00", COLOUR="TITANIUM")
    assert Decimal(changed["order"]["total"]["amount"]) == total - 150
    back = await preview(customer, code, COLOUR="JADE")
    assert (back["refusal"]["errorCode"], back["conflicts"]) == (
        "INCONSISTENT",
        [{"rule": "WITHDRAWN", "options": ["COLOUR.JADE"]}],
    )
    assert (await change(customer, code, "150.00", COLOUR="JADE"))["errorCode"] == "INCONSISTENT"


async def test_something_else_of_a_unit_that_has_it_may_change(plant: Plant) -> None:
    customer, design = await in_jade(plant)
    code = await ordered(customer, design)
    await plant.load(JADE)
    found = await preview(customer, code, SPIN_SPEED="RPM_1200")
    assert (found["conflicts"], found["refusal"]) == ([], None)
    changed = await change(customer, code, found["priceDelta"]["amount"], SPIN_SPEED="RPM_1200")
    assert changed["__typename"] == "Product"
    assert chosen((await unit_of(customer, code))["design"]) == ["JADE"]


async def test_a_renamed_option_is_one_withdrawn_and_one_that_earlier_units_cannot_have(plant: Plant) -> None:
    customer, design = await in_jade(plant)
    code = await ordered(customer, design)

    await plant.load(renamed_option(FRONT_9, "COLOUR", "JADE", "EMERALD"))
    assert chosen((await unit_of(customer, code))["design"]) == ["JADE"]
    assert [conflict["options"] for conflict in (await design_of(customer, design))["conflicts"]] == [["COLOUR.JADE"]]
    refused = await change(customer, code, "0.00", COLOUR="EMERALD")
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", "selections", "0", "options", "0"])
    assert (await new_design(customer, COLOUR="EMERALD"))["consistent"]


async def test_it_may_be_offered_again(plant: Plant) -> None:
    customer, design = await in_jade(plant)
    await plant.load(JADE)
    assert not (await design_of(customer, design))["consistent"]
    await plant.load()
    assert (await design_of(customer, design))["consistent"]
    assert (await request_quote(customer, design))["__typename"] == "Quote"
