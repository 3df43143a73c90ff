"""Does the check name each thing that is wrong in a factory, where it is wrong, and nothing else?"""

from collections.abc import Iterator
from copy import deepcopy
from datetime import time
from enum import Enum, auto
from typing import Any

from pydantic import TypeAdapter

from app.domain.catalogue.catalogue import Carrier, Factory, Market, SlotWindow
from app.domain.configuration.catalogue_check import carrier_problems, market_problems, problems, problems_between
from tests.rows import rows

OPERATIONS = ("PRESSING", "WELDING", "PAINTING", "FITTING", "LEAK_TEST", "SAFETY_TEST", "FINAL_INSPECTION", "PACKING")
PRICES = {"CNY": "100.00", "EUR": "13.50"}


class Absent(Enum):
    ABSENT = auto()


ABSENT = Absent.ABSENT


def text(words: str) -> dict[str, str]:
    return {language: f"{words} ({language})" for language in ("en", "zh", "fr", "de")}


def sound() -> dict[str, Any]:
    """Build the data of a small factory in which nothing is wrong."""
    option_groups = [
        {
            "code": "COLOUR",
            "name": text("Colour"),
            "freezes_at": "PAINTING",
            "options": [
                {"code": "WHITE", "name": text("White"), "swatch": "#FFFFFF"},
                {"code": "RED", "name": text("Red"), "swatch": "#aa0011", "surcharge": {"CNY": "9.90", "EUR": "1.25"}},
            ],
        },
        {
            "code": "SIZE",
            "name": text("Size"),
            "options": [
                {"code": "S", "name": text("Small"), "value": 5},
                {"code": "L", "name": text("Large"), "value": 9, "markets": ["DE"]},
            ],
        },
    ]
    rules = [
        {
            "code": "NEEDS",
            "kind": "REQUIRES",
            "when": ["COLOUR.RED"],
            "then": ["SIZE.L"],
            "explanation": text("Because"),
        },
        {"code": "NEVER", "kind": "EXCLUDES", "when": ["SIZE.L"], "then": ["COLOUR.WHITE"], "explanation": text("As")},
        {
            "code": "FROM_TO",
            "kind": "RANGE",
            "when": ["COLOUR.RED"],
            "group": "SIZE",
            "minimum": 6,
            "maximum": 9,
            "explanation": text("Since"),
        },
    ]
    concession = {"question": text("Take it?"), "discount": {"CNY": "20.00", "EUR": "3.00"}, "default": "CONCESSION"}
    plan = [
        {
            "code": "INSULATION",
            "name": text("Insulation"),
            "operation": "SAFETY_TEST",
            "unit": "B75",
            "lower_limit": 2,
            "safety": True,
        },
        {
            "code": "COLOUR_DELTA_E",
            "name": text("Colour deviation"),
            "operation": "FINAL_INSPECTION",
            "unit": "C62",
            "nominal": 0,
            "upper_limit": 1,
            "concession": concession,
        },
    ]
    model = {
        "sku": "WM-1",
        "gtin": "09524000000156",
        "name": text("Washer"),
        "description": text("It washes"),
        "category": "WASHING_MACHINE",
        "line": "LINE-1",
        "base_price": dict(PRICES),
        "option_groups": option_groups,
        "rules": rules,
        "inspection_plan": plan,
        "engraving": {"length_max": 8, "allowed": "[a-z]"},
        "routing": [
            {"code": code, "name": text(code), "station": f"S-{i % 2}", "standard_seconds": 45}
            for i, code in enumerate(OPERATIONS)
        ],
    }
    line = {
        "code": "LINE-1",
        "takt_seconds": 60,
        "shifts": [
            {"days": [1, 2, 3], "start": "06:00", "end": "14:00"},
            {"days": [3, 4], "start": "14:00", "end": "22:00"},
        ],
        "stations": [{"code": "S-0", "name": text("Zero")}, {"code": "S-1", "name": text("One")}],
    }
    return {
        "code": "FOSHAN",
        "name": text("Foshan"),
        "city": "Foshan",
        "country": "CN",
        "category": "WASHING_MACHINE",
        "timezone": "Asia/Shanghai",
        "markets": ["CN", "DE"],
        "lines": [line],
        "models": [model],
    }


