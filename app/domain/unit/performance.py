"""The performance report of one unit: what was measured on it, judged once, with its release, and never again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.domain.catalogue.catalogue import Characteristic, Model, TypeTest
from app.domain.shared.chain import digest, form
from app.domain.shared.text import LANGUAGES, Text, all_languages, in_locale
from app.domain.unit.code import format_code
from app.domain.unit.evidence import Measurement
from app.domain.unit.fact import Reading
from app.domain.unit.journey import JournalEntry
from app.domain.unit.state import State

SIBLINGS_MIN, SIBLINGS_MAX = 20, 1_000
"""A percentile is among at most so many units of the model released before, and not given among fewer."""
ANNOUNCED = "released:"


@dataclass(frozen=True)
class Rank:
    """Where a value stands: how many siblings have a smaller one, the same one, and any."""

    below: int
    equal: int
    siblings: int

    @property
    def percentile(self) -> float | None:
        """Return the share of siblings with a smaller value, 0 to 100, equal ones counted half."""
        if self.siblings < SIBLINGS_MIN:
            return None
        return round(100 * (self.below + self.equal / 2) / self.siblings, 1)

    @property
    def worse_where_less_is_better(self) -> float | None:
        return self._share(self.siblings - self.below - self.equal)

    @property
    def worse_where_more_is_better(self) -> float | None:
        return self._share(self.below)

    def _share(self, count: int) -> float | None:
        return None if self.siblings < SIBLINGS_MIN else round(100 * count / self.siblings, 1)


NOWHERE = Rank(0, 0, 0)


@dataclass(frozen=True)
class PerformanceValue:
    """One value measured on this unit; `type_test` is what the model's type test found for the same.

    Where it is pass or fail, the value is 1 or 0. `better_than` is the share of siblings, 0 to 100, with a worse value,
    equal ones not counted; None where neither less nor more is better.
    """

    name: Text
    measurement: Measurement
    measured_at: datetime
    nominal: float | None = None
    type_test: float | None = None
    percentile: float | None = None
    siblings: int = 0
    pass_or_fail: bool = False
    better_than: float | None = None


@dataclass(frozen=True)
class PerformanceReport:
    """Immutable, and complete in itself: whatever becomes of the catalogue, it says what it said when issued."""

    product: str
    revision: int
    gtin: str
    model: str
    model_name: Text
    issued_at: datetime
    values: tuple[PerformanceValue, ...]
    type_tests: tuple[TypeTest, ...]
    summary: Text
    content_hash: str = ""


def releases(state: State) -> int:
    """Count how often a unit was released: the newest revision of its report."""
    return sum(event_id.startswith(ANNOUNCED) for event_id in state.announced)


def ranked_values(released: JournalEntry, model: Model) -> Mapping[str, float]:
    """List the values known at a RELEASED step that have a percentile: all but pass or fail."""
    return {
        code: reading.measurement.value
        for code, reading in released.state.readings.items()
        if code in model.characteristics and model.characteristics[code].unit is not None
    }


def issue(released: JournalEntry, gtin: str, model: Model, ranks: Mapping[str, Rank]) -> PerformanceReport:
    """Make the report of a RELEASED step: of the values that were known then, in the order of the plan."""
    step, readings = released.step, released.state.readings
    values = tuple(
        _value(checked, readings[checked.code], ranks.get(checked.code, NOWHERE))
        for checked in model.inspection_plan
        if checked.code in readings
    )
    report = PerformanceReport(
        product=step.product,
        revision=int(step.event_id.removeprefix(ANNOUNCED)),
        gtin=gtin,
        model=model.sku,
        model_name=model.name,
        issued_at=step.recorded_at,
        values=values,
        type_tests=model.type_tests,
        summary=_summary(values),
    )
    return replace(report, content_hash=hash_of(report))


def _value(checked: Characteristic, reading: Reading, rank: Rank) -> PerformanceValue:
    return PerformanceValue(
        checked.name,
        reading.measurement,
        reading.occurred_at,
        checked.nominal,
        checked.type_test,
        rank.percentile,
        rank.siblings,
        checked.unit is None,
        better_than(reading.measurement, rank),
    )


def better_than(measurement: Measurement, rank: Rank) -> float | None:
    """Return the share of siblings that are worse: more below an upper limit alone, less above a lower one."""
    if (measurement.lower_limit is None) == (measurement.upper_limit is None):
        return None
    return rank.worse_where_more_is_better if measurement.upper_limit is None else rank.worse_where_less_is_better


def _summary(values: Sequence[PerformanceValue]) -> Text:
    """Say in plain words what the report says in figures."""
    total, inside = len(values), sum(value.measurement.passed for value in values)
    sentences = [
        all_languages(
            f"{inside} of {total} values measured on this unit are inside their limits.",
            f"本机实测的 {total} 项数值中有 {inside} 项在限值之内。",
            f"{inside} des {total} valeurs mesurées sur cet appareil sont dans leurs limites.",
            f"{inside} von {total} an diesem Gerät gemessenen Werten liegen innerhalb ihrer Grenzen.",
        )
    ]
    if inside < total:
        sentences.append(
            all_languages(
                f"Accepted as it is: {total - inside}.",
                f"按现状接受：{total - inside} 项。",
                f"Accepté en l'état : {total - inside}.",
                f"So angenommen: {total - inside}.",
            )
        )
    best = max(values, key=lambda value: value.better_than or 0.0, default=None)
    if best is not None and (best.better_than or 0.0) >= 50:
        sentences.append(_praise(best, int(best.better_than or 0)))
    return {
        language: ("" if language == "zh" else " ").join(sentence[language] for sentence in sentences)
        for language in LANGUAGES
    }


def _praise(value: PerformanceValue, share: int) -> Text:
    en, zh, fr, de = (in_locale(value.name, language) for language in LANGUAGES)
    return all_languages(
        f"{en}: better than {share} % of the last {value.siblings} units of this model.",
        f"{zh}：优于同型号最近 {value.siblings} 台中的 {share}%。",
        f"{fr} : mieux que {share} % des {value.siblings} derniers appareils de ce modèle.",
        f"{de}: besser als {share} % der letzten {value.siblings} Geräte dieses Modells.",
    )


def content(report: PerformanceReport) -> dict[str, Any]:
    """Say all that a report says as JSON, but for its hash: what the hash is over."""
    said = {
        "product": format_code(report.product),
        "gtin": report.gtin,
        "revision": report.revision,
        "issuedAt": report.issued_at,
        "model": {"sku": report.model, "name": report.model_name},
        "summary": report.summary,
        "measuredOnThisUnit": [_content_of(value) for value in report.values],
        "typeTestedOnTheModel": [vars(test) for test in report.type_tests],
    }
    found: dict[str, Any] = form(said)
    return found


def _content_of(value: PerformanceValue) -> dict[str, Any]:
    measurement = value.measurement
    return {
        "characteristic": measurement.characteristic,
        "name": value.name,
        "value": measurement.value,
        "unit": measurement.unit,
        "lowerLimit": measurement.lower_limit,
        "upperLimit": measurement.upper_limit,
        "nominal": value.nominal,
        "passOrFail": value.pass_or_fail,
        "passed": measurement.passed,
        "instrument": measurement.instrument,
        "calibrated": measurement.calibrated,
        "measuredAt": value.measured_at,
        "typeTestValue": value.type_test,
        "percentile": value.percentile,
        "siblings": value.siblings,
        "betterThan": value.better_than,
    }


def hash_of(report: PerformanceReport) -> str:
    """Compute SHA-256, hex, over the RFC 8785 canonical JSON of a report's content."""
    return digest(content(report))
