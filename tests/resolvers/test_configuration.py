"""evaluate over HTTP, without an account: what is broken, what repairs it, and what can still be chosen."""

import pytest

from tests.client import FRONT_9, MODEL, Api, Json, first_choices, new_customer, new_design

EVALUATE = """query($sku: String!, $chosen: [SelectionInput!]!, $country: CountryCode, $currency: CurrencyCode,
        $locale: Locale) {
    evaluate(modelSku: $sku, selections: $chosen, country: $country, currency: $currency) {
        complete consistent missing { code } price { amount currency }
        conflicts { ...Why } availableOptions {
            group { code } option { code } available chosen addedDays priceDelta { amount currency }
            reasons { ...Why } } } }
    fragment Why on Explanation { rule options message(locale: $locale) suggestions {
        changes { group { code } options { code } } priceDelta { amount currency } addedDays } }"""
FAST = [("CAPACITY", ["KG_11"]), ("SPIN_SPEED", ["RPM_1600"])]  # BIG_DRUM_SPEED: at most 1400 rpm with 11 kg


def chosen(*groups: tuple[str, list[str]]) -> list[Json]:
    return [{"group": group, "options": options} for group, options in groups]


async def evaluate(api: Api, *groups: tuple[str, list[str]], **asked: str | None) -> Json:
    found: Json = (await api.ask(EVALUATE, sku=FRONT_9, chosen=chosen(*groups), **asked))["evaluate"]
    return found


def option(found: Json, group: str, code: str) -> Json:
    (entry,) = (o for o in found["availableOptions"] if (o["group"]["code"], o["option"]["code"]) == (group, code))
    return dict(entry)


def changes(suggestion: Json) -> list[tuple[str, list[str]]]:
    return [(c["group"]["code"], [o["code"] for o in c["options"]]) for c in suggestion["changes"]]


@pytest.mark.parametrize(
    ("locale", "message", "unsold"),
    [
        ("en", "1400 rpm", "This option is not sold in the chosen country (United Kingdom)."),
        ("zh", "1400", "该选项在所选国家或地区（英国）不销售。"),
        ("fr", "1400", "Cette option n'est pas vendue dans le pays choisi (Royaume-Uni)."),
        ("de-AT", "1400", "Diese Option wird im gewählten Land (Vereinigtes Königreich) nicht verkauft."),
    ],
)
async def test_what_is_broken_is_explained_in_each_language(api: Api, locale: str, message: str, unsold: str) -> None:
    found = await evaluate(api, *FAST, ("PLUG", ["ANGLED_F"]), country="GB", locale=locale)
    assert not found["consistent"]
    speed, plug = found["conflicts"]
    assert (speed["rule"], set(speed["options"])) == ("BIG_DRUM_SPEED", {"CAPACITY.KG_11", "SPIN_SPEED.RPM_1600"})
    assert message in speed["message"]
    assert (plug["rule"], plug["options"], plug["message"]) == ("MARKET", ["PLUG.ANGLED_F"], unsold)
    assert option(found, "PLUG", "ANGLED_F")["reasons"][0]["message"] == unsold


async def test_the_four_languages_say_four_things(api: Api) -> None:
    said = {
        (await evaluate(api, *FAST, locale=locale))["conflicts"][0]["message"] for locale in ("en", "zh", "fr", "de")
    }
    assert len(said) == 4


async def test_a_broken_rule_comes_with_at_most_three_repairs_fewest_changes_first_then_cheapest(api: Api) -> None:
    found = await evaluate(api, *FAST, currency="EUR")
    (speed,) = found["conflicts"]
    offers = speed["suggestions"]
    assert 1 <= len(offers) <= 3
    assert offers == sorted(offers, key=lambda s: (len(s["changes"]), float(s["priceDelta"]["amount"])))
    for offer in offers:
        named = dict([*FAST, *changes(offer)])
        repaired = await evaluate(api, *named.items(), currency="EUR")
        assert repaired["conflicts"] == []
        assert offer["priceDelta"]["currency"] == "EUR"
        before, after, delta = (float(m["amount"]) for m in (found["price"], repaired["price"], offer["priceDelta"]))
        assert after - before == pytest.approx(delta)


async def test_the_suggestions_of_what_is_not_sold_are_sold(api: Api) -> None:
    found = await evaluate(api, ("PLUG", ["ANGLED_F"]), country="GB")
    (plug,) = found["conflicts"]
    assert ("PLUG", ["ANGLED_G"]) in [change for offer in plug["suggestions"] for change in changes(offer)]
    assert option(found, "PLUG", "ANGLED_G")["available"]


async def test_a_partial_selection_says_what_is_missing_and_what_can_still_be_chosen(api: Api) -> None:
    found = await evaluate(api, ("CAPACITY", ["KG_11"]))
    assert (found["complete"], found["consistent"]) == (False, True)
    missing = {group["code"] for group in found["missing"]}
    assert "CAPACITY" not in missing
    assert {"COLOUR", "SPIN_SPEED", "DOOR"} <= missing
    fast, slow = option(found, "SPIN_SPEED", "RPM_1600"), option(found, "SPIN_SPEED", "RPM_1200")
    assert (slow["available"], slow["reasons"]) == (True, [])
    assert not fast["available"]
    (reason,) = fast["reasons"]
    assert reason["rule"] == "BIG_DRUM_SPEED"
    assert reason["suggestions"]
    for offer in reason["suggestions"]:  # what else to change, so that it may be chosen
        assert [group for group, _ in changes(offer)] == ["CAPACITY"]
    assert option(found, "CAPACITY", "KG_11")["chosen"]