def factory(**changes: Any) -> Factory:
    """Build the sound factory with changes by path, `__` between the parts; ABSENT takes the key away."""
    data = sound()
    for path, value in changes.items():
        *parents, last = path.split("__")
        place: Any = data
        for parent in parents:
            place = place[int(parent)] if isinstance(place, list) else place[parent]
        key: Any = int(last) if isinstance(place, list) else last
        if value is ABSENT:
            del place[key]
        else:
            place[key] = deepcopy(value)
    return TypeAdapter(Factory).validate_python(data)


def found(**changes: Any) -> list[str]:
    return [f"{path}: {reason}" for path, reason in problems(factory(**changes))]


GROUP, RULE, CHECKED = "models__0__option_groups__", "models__0__rules__", "models__0__inspection_plan__"

WRONG: list[tuple[str, Any, str]] = [
    ("timezone", "Asia/Atlantis", "timezone: no time zone 'Asia/Atlantis'"),
    ("timezone", "../etc", "timezone: no time zone '../etc'"),
    ("markets", ["CN", "de"], "markets: 'de' is no country code"),
    ("name__fr", ABSENT, "name: no text in 'fr'"),
    ("lines__0__takt_seconds", 0, "lines.0.takt_seconds: a takt of 0 seconds"),
    (
        "lines__0__capacities",
        [{"option": "COLOUR.PINK", "at_most": 1}],
        "lines.0.capacities.0.option: no model of this line has 'COLOUR.PINK'",
    ),
    ("lines__0__shifts", [], "lines.0.shifts: the line never works"),
    ("lines__0__shifts__0__days", [1, 8], "lines.0.shifts.0.days: [1, 8] are not different ISO weekdays from 1 to 7"),
    ("lines__0__shifts__0__days", [1, 1], "lines.0.shifts.0.days: [1, 1] are not different ISO weekdays from 1 to 7"),
    ("lines__0__shifts__0__days", [], "lines.0.shifts.0.days: [] are not different ISO weekdays from 1 to 7"),
    ("lines__0__shifts__1__end", "06:00", "lines.0.shifts.1.end: 06:00:00 is not after 14:00:00"),
    ("lines__0__shifts__1__start", "13:59", "lines.0.shifts.1: overlaps shift 0"),
    (
        "lines__0__shifts__1__end",
        "22:00+08:00",
        "lines.0.shifts.1: a shift is in the factory's own time, without an offset",
    ),
    ("lines__0__stations__1__name__en", " ", "lines.0.stations.1.name: no text in 'en'"),
    ("models__0__description__de", ABSENT, "models.0.description: no text in 'de'"),
    ("models__0__line", "LINE-9", "models.0.line: no line 'LINE-9'"),
    (
        "models__0__gtin",
        "09524000000157",
        "models.0.gtin: '09524000000157' is not a GTIN-14 with a correct check digit",
    ),
    ("models__0__gtin", "9524000000156", "models.0.gtin: '9524000000156' is not a GTIN-14 with a correct check digit"),
    (
        "models__0__base_price__CNY",
        "0",
        "models.0.base_price.CNY: 0 is not a positive amount with at most two decimals",
    ),
    (
        "models__0__base_price__CNY",
        "9.999",
        "models.0.base_price.CNY: 9.999 is not a positive amount with at most two decimals",
    ),
    ("models__0__routing__7", ABSENT, "models.0.routing: 7 operations, not 8 to 14"),
    ("models__0__routing__3__station", "S-9", "models.0.routing.3.station: no station 'S-9' on line 'LINE-1'"),
    (
        "models__0__routing__3__code",
        "PRESSING",
        "models.0.routing.3.code: 'PRESSING' is already used at models.0.routing.0.code",
    ),
    ("models__0__routing__3__standard_seconds", 0, "models.0.routing.3.standard_seconds: a standard time of 0 seconds"),
    (
        "models__0__engraving__allowed",
        "[",
        "models.0.engraving.allowed: not a regular expression: unterminated character set at position 0",
    ),
    ("models__0__engraving__length_max", 0, "models.0.engraving.length_max: no room for a character"),
    (f"{GROUP}0__freezes_at", "DRYING", "models.0.option_groups.0.freezes_at: no operation 'DRYING' in the routing"),
    (
        f"{GROUP}0__options",
        [{"code": code, "name": text(code), "withdrawn": True} for code in ("WHITE", "RED")],
        "models.0.option_groups.0.options: nothing to choose from",
    ),
    (f"{GROUP}0__options__1__swatch", "red", "models.0.option_groups.0.options.1.swatch: 'red' is not #RRGGBB"),
    (f"{GROUP}0__options__1__added_days", -1, "models.0.option_groups.0.options.1.added_days: fewer than no days"),
    (f"{GROUP}0__options__1__surcharge__EUR", ABSENT, "models.0.option_groups.0.options.1.surcharge: no amount in EUR"),
    (
        f"{GROUP}0__options__1__surcharge__JPY",
        "30",
        "models.0.option_groups.0.options.1.surcharge: unknown currency 'JPY'",
    ),
    (
        f"{GROUP}1__options__1__markets",
        ["Germany"],
        "models.0.option_groups.1.options.1.markets: 'Germany' is no country code",
    ),
    (
        f"{RULE}0__when",
        ["SHAPE.RED"],
        "models.0.rules.0.when.0: no option group 'SHAPE' ('SHAPE.RED' is not GROUP.OPTION)",
    ),
    (f"{RULE}0__then", ["SIZE.L", "SIZE.XL"], "models.0.rules.0.then.1: no option 'XL' in group 'SIZE'"),
    (f"{RULE}0__when", [], "models.0.rules.0.when: the rule never applies"),
    (f"{RULE}1__then", ABSENT, "models.0.rules.1.then: EXCLUDES needs options here"),
    (f"{RULE}1__minimum", 3, "models.0.rules.1.minimum: EXCLUDES has none"),
    (f"{RULE}2__then", ["SIZE.L"], "models.0.rules.2.then: RANGE has none"),
    (f"{RULE}2__group", ABSENT, "models.0.rules.2.group: no option group None"),
    (f"{RULE}2__group", "COLOUR", "models.0.rules.2.group: without a value to compare: WHITE, RED"),
    (f"{RULE}2__minimum", 10, "models.0.rules.2.minimum: 10.0 is above the maximum 9.0"),
    (f"{RULE}2__code", "NEEDS", "models.0.rules.2.code: 'NEEDS' is already used at models.0.rules.0.code"),
    (f"{RULE}2__explanation__zh", ABSENT, "models.0.rules.2.explanation: no text in 'zh'"),
    (f"{CHECKED}0__operation", "DRYING", "models.0.inspection_plan.0.operation: no operation 'DRYING' in the routing"),
    (
        f"{CHECKED}0__upper_limit",
        1,
        "models.0.inspection_plan.0.lower_limit: [2.0, 1.0] are in the wrong order: lower limit, nominal, upper limit",
    ),
    (f"{CHECKED}0__unit", ABSENT, "models.0.inspection_plan.0.unit: limits without a unit"),
    (f"{CHECKED}1__safety", True, "models.0.inspection_plan.1.concession: a safety characteristic is never conceded"),
    (
        f"{CHECKED}1__disposition",
        "CONCESSION",
        "models.0.inspection_plan.1.disposition: 'CONCESSION' is not one of REWORK, REPAIR, REMAKE, SCRAP",
    ),
    (
        f"{CHECKED}1__concession__default",
        "SCRAP",
        "models.0.inspection_plan.1.concession.default: 'SCRAP' is not one of CONCESSION, REWORK",
    ),
    (
        f"{CHECKED}1__concession__deadline_hours",
        0,
        "models.0.inspection_plan.1.concession: a deadline or a rework in the past",
    ),
    (
        f"{CHECKED}1__concession__discount__CNY",
        ABSENT,
        "models.0.inspection_plan.1.concession.discount: no amount in CNY",
    ),
    (
        f"{CHECKED}1__concession__question__fr",
        ABSENT,
        "models.0.inspection_plan.1.concession.question: no text in 'fr'",
    ),
]


