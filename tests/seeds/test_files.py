"""Do the data files hold the four reference factories, and is a wrong file refused with all that is wrong in it?"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, combinations, product
from pathlib import Path
from typing import Any

import pytest
import yaml
from stdnum import ean

from app.domain.catalogue.catalogue import Category, Factory, Model, Option
from app.domain.shared.text import LANGUAGES
from seeds.files import CatalogueError, Loader, read_catalogue
from tests.domain.build import catalogue
from tests.rows import rows

FOLDER = Path(__file__).parents[2] / "seeds" / "catalogue"
CATALOGUE = catalogue()
MODELS = list(CATALOGUE.model.values())
CURRENCIES = {"CNY", "EUR", "USD", "GBP"}
# UN/ECE Recommendation 20: the codes that the four factories measure with.
UNITS = {
    "2N": "decibel",
    "41": "millilitre per minute",
    "4H": "micrometre",
    "4K": "milliampere",
    "59": "part per million",
    "B75": "megohm",
    "BAR": "bar",
    "C62": "one",
    "CEL": "degree Celsius",
    "GRM": "gram",
    "LTR": "litre",
    "MMT": "millimetre",
    "OHM": "ohm",
    "P1": "percent",
    "PAL": "pascal",
    "SEC": "second",
}

Data = dict[str, Any]
Choices = dict[str, tuple[str, ...]]


@cache
def written(name: str) -> str:
    """Write what a file holds as JSON, which is YAML, too: without aliases, so that one place is changed alone."""
    return json.dumps(yaml.load((FOLDER / name).read_bytes(), Loader), ensure_ascii=False)


def raw(name: str) -> Any:
    return json.loads(written(name))


FACTORY_FILES = ("foshan.yaml", "qingdao.yaml", "shenyang.yaml", "zhengzhou.yaml")
RAW_MODELS: list[Data] = [model for name in FACTORY_FILES for model in raw(name)["models"]]
each_model = rows("model", MODELS)
each_raw_model = rows("model", RAW_MODELS)


# A second reading of the rules, on the bare data and apart from the program's own: what a person would conclude.


def broken_rules(model: Data, choices: Choices) -> set[str]:
    chosen = {f"{group}.{option}" for group, options in choices.items() for option in options}
    return {
        rule["code"] for rule in model.get("rules", ()) if chosen & set(rule["when"]) and breaks(model, rule, chosen)
    }


def breaks(model: Data, rule: Data, chosen: set[str]) -> bool:
    if rule["kind"] == "REQUIRES":
        return not chosen & set(rule["then"])
    if rule["kind"] == "EXCLUDES":
        return bool(chosen & set(rule["then"]))
    (group,) = (group for group in model["option_groups"] if group["code"] == rule["group"])
    values = [option["value"] for option in group["options"] if f"{group['code']}.{option['code']}" in chosen]
    lowest, highest = rule.get("minimum", float("-inf")), rule.get("maximum", float("inf"))
    return any(not lowest <= value <= highest for value in values)


def first_options(model: Data) -> Choices:
    groups = (group for group in model["option_groups"] if group.get("required", True))
    return {group["code"]: (group["options"][0]["code"],) for group in groups}


def all_choices(model: Data) -> Iterator[Choices]:
    """Every complete design, over the groups that rules speak of (any option of another group is as good)."""
    rules = model["rules"]
    spoken = {name.partition(".")[0] for rule in rules for name in [*rule["when"], *rule.get("then", ())]}
    spoken |= {rule["group"] for rule in rules if "group" in rule}
    groups = [group for group in model["option_groups"] if group["code"] in spoken]
    for picked in product(*(picks(group) for group in groups)):
        yield {group["code"]: options for group, options in zip(groups, picked, strict=True)}


def picks(group: Data) -> list[tuple[str, ...]]:
    codes = [option["code"] for option in group["options"]]
    most = len(codes) if group.get("many") else 1
    least = 1 if group.get("required", True) else 0
    return list(chain.from_iterable(combinations(codes, count) for count in range(least, most + 1)))


# ---- what the catalogue holds


def test_the_four_reference_factories_are_there() -> None:
    assert {factory.code: (factory.category, factory.markets) for factory in CATALOGUE.factories} == {
        "ZHENGZHOU": (Category.AIR_CONDITIONER, ("CN",)),
        "SHENYANG": (Category.REFRIGERATOR, ("CN",)),
        "QINGDAO": (Category.WATER_HEATER, ("CN",)),
        "FOSHAN": (Category.WASHING_MACHINE, None),
    }
    assert all((factory.country, factory.timezone) == ("CN", "Asia/Shanghai") for factory in CATALOGUE.factories)


def test_every_factory_makes_at_least_three_models_of_its_own_category() -> None:
    for factory in CATALOGUE.factories:
        assert len(factory.models) >= 3
        assert {model.category for model in factory.models} == {factory.category}


def test_every_line_has_a_model_and_every_station_an_operation() -> None:
    used = {(model.line, operation.station) for model in MODELS for operation in model.routing}
    there = {(line.code, station.code) for line in CATALOGUE.line.values() for station in line.stations}
    assert used == there


def test_lines_have_a_takt_and_stations_that_an_appliance_plant_could_have() -> None:
    for line in CATALOGUE.line.values():
        assert 45 <= line.takt_seconds <= 90
        assert 8 <= len(line.stations) <= 14


def test_each_kind_of_rule_occurs_in_each_factory_and_three_rules_in_each_model() -> None:
    for factory in CATALOGUE.factories:
        assert {rule.kind for model in factory.models for rule in model.rules} == {"REQUIRES", "EXCLUDES", "RANGE"}
        assert all(len(model.rules) >= 3 for model in factory.models)


@each_model
def test_a_model_carries_a_gtin_of_the_example_prefix(model: Model) -> None:
    assert re.fullmatch(r"0952\d{10}", model.gtin) and ean.is_valid(model.gtin)


@each_model
def test_a_routing_is_pressed_painted_and_tested_then_finally_inspected_and_packed(model: Model) -> None:
    codes = [operation.code for operation in model.routing]
    assert {"PRESSING", "PAINTING", "SAFETY_TEST"} <= set(codes)
    assert any("TEST" in code and code != "SAFETY_TEST" for code in codes)
    assert codes[-2:] == ["FINAL_INSPECTION", "PACKING"]
    assert model.final_inspection == "FINAL_INSPECTION"


@each_model
def test_option_groups_are_of_a_size_a_person_can_choose_from_and_all_freeze(model: Model) -> None:
    assert 4 <= len(model.option_groups) <= 7
    assert all(2 <= len(group.options) <= 6 for group in model.option_groups)
    assert {"COLOUR", "FUNCTIONS", "ENERGY_LABEL"} <= set(model.groups)
    assert model.groups["COLOUR"].freezes_at == "PAINTING"
    assert model.groups["ENERGY_LABEL"].freezes_at == "PACKING"
    assert model.groups["FUNCTIONS"].many and not model.groups["FUNCTIONS"].required
    assert all(group.freezes_at in model.operations for group in model.option_groups)
    assert all(option.swatch for option in model.groups["COLOUR"].options)


@each_model
def test_every_price_is_there_in_all_four_currencies(model: Model) -> None:
    discounts = [each.concession.discount for each in model.inspection_plan if each.concession]
    surcharges = [option.surcharge for option in options_of(model) if option.surcharge]
    assert surcharges
    assert all(set(prices) == CURRENCIES for prices in [model.base_price, *discounts, *surcharges])


def options_of(model: Model) -> list[Option]:
    return [option for group in model.option_groups for option in group.options]


@each_model
def test_what_is_inspected_is_safe_measured_and_shared_with_the_customer(model: Model) -> None:
    plan = model.inspection_plan
    assert 4 <= len(plan) <= 8
    assert any(each.safety for each in plan) and any(each.instrument for each in plan)
    assert any(each.unit is None and each.lower_limit is None and each.upper_limit is None for each in plan)
    assert all(each.unit in UNITS for each in plan if each.unit is not None)
    assert all(each.lower_limit is not None or each.upper_limit is not None for each in plan if each.unit)
    inspected = {each.operation for each in plan}
    assert "FINAL_INSPECTION" in inspected and len(inspected) > 1


@each_model
def test_a_colour_deviation_is_the_customers_decision(model: Model) -> None:
    colour = model.characteristics["COLOUR_DELTA_E"]
    assert (colour.unit, colour.operation, colour.safety) == ("C62", "FINAL_INSPECTION", False)
    assert colour.concession and colour.concession.default == "REWORK"
    assert 24 <= colour.concession.deadline_hours <= 72
    assert set(colour.concession.question) == set(LANGUAGES)


def test_washing_machines_take_a_name_in_any_script_but_no_markup() -> None:
    for factory in CATALOGUE.factories:
        for model in factory.models:
            assert (model.engraving is not None) == (factory.code == "FOSHAN")
            if model.engraving:
                assert all(re.fullmatch(model.engraving.allowed, letter) for letter in "Anne-Zoë & 李华, l’été 9.")
                assert not any(re.fullmatch(model.engraving.allowed, letter) for letter in '<>"\n\t{}\u202e')


def test_no_two_factories_tell_the_same_story() -> None:
    for one, two in combinations(CATALOGUE.factories, 2):
        assert not stories(one) & stories(two)
    assert len({model.description["en"] for model in MODELS}) == len(MODELS)


def stories(factory: Factory) -> set[str]:
    texts = [
        text for model in factory.models for text in [model.description, *(rule.explanation for rule in model.rules)]
    ]
    return {words for text in texts for words in text.values()}


def test_amounts_are_written_as_exact_text() -> None:
    amounts = [amount for name in FACTORY_FILES for amount in amounts_in(raw(name))]
    assert len(amounts) > 100
    assert [amount for amount in amounts if not isinstance(amount, str)] == []
    assert all(re.fullmatch(r"\d+\.\d\d", amount) for amount in amounts)


def amounts_in(data: Any) -> Iterator[Any]:
    if isinstance(data, list):
        for part in data:
            yield from amounts_in(part)
    if isinstance(data, dict):
        for key, part in data.items():
            yield from part.values() if key in ("base_price", "surcharge", "discount") else amounts_in(part)


# ---- designs


@each_raw_model
def test_the_first_options_are_a_consistent_design_that_anyone_can_buy(model: Data) -> None:
    choices = first_options(model)
    assert broken_rules(model, choices) == set()
    for group in model["option_groups"]:
        if group["code"] in choices:
            assert "markets" not in group["options"][0] and "surcharge" not in group["options"][0]


@each_raw_model
def test_every_rule_can_be_broken_and_every_option_be_part_of_a_consistent_design(model: Data) -> None:
    broken: set[str] = set()
    possible: set[str] = set()
    spoken: set[str] = set()
    for choices in all_choices(model):
        spoken |= set(choices)
        if rules := broken_rules(model, choices):
            broken |= rules
        else:
            possible |= {f"{group}.{option}" for group, options in choices.items() for option in options}
    options = {
        f"{group['code']}.{option['code']}"
        for group in model["option_groups"]
        for option in group["options"]
        if group["code"] in spoken
    }
    assert broken == {rule["code"] for rule in model["rules"]}
    assert possible == options


# ---- carriers


@rows(
    ("country", "days"),
    [("CN", (2, 4)), ("DE", (24, 32)), ("NO", (28, 39)), ("BR", (30, 45))],
)
def test_every_country_is_served_from_china(country: str, days: tuple[int, int]) -> None:
    carrier = CATALOGUE.carrier_to("CN", country)
    assert carrier and carrier.transit_days.get(country, carrier.transit_days.get("*")) == days


# ---- markets

EUROPEAN_UNION = frozenset(re.findall("..", "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEITLTLULVMTNLPLPTROSESISK"))
ELSEWHERE = frozenset(re.findall("..", "CNGBCHNOUSCAAUNZJPKRSGAEBRMXINZATR"))


def test_at_least_forty_markets_are_named_and_one_stands_for_the_rest() -> None:
    assert len(EUROPEAN_UNION) == 27
    assert CATALOGUE.market.keys() >= EUROPEAN_UNION | ELSEWHERE and len(CATALOGUE.market) > 40
    assert CATALOGUE.market_for("FJ") is CATALOGUE.market["*"]
    assert CATALOGUE.market["*"].tax is None


@rows(
    ("country", "rate", "included"),
    [
        ("CN", "0.13", True),
        ("DE", "0.19", True),
        ("GB", "0.20", True),
        ("AU", "0.10", True),
        ("NO", "0.25", True),
        ("US", "0.0725", False),
        ("CA", "0.05", False),
    ],
)
def test_taxes_are_in_the_price_or_on_top_as_is_the_custom(country: str, rate: str, included: bool) -> None:
    tax = CATALOGUE.market_for(country).tax
    assert tax and (str(tax.rate), tax.included) == (rate, included)


def test_every_member_of_the_european_union_shows_prices_with_its_value_added_tax() -> None:
    taxes = [CATALOGUE.market[country].tax for country in EUROPEAN_UNION]
    assert all(tax and tax.included and tax.name["de"] == "MwSt." and 0.15 <= tax.rate <= 0.27 for tax in taxes)


def test_taxes_and_fees_are_written_as_exact_text() -> None:
    for market in raw("markets.yaml"):
        assert set(market["delivery"]) == CURRENCIES
        assert all(re.fullmatch(r"\d+\.\d\d", amount) for amount in market["delivery"].values())
        assert "tax" not in market or re.fullmatch(r"0\.\d{2,5}", market["tax"]["rate"])


# ---- wrong files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the real data files to spoil."""
    return Path(shutil.copytree(FOLDER, tmp_path / "catalogue"))


