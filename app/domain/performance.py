"""The performance report of one unit: what was measured on it, issued with its release."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from app.domain.catalogue import Model
from app.domain.event import Measurement
from app.domain.journey import Step
from app.domain.text import Text, all_languages


@dataclass(frozen=True)
class PerformanceReport:
    """Immutable: follows from the RELEASED step alone, whose state holds the values measured until then."""

    product: str
    revision: int
    issued_at: datetime
    measurements: tuple[Measurement, ...]

    @property
    def content_hash(self) -> str:
        """SHA-256 over the canonical JSON of all that the report says."""
        content = {
            "product": self.product,
            "revision": self.revision,
            "issuedAt": self.issued_at.isoformat(),
            "measurements": [asdict(measurement) for measurement in self.measurements],
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def report_of(released: Step, model: Model) -> PerformanceReport:
    """Read the report off a RELEASED step, its values in the order of the inspection plan."""
    readings = released.state.readings
    values: Sequence[Measurement] = [readings[code].measurement for code in model.characteristics if code in readings]
    revision = int(released.event_id.rpartition(":")[2])
    return PerformanceReport(released.product, revision, released.recorded_at, tuple(values))


def summary(report: PerformanceReport) -> Text:
    """Say in plain words what the report says in figures."""
    total = len(report.measurements)
    inside = sum(measurement.passed for measurement in report.measurements)
    return all_languages(
        f"{inside} of {total} values measured on this unit are inside their limits.",
        f"本机实测的 {total} 项数值中有 {inside} 项在限值之内。",
        f"{inside} des {total} valeurs mesurées sur cet appareil sont dans leurs limites.",
        f"{inside} von {total} an diesem Gerät gemessenen Werten liegen innerhalb ihrer Grenzen.",
    )