def test_a_sound_factory_has_no_problems() -> None:
    assert found() == []


@rows(("path", "value", "problem"), WRONG)
def test_one_wrong_value_is_reported_once_with_its_path(path: str, value: Any, problem: str) -> None:
    assert found(**{path: value}) == [problem]


def test_a_range_without_limits_is_incomplete() -> None:
    assert found(**{f"{RULE}2__minimum": ABSENT, f"{RULE}2__maximum": ABSENT}) == [
        "models.0.rules.2.minimum: RANGE needs a minimum or a maximum"
    ]


def test_a_range_with_one_limit_is_complete() -> None:
    assert found(**{f"{RULE}2__maximum": ABSENT}) == []


def test_a_model_without_any_inspection_has_no_final_inspection() -> None:
    reason = "there is no final inspection: nothing is inspected at any operation of the routing"
    assert found(models__0__inspection_plan=[]) == [f"models.0.inspection_plan: {reason}"]


def test_a_nominal_outside_the_limits_is_in_the_wrong_order() -> None:
    changes = {f"{CHECKED}1__nominal": 2}
    (problem,) = found(**changes)
    assert problem.startswith("models.0.inspection_plan.1.lower_limit: [2.0, 1.0] are in the wrong order")


def test_a_fifteenth_operation_is_one_too_many() -> None:
    routing = sound()["models"][0]["routing"]
    more = [{**routing[0], "code": f"EXTRA_{i}"} for i in range(7)]
    assert found(models__0__routing=routing + more[:6]) == []
    assert found(models__0__routing=routing + more) == ["models.0.routing: 15 operations, not 8 to 14"]


