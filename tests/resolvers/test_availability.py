"""What can still be chosen, and how to repair what is broken: over HTTP, without an account."""

import pytest

from tests.client import FRONT_9, MODEL, Api, Json, first_choices, new_customer, new_design

EVALUATE = """query($sku: String!, $chosen: [SelectionInput!]!, $country: CountryCode, $currency: CurrencyCode,
    $locale: Locale) {
    evaluate(modelSku: $sku, selections: $chosen, country: $country, currency: $currency) { complete consistent
        missing { code } conflicts { rule message(locale: $locale) options suggestions {
            changes { group { code } options { code } } priceDelta { amount currency } addedDays } }
        availableOptions { group { code } option { code } available chosen priceDelta { amount } addedDays
            reasons { rule message(locale: $locale) suggestions { changes { group { code } } } } } } }"""


async def look(api: Api, chosen: list[Json], sku: str = FRONT_9, **more: object) -> Json:
    found: Json = (await api.ask(EVALUATE, sku=sku, chosen=chosen, **more))["evaluate"]
    return found


def with_changes(chosen: list[Json], changes: list[Json]) -> list[Json]:
    """Put suggested changes in their groups' place."""
    after = {entry["group"]: entry["options"] for entry in chosen}
    after |= {change["group"]["code"]: [o["code"] for o in change["options"]] for change in changes}
    return [{"group": group, "options": options} for group, options in after.items()]


async def broken(api: Api, sku: str) -> list[Json]:
    """Choose an option that another choice has made unavailable: it breaks a rule."""
    model = (await api.ask(MODEL, sku=sku))["model"]
    for group in model["optionGroups"]:
        for option in group["options"]:
            chosen = with_changes(first_choices(model), [{"group": group, "options": [option]}])
            for out in (await look(api, chosen, sku))["availableOptions"]:
                if not out["available"] and not out["chosen"]:
                    return with_changes(chosen, [{"group": out["group"], "options": [out["option"]]}])
    raise AssertionError("no rule of this model can be broken")


@pytest.mark.parametrize("sku", ["WM-FRONT-9", "RF-SIDE-600", "WH-GAS-16", "AC-WALL-35"])
async def test_each_suggestion_repairs_what_is_broken_and_breaks_nothing(api: Api, sku: str) -> None:
    chosen = await broken(api, sku)
    found = await look(api, chosen, sku)
    assert not found["consistent"]
    for conflict in found["conflicts"]:
        assert 1 <= len(conflict["suggestions"]) <= 3
        sizes = [len(each["changes"]) for each in conflict["suggestions"]]
        assert sizes == sorted(sizes)
        for suggestion in conflict["suggestions"]:
            after = await look(api, with_changes(chosen, suggestion["changes"]), sku)
            rules = {each["rule"] for each in after["conflicts"]}
            assert conflict["rule"] not in rules
            assert rules <= {each["rule"] for each in found["conflicts"]}


@pytest.mark.parametrize(("locale", "other"), [("en", "zh"), ("zh", "fr"), ("fr", "de"), ("de", "en")])
async def test_reasons_come_in_the_language_asked_for(api: Api, locale: str, other: str) -> None:
    chosen = await broken(api, FRONT_9)
    here = (await look(api, chosen, locale=locale))["conflicts"][0]["message"]
    assert here != (await look(api, chosen, locale=other))["conflicts"][0]["message"]


async def test_with_nothing_chosen_everything_required_is_missing_and_can_be_chosen(api: Api) -> None:
    found = await look(api, [])
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    assert [group["code"] for group in found["missing"]] == [g["code"] for g in model["optionGroups"] if g["required"]]
    assert all(option["available"] and not option["chosen"] for option in found["availableOptions"])
    assert len(found["availableOptions"]) == sum(len(group["options"]) for group in model["optionGroups"])


async def test_choosing_what_is_available_one_by_one_always_ends_in_what_can_be_built(api: Api) -> None:
    chosen: list[Json] = []
    while (found := await look(api, chosen, country="DE"))["missing"]:
        group = found["missing"][0]["code"]
        options = [
            o["option"]["code"] for o in found["availableOptions"] if o["group"]["code"] == group and o["available"]
        ]
        assert options, group
        chosen.append({"group": group, "options": [options[-1]]})
    assert (found["complete"], found["consistent"]) == (True, True)


async def test_an_option_that_is_not_sold_there_says_so(api: Api) -> None:
    chosen = first_choices((await api.ask(MODEL, sku=FRONT_9))["model"])
    here = {key(o): o["available"] for o in (await look(api, chosen))["availableOptions"]}
    abroad = (await look(api, chosen, country="US"))["availableOptions"]
    lost = [option for option in abroad if here[key(option)] and not option["available"]]
    assert lost
    assert all("MARKET" in [reason["rule"] for reason in option["reasons"]] for option in lost)


def key(option: Json) -> tuple[str, str]:
    return option["group"]["code"], option["option"]["code"]


async def test_a_design_offers_the_same(api: Api) -> None:
    customer = await new_customer(api)
    design = await new_design(customer)
    query = """query($id: ID!) { design(id: $id) { availableOptions(currency: "EUR") {
        group { code } option { code } available } conflicts { suggestions { addedDays } } } }"""
    found = (await customer.ask(query, id=design["id"]))["design"]
    chosen = first_choices((await api.ask(MODEL, sku=FRONT_9))["model"])
    expected = (await look(api, chosen))["availableOptions"]
    assert [(key(o), o["available"]) for o in found["availableOptions"]] == [(key(o), o["available"]) for o in expected]
    assert found["conflicts"] == []
