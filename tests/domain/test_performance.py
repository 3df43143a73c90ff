"""Does a performance report say what was measured, compare it rightly, and does its hash cover all that it says?"""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import TypeTest
from app.domain.shared.text import LANGUAGES
from app.domain.unit.conclusion import conclusions, decision_made
from app.domain.unit.decision import DecisionChoice
from app.domain.unit.evidence import Measurement
from app.domain.unit.journey import JournalEntry, Unit, append
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.quality import QualityKind
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.performance import (
    SIBLINGS_MIN,
    PerformanceReport,
    Rank,
    better_than,
    content,
    hash_of,
    issue,
    ranked_values,
    releases,
)
from app.domain.unit.stage import ProductStatus
from app.domain.unit.status import open_failures
from tests.domain.build import EVENTS, GOOD, MODEL, STATES, at, event, fold, inspections, measured, sign, text
from tests.rows import rows

UNIT = Unit("7K3M9QXT2CHVE", MODEL.sku, 1, MODEL.line)
RELEASE = replace(event(QualityKind.RELEASED, 100, "FINAL_INSPECTION"), event_id="released:1")
TESTED = replace(
    MODEL,
    inspection_plan=tuple(replace(c, type_test=61.5) if c.code == "NOISE" else c for c in MODEL.inspection_plan),
    type_tests=(TypeTest("ENERGY", text("Energy"), "KWH", 47.0, "IEC 60456"),),
)


def released(status: ProductStatus = ProductStatus.RELEASED, event_id: str = "released:1") -> JournalEntry:
    return append(UNIT, MODEL, STATES[status], replace(RELEASE, event_id=event_id), at(101), sign)


def issued(entry: JournalEntry | None = None, ranks: Mapping[str, Rank] | None = None) -> PerformanceReport:
    return issue(entry or released(), MODEL.gtin, TESTED, ranks or {})


def test_a_report_has_the_values_in_the_order_of_the_inspection_plan() -> None:
    report = issued()
    assert (report.product, report.revision, report.issued_at) == (UNIT.code, 1, at(101))
    assert tuple(value.measurement for value in report.values) == measured(**GOOD)
    shuffled = fold(EVENTS[ProductStatus.RELEASED][::-1])
    assert issued(append(UNIT, MODEL, shuffled, RELEASE, at(101), sign)) == report


def test_only_what_was_measured_on_this_unit_is_among_its_values() -> None:
    events = [replace(each, measurements=each.measurements[:1]) for each in EVENTS[ProductStatus.RELEASED]]
    report = issued(append(UNIT, MODEL, fold(events), RELEASE, at(101), sign))
    assert [value.measurement.characteristic for value in report.values] == [
        "WATER_TIGHT",
        "INSULATION",
        "COLOUR_DELTA",
    ]
    assert [test.code for test in report.type_tests] == ["ENERGY"]


def test_a_type_test_stands_beside_the_measured_value_of_the_same() -> None:
    values = {value.measurement.characteristic: value for value in issued().values}
    assert (values["NOISE"].measurement.value, values["NOISE"].type_test) == (60.0, 61.5)
    assert values["LEVEL"].type_test is None
    assert values["APPEARANCE"].pass_or_fail


@rows(("event_id", "revision"), [("released:1", 1), ("released:2", 2), ("released:12", 12)])
def test_the_revision_is_that_of_the_release(event_id: str, revision: int) -> None:
    assert issued(released(event_id=event_id)).revision == revision


@rows(
    ("rank", "percentile"),
    [
        (Rank(0, 0, SIBLINGS_MIN - 1), None),
        (Rank(0, 0, SIBLINGS_MIN), 0.0),
        (Rank(10, 0, 20), 50.0),
        (Rank(10, 10, 20), 75.0),
        (Rank(0, 20, 20), 50.0),
        (Rank(1, 0, 1000), 0.1),
        (Rank(1000, 0, 1000), 100.0),
    ],
)
def test_a_percentile_is_the_share_of_smaller_values_equal_ones_counted_half(
    rank: Rank, percentile: float | None
) -> None:
    assert rank.percentile == percentile


def test_pass_or_fail_has_no_percentile() -> None:
    assert set(ranked_values(released(), MODEL)) == {"INSULATION", "COLOUR_DELTA", "NOISE", "LEVEL"}


@rows(
    ("lower", "upper", "rank", "expected"),
    [
        (None, 2.0, Rank(20, 0, 100), 80.0),
        (0.0, None, Rank(20, 0, 100), 20.0),
        (None, 2.0, Rank(0, 100, 100), 0.0),
        (0.0, None, Rank(0, 100, 100), 0.0),
        (None, 2.0, Rank(20, 30, 100), 50.0),
        (0.0, None, Rank(20, 30, 100), 20.0),
        (0.0, 2.0, Rank(20, 0, 100), None),
        (None, None, Rank(20, 0, 100), None),
        (None, 2.0, Rank(1, 0, SIBLINGS_MIN - 1), None),
    ],
)
def test_better_than_counts_what_is_strictly_worse(
    lower: float | None, upper: float | None, rank: Rank, expected: float | None
) -> None:
    assert better_than(Measurement("X", 1.0, "C62", True, lower, upper), rank) == expected