async def test_every_option_of_the_model_is_listed_in_its_order(api: Api) -> None:
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    found = await evaluate(api)
    listed = [(entry["group"]["code"], entry["option"]["code"]) for entry in found["availableOptions"]]
    assert listed == [(group["code"], option["code"]) for group in model["optionGroups"] for option in group["options"]]
    assert all(entry["available"] for entry in found["availableOptions"])


async def test_choosing_an_option_changes_the_price_by_what_was_said(api: Api) -> None:
    choices = [
        (choice["group"], choice["options"]) for choice in first_choices((await api.ask(MODEL, sku=FRONT_9))["model"])
    ]
    found = await evaluate(api, *choices, currency="GBP")
    for entry in found["availableOptions"]:
        group, code = entry["group"]["code"], entry["option"]["code"]
        if group in dict(choices):
            after = await evaluate(api, *{**dict(choices), group: [code]}.items(), currency="GBP")
            said = float(entry["priceDelta"]["amount"])
            assert float(after["price"]["amount"]) - float(found["price"]["amount"]) == pytest.approx(said)
            assert entry["available"] is after["consistent"]


async def test_without_a_price_list_there_are_suggestions_and_options_without_prices(api: Api) -> None:
    found = await evaluate(api, *FAST, currency="JPY")
    assert found["conflicts"][0]["suggestions"][0]["priceDelta"] is None
    assert {str(entry["priceDelta"]) for entry in found["availableOptions"]} == {"None"}


async def test_a_country_that_does_not_exist_is_refused(api: Api) -> None:
    error = (await api.post(EVALUATE, {"sku": FRONT_9, "chosen": [], "country": "XX"}))["errors"][0]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("INVALID_INPUT", ["country"])


UNSOLD = {
    "en": "This model is not sold in the chosen country (Germany).",
    "zh": "该型号在所选国家或地区（德国）不销售。",
    "fr": "Ce modèle n'est pas vendu dans le pays choisi (Allemagne).",
    "de": "Dieses Modell wird im gewählten Land (Deutschland) nicht verkauft.",
}
COLD = "RF-SIDE-600"


@pytest.mark.parametrize("locale", UNSOLD)
async def test_a_model_that_is_not_sold_there_says_so_and_so_does_each_of_its_options(api: Api, locale: str) -> None:
    choices = first_choices((await api.ask(MODEL, sku=COLD))["model"])
    asked = {"sku": COLD, "chosen": choices, "locale": locale}
    here, there = [(await api.ask(EVALUATE, **asked, country=code))["evaluate"] for code in ("CN", "DE")]
    assert (here["consistent"], here["conflicts"]) == (True, [])
    unsold = {"rule": "MARKET", "options": [], "message": UNSOLD[locale], "suggestions": []}
    assert (there["complete"], there["consistent"], there["conflicts"]) == (True, False, [unsold])
    assert [entry["option"] for entry in there["availableOptions"]] == [e["option"] for e in here["availableOptions"]]
    assert any(entry["available"] for entry in here["availableOptions"])
    for entry in there["availableOptions"]:
        assert (entry["available"], entry["reasons"][0]["rule"]) == (False, "MARKET")


async def test_a_design_is_looked_at_in_a_country_as_the_shop_window_is(api: Api) -> None:
    customer = await new_customer(api, "de")
    design = (await new_design(customer, COLD))["id"]
    query = """query($id: ID!, $country: CountryCode) { design(id: $id) { consistent(country: $country)
        conflicts(country: $country) { message suggestions { addedDays } } earliestDelivery(country: $country) } }"""

    async def look(country: str | None) -> Json:
        found: Json = (await customer.ask(query, id=design, country=country))["design"]
        return found

    unsold = [{"message": UNSOLD["de"], "suggestions": []}]
    assert await look("DE") == {"consistent": False, "conflicts": unsold, "earliestDelivery": None}
    assert await look(None) == {"consistent": True, "conflicts": [], "earliestDelivery": None}
    sold = await look("CN")
    assert (sold["consistent"], sold["conflicts"]) == (True, [])
    assert sold["earliestDelivery"]


async def test_when_it_could_arrive_is_shown_as_the_quote_says_it(api: Api) -> None:
    query = """query($sku: String!, $chosen: [SelectionInput!]!, $country: CountryCode) {
        evaluate(modelSku: $sku, selections: $chosen, country: $country) { earliestDelivery } }"""
    customer = await new_customer(api)
    design = await new_design(customer)
    quote = await customer.do(
        "requestQuote",
        "RequestQuoteInput",
        "... on Quote { earliestDelivery }",
        designId=design["id"],
        designRevision=1,
        country="DE",
        currency="EUR",
    )
    choices = first_choices((await api.ask(MODEL, sku=FRONT_9))["model"])
    found = (await api.ask(query, sku=FRONT_9, chosen=choices, country="DE"))["evaluate"]
    assert found == {"earliestDelivery": quote["earliestDelivery"]}
    assert (await api.ask(query, sku=FRONT_9, chosen=choices))["evaluate"] == {"earliestDelivery": None}