def refused(folder: Path) -> list[str]:
    with pytest.raises(CatalogueError) as refusal:
        read_catalogue(folder)
    assert str(refusal.value).splitlines() == list(refusal.value.found)
    return list(refusal.value.found)


def spoil(folder: Path, name: str, change: Callable[[Any], object]) -> None:
    data = raw(name)
    change(data)
    (folder / name).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def at(path: str, value: object) -> Callable[[Any], None]:
    """Build the change that sets the value at a dotted path."""
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))

    def change(data: Any) -> None:
        for parent in parents:
            data = data[parent]
        data[last] = value

    return change


def test_an_unchanged_copy_is_read(folder: Path) -> None:
    assert read_catalogue(folder).model.keys() == CATALOGUE.model.keys()


@rows(
    ("name", "path", "value", "problem"),
    [
        (
            "foshan.yaml",
            "models.0.routing.3.station",
            "X",
            "foshan.yaml: models.0.routing.3.station: no station 'X' on line 'FOSHAN-FRONT'",
        ),
        ("qingdao.yaml", "timezone", "Asia/Qingdao", "qingdao.yaml: timezone: no time zone 'Asia/Qingdao'"),
        ("qingdao.yaml", "lines.0.takt", 60, "qingdao.yaml: lines.0.takt: Unexpected keyword argument"),
        (
            "shenyang.yaml",
            "models.1.rules.0.kind",
            "WANTS",
            "shenyang.yaml: models.1.rules.0.kind: Input should be 'REQUIRES', 'EXCLUDES' or 'RANGE'",
        ),
        (
            "zhengzhou.yaml",
            "models.2.base_price.CNY",
            "cheap",
            "zhengzhou.yaml: models.2.base_price.CNY: Input should be a valid decimal",
        ),
        ("carriers.yaml", "0.transit_days.CN", [2], "carriers.yaml: 0.transit_days.CN.1: Field required"),
        (
            "carriers.yaml",
            "1.transit_days.DE",
            [32, 24],
            "carriers.yaml: 1.transit_days.DE: 32 to 24 days are in the wrong order",
        ),
        ("markets.yaml", "3.country", False, "markets.yaml: 3.country: Input should be a valid string"),
        ("markets.yaml", "1.tax.rate", "13", "markets.yaml: 1.tax.rate: 13 is not a share between 0 and 1"),
        ("markets.yaml", "1.tax.includes", True, "markets.yaml: 1.tax.includes: Unexpected keyword argument"),
        (
            "qingdao.yaml",
            "models.0.sku",
            "WM-FRONT-9",
            "*.yaml: QINGDAO.models.0.sku: 'WM-FRONT-9' is already used by FOSHAN",
        ),
    ],
)
def test_a_wrong_value_is_reported_with_file_and_path(
    folder: Path, name: str, path: str, value: object, problem: str
) -> None:
    spoil(folder, name, at(path, value))
    found = refused(folder)
    shutil.copy(FOLDER / name, folder)
    assert found == [problem]


