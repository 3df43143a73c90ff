"""What a step may show: values that were read on the unit, and pictures."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Measurement:
    """One value read on this unit, with the limits that were in force; `passed` and `calibrated` are computed here.

    `calibrated` is False where the instrument's calibration had run out: such a value may fail a unit, never pass it.
    """

    characteristic: str
    value: float
    unit: str
    passed: bool
    lower_limit: float | None = None
    upper_limit: float | None = None
    instrument: str | None = None
    calibration_due: date | None = None
    calibrated: bool = True

    @property
    def counts(self) -> bool:
        """Tell whether the value counts: as a pass only by an instrument whose calibration was good."""
        return self.calibrated or not self.passed


@dataclass(frozen=True)
class Media:
    url: str
    type: str
    caption: str | None = None