def test_every_price_of_the_base_currencies_is_wanted_only_where_something_is_priced() -> None:
    prices = {"CNY": "100.00", "EUR": "13.50", "GBP": "11.00"}
    assert found(models__0__base_price=prices) == [
        "models.0.option_groups.0.options.1.surcharge: no amount in GBP",
        "models.0.inspection_plan.1.concession.discount: no amount in GBP",
    ]


def test_a_model_without_a_price_is_reported() -> None:
    assert found(models__0__base_price={}) == ["models.0.base_price: no price in any currency"]


@rows(
    ("place", "copied", "problem"),
    [
        ("models", "models__0", "models.1.sku: 'WM-1' is already used at models.0.sku"),
        ("models", "models__0", "models.1.gtin: '09524000000156' is already used at models.0.gtin"),
        ("lines", "lines__0", "lines.1.code: 'LINE-1' is already used at lines.0.code"),
        ("lines", "lines__0", "lines.1.stations.0.code: 'S-0' is already used at lines.0.stations.0.code"),
        (
            "models__0__option_groups",
            "models__0__option_groups__0",
            "models.0.option_groups.2.code: 'COLOUR' is already used at models.0.option_groups.0.code",
        ),
        (
            "models__0__option_groups__0__options",
            "models__0__option_groups__0__options__1",
            "models.0.option_groups.0.options.2.code: 'RED' is already used at models.0.option_groups.0.options.1.code",
        ),
        (
            "models__0__inspection_plan",
            "models__0__inspection_plan__0",
            "models.0.inspection_plan.2.code: 'INSULATION' is already used at models.0.inspection_plan.0.code",
        ),
    ],
)
def test_a_code_used_twice_is_reported_where_it_is_repeated(place: str, copied: str, problem: str) -> None:
    def at(path: str) -> Any:
        value: Any = sound()
        for part in path.split("__"):
            value = value[int(part)] if isinstance(value, list) else value[part]
        return value

    assert problem in found(**{place: [*at(place), at(copied)]})


def between(*factories: Factory) -> list[str]:
    return [f"{path}: {reason}" for path, reason in problems_between(factories)]


def other(**changes: Any) -> Factory:
    own = {
        "code": "QINGDAO",
        "lines__0__code": "LINE-2",
        "models__0__line": "LINE-2",
        "models__0__sku": "WM-2",
        "models__0__gtin": "09523000000142",
    }
    return factory(**(own | changes))


@rows(
    ("path", "value", "problem"),
    [
        ("code", "FOSHAN", "FOSHAN.code: 'FOSHAN' is already used by FOSHAN"),
        ("lines__0__code", "LINE-1", "QINGDAO.lines.0.code: 'LINE-1' is already used by FOSHAN"),
        ("models__0__sku", "WM-1", "QINGDAO.models.0.sku: 'WM-1' is already used by FOSHAN"),
        (
            "models__0__gtin",
            "09524000000156",
            "QINGDAO.models.0.gtin: '09524000000156' is already used by FOSHAN",
        ),
    ],
)
def test_a_code_that_two_factories_share_is_reported(path: str, value: str, problem: str) -> None:
    assert between(factory(), other(**{path: value})) == [problem]


def test_factories_that_share_no_code_have_no_problems_between_them() -> None:
    assert between(factory(), other()) == []


def test_a_code_repeated_within_one_factory_is_no_problem_between_factories() -> None:
    models = sound()["models"]
    assert between(factory(models=models + models), other()) == []


