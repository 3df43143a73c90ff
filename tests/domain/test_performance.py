"""Does a performance report follow from the release alone, and does its hash change with all that it says?"""

import json
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from app.domain.event import StepKind
from app.domain.journey import Step, Unit, append
from app.domain.performance import PerformanceReport, report_of, summary
from app.domain.status import DecisionChoice, ProductStatus, decision_made, open_failures
from app.domain.text import LANGUAGES
from tests.domain.build import EVENTS, GOOD, MODEL, STATES, at, event, fold, measured

UNIT = Unit("7K3M9QXT2CHVE", MODEL.sku, MODEL.line)
RELEASE = replace(event(StepKind.RELEASED, 100), event_id="released:1")


def released(status: ProductStatus = ProductStatus.RELEASED, event_id: str = "released:1") -> Step:
    return append(UNIT, STATES[status], replace(RELEASE, event_id=event_id), at(101))


def test_a_report_has_the_values_in_the_order_of_the_inspection_plan() -> None:
    report = report_of(released(), MODEL)
    assert (report.product, report.revision, report.issued_at) == (UNIT.code, 1, at(101))
    assert report.measurements == measured(**GOOD)
    shuffled = fold(EVENTS[ProductStatus.RELEASED][::-1])
    assert report_of(append(UNIT, shuffled, RELEASE, at(101)), MODEL).measurements == report.measurements


def test_only_what_was_measured_on_this_unit_is_in_its_report() -> None:
    events = [replace(each, measurements=each.measurements[:1]) for each in EVENTS[ProductStatus.RELEASED]]
    report = report_of(append(UNIT, fold(events), RELEASE, at(101)), MODEL)
    assert [measurement.characteristic for measurement in report.measurements] == [
        "WATER_TIGHT",
        "INSULATION",
        "COLOUR_DELTA",
    ]


def test_a_later_step_changes_no_report() -> None:
    step = released()
    before = report_of(step, MODEL).content_hash
    append(UNIT, step.state, event(StepKind.INSPECTION_FAILED, 200, "FINAL_INSPECTION", NOISE=80), at(201))
    assert report_of(step, MODEL).content_hash == before


@pytest.mark.parametrize(("event_id", "revision"), [("released:1", 1), ("released:2", 2), ("released:12", 12)])
def test_the_revision_is_that_of_the_release(event_id: str, revision: int) -> None:
    assert report_of(released(event_id=event_id), MODEL).revision == revision


REPORT = PerformanceReport("7K3M9QXT2CHVE", 1, at(0), measured(INSULATION=5.0, NOISE=60.0))


def test_the_hash_is_sha_256_over_canonical_json() -> None:
    content: dict[str, Any] = {
        "issuedAt": "2026-11-02T06:00:00+00:00",
        "measurements": [
            {
                "characteristic": code,
                "instrument": None,
                "lower_limit": lower,
                "passed": True,
                "unit": unit,
                "upper_limit": upper,
                "value": value,
            }
            for code, value, unit, lower, upper in (
                ("INSULATION", 5.0, "B75", 2.0, None),
                ("NOISE", 60.0, "2N", None, 70.0),
            )
        ],
        "product": "7K3M9QXT2CHVE",
        "revision": 1,
    }
    assert REPORT.content_hash == sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
    assert replace(REPORT).content_hash == REPORT.content_hash


CHANGES: list[dict[str, Any]] = [
    {"product": "7K3M9QXT2CHVF"},
    {"revision": 2},
    {"issued_at": at(1)},
    {"measurements": ()},
    {"measurements": REPORT.measurements[::-1]},
    *(
        {"measurements": (replace(REPORT.measurements[0], **change), REPORT.measurements[1])}
        for change in (
            dict[str, Any](value=5.1),
            dict[str, Any](unit="OHM"),
            dict[str, Any](passed=False),
            dict[str, Any](lower_limit=3.0),
            dict[str, Any](upper_limit=9.0),
            dict[str, Any](instrument="SPA-5"),
        )
    ),
]


def test_every_alteration_changes_the_hash() -> None:
    hashes = {replace(REPORT, **change).content_hash for change in CHANGES}
    assert len(hashes | {REPORT.content_hash}) == len(CHANGES) + 1


def test_the_summary_counts_what_is_inside_in_every_language() -> None:
    words = summary(replace(REPORT, measurements=measured(NOISE=75.0, LEVEL=0.0, INSULATION=3.0)))
    assert tuple(words) == LANGUAGES
    assert all("2" in text and "3" in text for text in words.values())


def test_a_conceded_value_stays_in_the_report_as_it_was_measured() -> None:
    state = STATES[ProductStatus.ON_HOLD]
    (failure,) = open_failures(state, MODEL)
    conceded = decision_made(failure, DecisionChoice("CONCESSION", Decimal(-20), 0), at(90))
    report = report_of(append(UNIT, fold([conceded], state), RELEASE, at(101)), MODEL)
    values = {measurement.characteristic: measurement for measurement in report.measurements}
    assert (values["COLOUR_DELTA"].value, values["COLOUR_DELTA"].passed) == (1.5, False)
    assert "5 of 6" in summary(report)["en"]