def test_the_summary_counts_what_is_inside_and_names_what_is_best_in_every_language() -> None:
    ranks = {"NOISE": Rank(10, 0, 100), "INSULATION": Rank(60, 0, 100), "LEVEL": Rank(99, 0, 100)}
    summary = issued(ranks=ranks).summary
    assert tuple(summary) == LANGUAGES
    assert summary["en"] == (
        "6 of 6 values measured on this unit are inside their limits. "
        "Noise: better than 90 % of the last 100 units of this model."
    )
    assert all("6" in words and "90" in words and "100" in words for words in summary.values())


def test_nothing_is_praised_that_is_worse_than_half() -> None:
    assert "better" not in issued(ranks={"NOISE": Rank(60, 0, 100)}).summary["en"]


def test_a_conceded_value_stays_in_the_report_as_it_was_measured() -> None:
    state = STATES[ProductStatus.ON_HOLD]
    (failure,) = open_failures(state, MODEL)
    conceded = decision_made(failure, DecisionChoice("CONCESSION", Decimal(-20), 0), at(90))
    report = issued(append(UNIT, MODEL, fold([conceded], state), RELEASE, at(101), sign))
    values = {value.measurement.characteristic: value.measurement for value in report.values}
    assert (values["COLOUR_DELTA"].value, values["COLOUR_DELTA"].passed) == (1.5, False)
    assert report.summary["en"].startswith("5 of 6")
    assert "Accepted as it is: 1." in report.summary["en"]


def whole(json_value: Any) -> Any:
    """Write whole numbers as RFC 8785 does, 5 for 5.0."""
    match json_value:
        case float() if json_value.is_integer():
            return int(json_value)
        case dict():
            return {name: whole(each) for name, each in json_value.items()}
        case list():
            return [whole(each) for each in json_value]
    return json_value


def test_the_hash_is_sha_256_over_the_canonical_json_of_the_content() -> None:
    report = issued()
    canonical = json.dumps(whole(content(report)), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert report.content_hash == sha256(canonical.encode()).hexdigest() == hash_of(report)


VALUE = issued().values[3]
CHANGES: list[dict[str, Any]] = [
    {"product": "0000000000000"},
    {"revision": 2},
    {"gtin": "09524000000163"},
    {"model": "WM-2"},
    {"model_name": text("Other")},
    {"issued_at": at(1)},
    {"values": ()},
    {"type_tests": ()},
    {"summary": text("Good")},
    *(
        {"values": (replace(VALUE, **change),)}
        for change in (
            dict[str, Any](),
            dict[str, Any](name=text("Other")),
            dict[str, Any](measured_at=at(2)),
            dict[str, Any](nominal=1.5),
            dict[str, Any](type_test=1.5),
            dict[str, Any](percentile=1.5),
            dict[str, Any](siblings=1),
            dict[str, Any](pass_or_fail=True),
            dict[str, Any](better_than=50.0),
            *(
                dict[str, Any](measurement=replace(VALUE.measurement, **change))
                for change in (
                    dict[str, Any](characteristic="OTHER"),
                    dict[str, Any](value=5.1),
                    dict[str, Any](unit="OHM"),
                    dict[str, Any](passed=False),
                    dict[str, Any](lower_limit=3.0),
                    dict[str, Any](upper_limit=9.0),
                    dict[str, Any](instrument="SPA-5"),
                )
            ),
        )
    ),
]


def test_every_alteration_changes_the_hash() -> None:
    report = issued()
    assert len({hash_of(report), *(hash_of(replace(report, **change)) for change in CHANGES)}) == len(CHANGES) + 1


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_value_has_a_hash(value: float) -> None:
    entry = append(UNIT, MODEL, fold(inspections(50, INSULATION=value)), RELEASE, at(101), sign)
    assert len(issued(entry).content_hash) == 64


def concluded(*events: Any) -> list[str]:
    """Fold events one after the other, announce what follows from each, and name the releases."""
    state = STATES[ProductStatus.RELEASED]
    for each in (None, *events):
        state = fold([each] if each else [], state)
        for conclusion in conclusions(state, MODEL, "CNY", at(200)):
            state = fold([conclusion], state)
    assert releases(state) == sum(name.startswith("released:") for name in state.announced)
    return [name for name in state.announced if name.startswith("released:")]


PASSED_AGAIN = inspections(80)[-1]


@rows(
    ("events", "announced"),
    [
        ([], ["released:1"]),
        ([PASSED_AGAIN], ["released:1", "released:2"]),
        ([PASSED_AGAIN, PASSED_AGAIN], ["released:1", "released:2"]),
        ([PASSED_AGAIN, inspections(90)[-1]], ["released:1", "released:2", "released:3"]),
        ([inspections(40)[-1]], ["released:1"]),
        ([inspections(80, LEVEL=9.0)[-1]], ["released:1"]),
        ([inspections(80, LEVEL=9.0)[-1], inspections(90)[-1]], ["released:1", "released:2"]),
        ([inspections(80)[0]], ["released:1", "released:2"]),
        ([inspections(80, INSULATION=1.0)[1], inspections(90)[1]], ["released:1", "released:2"]),
        ([event(ProductionKind.OPERATION_COMPLETED, 80, "PACKING", NOISE=61)], ["released:1", "released:2"]),
        ([event(ProductionKind.OPERATION_COMPLETED, 40, "PACKING", NOISE=61)], ["released:1"]),
        ([event(TransportKind.DELIVERED, 70), PASSED_AGAIN], ["released:1", "released:2"]),
    ],
)
def test_a_unit_is_released_again_where_what_it_was_released_upon_has_changed(
    events: list[Any], announced: list[str]
) -> None:
    assert concluded(*events) == announced