@rows(
    ("carriers", "expected"),
    [
        ([("A", {"DE": (2, 2), "*": (0, 9)})], []),
        ([("A", {"DE": (4, 3)})], ["0.transit_days.DE: 4 to 3 days are in the wrong order"]),
        ([("A", {"DE": (-1, 3)})], ["0.transit_days.DE: -1 to 3 days are in the wrong order"]),
        ([("A", {"Germany": (1, 3)})], ["0.transit_days.Germany: 'Germany' is neither a country code nor '*'"]),
        ([("A", {}), ("A", {})], ["1.code: 'A' is already used at 0.code"]),
    ],
)
def test_carriers_are_checked(carriers: list[tuple[str, dict[str, tuple[int, int]]]], expected: list[str]) -> None:
    given = tuple(Carrier(code, code, days) for code, days in carriers)
    reported: Iterator[tuple[str, str]] = carrier_problems(given)
    assert [f"{path}: {reason}" for path, reason in reported] == expected


@rows(
    ("window", "expected"),
    [
        (((1, 7), time(8), time(12), 1), []),
        (((), time(8), time(12), 1), ["0.slots.0.days: [] are not ISO weekdays, 1 to 7"]),
        (((0, 1), time(8), time(12), 1), ["0.slots.0.days: [0, 1] are not ISO weekdays, 1 to 7"]),
        (((1,), time(12), time(12), 1), ["0.slots.0.end: it ends at 12:00, not after its start"]),
        (((1,), time(8), time(12), 0), ["0.slots.0.capacity: room for nobody"]),
    ],
)
def test_a_carrier_s_delivery_slots_are_checked(
    window: tuple[tuple[int, ...], time, time, int], expected: list[str]
) -> None:
    carrier = Carrier("A", "A", {"DE": (1, 2)}, (SlotWindow(*window),))
    assert [f"{path}: {reason}" for path, reason in carrier_problems((carrier,))] == expected


FEES = {"CNY": "0.00", "EUR": "63.00", "USD": "69.00", "GBP": "54.00"}
DEFAULT: dict[str, Any] = {"country": "*", "delivery": FEES}
GERMANY: dict[str, Any] = {
    "country": "DE",
    "delivery": FEES,
    "tax": {"name": text("VAT"), "rate": "0.19", "included": True},
}


def taxed(**changes: Any) -> dict[str, Any]:
    return {**GERMANY, "tax": {**GERMANY["tax"], **changes}}


@rows(
    ("markets", "found"),
    [
        ([DEFAULT, GERMANY], []),
        ([GERMANY], ["*: no market stands for all other countries"]),
        ([DEFAULT, GERMANY, GERMANY], ["2.country: 'DE' is already used at 1.country"]),
        ([DEFAULT, {**GERMANY, "country": "XX"}], ["1.country: 'XX' is neither a country code nor '*'"]),
        ([DEFAULT, {**GERMANY, "country": "UK"}], ["1.country: 'UK' is neither a country code nor '*'"]),
        ([{**DEFAULT, "delivery": {"CNY": "1.00", "EUR": "1.00", "USD": "1.00"}}], ["0.delivery: no amount in GBP"]),
        ([{**DEFAULT, "delivery": {**FEES, "JPY": "9.00"}}], ["0.delivery: unknown currency 'JPY'"]),
        (
            [{**DEFAULT, "delivery": {**FEES, "EUR": "-1"}}],
            ["0.delivery.EUR: -1 is not an amount with at most two decimals"],
        ),
        (
            [{**DEFAULT, "delivery": {**FEES, "EUR": "1.005"}}],
            ["0.delivery.EUR: 1.005 is not an amount with at most two decimals"],
        ),
        ([DEFAULT, taxed(rate="19")], ["1.tax.rate: 19 is not a share between 0 and 1"]),
        ([DEFAULT, taxed(rate="0")], ["1.tax.rate: 0 is not a share between 0 and 1"]),
        ([DEFAULT, taxed(name={"en": "VAT", "zh": "x", "fr": "TVA"})], ["1.tax.name: no text in 'de'"]),
    ],
)
def test_what_is_wrong_with_a_market_is_named(markets: list[dict[str, Any]], found: list[str]) -> None:
    read = TypeAdapter(tuple[Market, ...]).validate_python(markets)
    assert [f"{path}: {reason}" for path, reason in market_problems(read)] == found