def test_all_problems_of_all_files_are_reported_together(folder: Path) -> None:
    spoil(folder, "foshan.yaml", at("models.0.line", "FOSHAN-REAR"))
    spoil(folder, "qingdao.yaml", at("models.1.routing.0.station", "QD9"))
    spoil(folder, "shenyang.yaml", lambda data: data.pop("city"))
    assert refused(folder) == [
        "shenyang.yaml: city: Field required",
        "foshan.yaml: models.0.line: no line 'FOSHAN-REAR'",
        "qingdao.yaml: models.1.routing.0.station: no station 'QD9' on line 'QINGDAO-WH1'",
    ]


@rows(
    ("content", "problem"),
    [
        ("code: A\nname: [en\nlines: {", "wrong.yaml: line 3: did not find expected ',' or ']'"),
        ("code: A\nname: *nobody\n", "wrong.yaml: line 2: found undefined alias"),
        ("code: !!python/name:os.system\n", "wrong.yaml: line 1: could not determine a constructor"),
        ("code: A\ncity: B\ncode: C\n", "wrong.yaml: line 3: the key 'code' is given twice"),
        ("lines:\n- shifts:\n  - {start: 14:00}\n", "wrong.yaml: line 3: 14:00 is read as a number; put it in quotes"),
        ("", "wrong.yaml: file: Input should be"),
        ("code: \x00", "wrong.yaml: file: "),
    ],
)
def test_what_yaml_refuses_or_misreads_is_reported_with_its_line(folder: Path, content: str, problem: str) -> None:
    (folder / "wrong.yaml").write_text(content, encoding="utf-8")
    assert refused(folder)[0].startswith(problem)


