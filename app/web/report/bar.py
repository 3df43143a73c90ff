"""Where a value lies against its limits, as a small drawing: numbers for an SVG of WIDTH by HEIGHT."""

from dataclasses import dataclass

from app.domain.unit.performance import PerformanceValue

WIDTH, HEIGHT = 220.0, 26.0
MARGIN = 0.18
"""The share of the drawing that is left free on either side."""


@dataclass(frozen=True)
class Bar:
    """All in the SVG's own units, from the left."""

    band_from: float
    band_to: float
    limits: tuple[float, ...]
    value: float
    type_test: float | None


def bar(value: PerformanceValue) -> Bar | None:
    """Draw a value; None where there is no limit to draw it against."""
    measured = value.measurement
    lower, upper = measured.lower_limit, measured.upper_limit
    marks = [mark for mark in (lower, upper, value.nominal, value.type_test, measured.value) if mark is not None]
    if lower is None and upper is None:
        return None
    least = min(marks)
    span = max(marks) - least or 1.0

    def place(mark: float) -> float:
        share = MARGIN + (1 - 2 * MARGIN) * (mark - least) / span
        return round(share * WIDTH, 1)

    return Bar(
        0.0 if lower is None else place(lower),
        WIDTH if upper is None else place(upper),
        tuple(place(limit) for limit in (lower, upper) if limit is not None),
        place(measured.value),
        None if value.type_test is None else place(value.type_test),
    )
