"""factories, models and evaluate, over HTTP and without an account."""

import pytest

from tests.client import FRONT_9, MODEL, Api, first_choices, new_customer

FACTORIES = "{ factories { code country category markets lines { code taktSeconds stations { code } } } }"
PAGE = """query($first: Int, $after: String, $market: CountryCode, $category: Category) {
    models(first: $first, after: $after, market: $market, category: $category) {
        nodes { sku category } edges { cursor node { sku } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
EVALUATE = """query($sku: String!, $chosen: [SelectionInput!]!, $country: CountryCode, $currency: CurrencyCode) {
    evaluate(modelSku: $sku, selections: $chosen, country: $country, currency: $currency) {
        complete consistent conflicts { rule message options } price { amount currency formatted } } }"""


async def test_the_four_factories_make_what_they_make(api: Api) -> None:
    factories = {factory["code"]: factory for factory in (await api.ask(FACTORIES))["factories"]}
    assert {code: (f["category"], f["markets"]) for code, f in factories.items()} == {
        "ZHENGZHOU": ("AIR_CONDITIONER", ["CN"]),
        "SHENYANG": ("REFRIGERATOR", ["CN"]),
        "QINGDAO": ("WATER_HEATER", ["CN"]),
        "FOSHAN": ("WASHING_MACHINE", None),
    }


async def test_models_are_paged_without_gap_or_repeat(api: Api) -> None:
    whole = [model["sku"] for model in (await api.ask(PAGE, first=100))["models"]["nodes"]]
    paged: list[str] = []
    after = None
    while True:
        page = (await api.ask(PAGE, first=2, after=after))["models"]
        paged += [edge["node"]["sku"] for edge in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert paged == whole
    assert len(whole) >= 12


async def test_models_are_filtered_by_market_and_category(api: Api) -> None:
    german = (await api.ask(PAGE, market="DE", first=100))["models"]["nodes"]
    assert {model["category"] for model in german} == {"WASHING_MACHINE"}
    cold = (await api.ask(PAGE, category="REFRIGERATOR", first=100))["models"]["nodes"]
    assert {model["category"] for model in cold} == {"REFRIGERATOR"}


@pytest.mark.parametrize("first", [0, -1, 101])
async def test_a_page_size_outside_its_limits_is_refused(api: Api, first: int) -> None:
    error = (await api.post(PAGE, {"first": first}))["errors"][0]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("INVALID_INPUT", ["first"])


@pytest.mark.parametrize("after", ["", "x", "WzFd", "bm90IGpzb24", "W1tbW1tbW10", "é", "WyJcdWQ4MDAiXQ"])
async def test_a_cursor_of_something_else_is_refused(api: Api, after: str) -> None:
    assert (await api.post(PAGE, {"after": after}))["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("locale", "formatted", "name"),
    [("en", "€", "Foshan"), ("de-CH", "EUR", "Foshan"), ("zh-CN", "€", "佛山"), ("xx", "€", "Foshan")],
)
async def test_words_come_in_the_locale_asked_for(api: Api, locale: str, formatted: str, name: str) -> None:
    query = """query($locale: Locale, $sku: String!) {
        factories { code name(locale: $locale) }
        model(sku: $sku) { basePrice(currency: "EUR") { formatted(locale: $locale) } } }"""
    data = await api.ask(query, locale=locale, sku=FRONT_9)
    assert name in next(f["name"] for f in data["factories"] if f["code"] == "FOSHAN")
    assert formatted in data["model"]["basePrice"]["formatted"]


async def test_the_language_of_the_browser_counts_where_no_locale_is_given(api: Api) -> None:
    query = {"query": "{ factories { code name } }"}
    answer = await api.http.post(
        f"{api.url}/graphql", json=query, headers={"Accept-Language": "xx, zh-CN;q=0.8, en;q=0.5"}
    )
    assert any("佛山" in factory["name"] for factory in answer.json()["data"]["factories"])


async def test_the_language_of_the_account_counts_before_the_browser_s(api: Api) -> None:
    customer = await new_customer(api, locale="zh-CN")
    headers = {**customer.headers, "Accept-Language": "de"}
    answer = await api.http.post(f"{api.url}/graphql", json={"query": "{ factories { name } }"}, headers=headers)
    assert any("佛山" in factory["name"] for factory in answer.json()["data"]["factories"])


@pytest.mark.parametrize("currency", ["CNY", "EUR", "USD", "GBP"])
async def test_the_first_options_of_every_model_are_complete_and_consistent_and_have_a_price(
    api: Api, currency: str
) -> None:
    for sku in [model["sku"] for model in (await api.ask(PAGE, first=100))["models"]["nodes"]]:
        model = (await api.ask(MODEL, sku=sku))["model"]
        found = (await api.ask(EVALUATE, sku=sku, chosen=first_choices(model), currency=currency))["evaluate"]
        assert (found["complete"], found["consistent"], found["conflicts"]) == (True, True, [])
        assert found["price"]["currency"] == currency


async def test_an_incomplete_configuration_has_a_price_too(api: Api) -> None:
    found = (await api.ask(EVALUATE, sku=FRONT_9, chosen=[]))["evaluate"]
    assert not found["complete"]
    assert found["price"] is not None


async def test_an_unknown_model_is_null(api: Api) -> None:
    assert (await api.ask(EVALUATE, sku="WM-NONE", chosen=[]))["evaluate"] is None
    assert (await api.ask(MODEL, sku="WM-NONE"))["model"] is None


@pytest.mark.parametrize(
    ("chosen", "path"),
    [
        ([{"group": "NOPE", "options": []}], ["selections", "0", "group"]),
        ([{"group": "COLOUR", "options": ["NOPE"]}], ["selections", "0", "options", "0"]),
        ([{"group": "COLOUR", "options": []}, {"group": "COLOUR", "options": []}], ["selections", "1", "group"]),
    ],
)
async def test_an_unknown_group_or_option_is_named(api: Api, chosen: list[object], path: list[str]) -> None:
    error = (await api.post(EVALUATE, {"sku": FRONT_9, "chosen": chosen}))["errors"][0]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("INVALID_INPUT", path)


async def test_two_options_in_a_single_choice_group_are_refused(api: Api) -> None:
    group = (await api.ask(MODEL, sku=FRONT_9))["model"]["optionGroups"][0]
    chosen = [{"group": group["code"], "options": [option["code"] for option in group["options"][:2]]}]
    error = (await api.post(EVALUATE, {"sku": FRONT_9, "chosen": chosen}))["errors"][0]
    assert error["extensions"]["path"] == ["selections", "0", "options"]


async def test_a_currency_without_price_list_has_no_price(api: Api) -> None:
    model = (await api.ask(MODEL, sku=FRONT_9))["model"]
    found = (await api.ask(EVALUATE, sku=FRONT_9, chosen=first_choices(model), currency="JPY"))["evaluate"]
    assert found["price"] is None


async def test_catalogue_nodes_are_found_by_their_ids(api: Api) -> None:
    data = await api.ask("{ factories { id lines { id } } models(first: 3) { nodes { id } } }")
    ids = [f["id"] for f in data["factories"]] + [f["lines"][0]["id"] for f in data["factories"]]
    for id in ids + [model["id"] for model in data["models"]["nodes"]]:
        assert (await api.ask("query($id: ID!) { node(id: $id) { id } }", id=id))["node"] == {"id": id}


@pytest.mark.parametrize("id", ["", "x", "RmFjdG9yeTpOT1dIRVJF", "RmFjdG9yeQ", "====", "é", "U3RlcDp4Lnk"])
async def test_an_id_of_nothing_is_null(api: Api, id: str) -> None:
    assert (await api.ask("query($id: ID!) { node(id: $id) { id } }", id=id))["node"] is None