def test_a_time_without_quotes_is_refused_even_where_the_number_would_do(folder: Path) -> None:
    file = folder / "foshan.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("start: '14:00'", "start: 14:00"), encoding="utf-8")
    assert any(re.fullmatch(r"foshan.yaml: line \d+: 14:00 is read as a number; .*", line) for line in refused(folder))


def test_a_file_that_is_no_text_is_reported(folder: Path) -> None:
    (folder / "wrong.yaml").write_bytes(b"code: \xff\xfe")
    (problem,) = refused(folder)
    assert problem.startswith("wrong.yaml: file: 'utf-8' codec can't decode")


def test_missing_carriers_are_reported(folder: Path) -> None:
    (folder / "carriers.yaml").unlink()
    assert refused(folder) == ["carriers.yaml: file: No such file or directory"]


def test_missing_markets_are_reported(folder: Path) -> None:
    (folder / "markets.yaml").unlink()
    assert refused(folder) == ["markets.yaml: file: No such file or directory"]


def test_a_folder_without_factories_is_reported(tmp_path: Path) -> None:
    for name in ("carriers.yaml", "markets.yaml"):
        shutil.copy(FOLDER / name, tmp_path)
    assert refused(tmp_path) == [f"{tmp_path.name}: *.yaml: there is no factory"]


def test_an_override_of_a_merged_value_is_not_taken_for_a_repeated_key(folder: Path) -> None:
    # The files rely on it: a routing takes an operation of another model and gives it its own time.
    routing = read_catalogue(folder).model["RF-SIDE-600"].routing
    assert (routing[0].station, routing[0].standard_seconds) == ("SY1-PRESS", 58)
