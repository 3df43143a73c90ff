"""How well a line works: first-pass yield by operation and rolled, and its defects as Pareto ordered them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import prod

from app.domain.shared.refusal import InvalidInput

PERIOD_MAX = timedelta(days=366)


@dataclass(frozen=True)
class Tally:
    """How many there are of one code: units first inspected at an operation with those that passed, or defects."""

    code: str
    counted: int
    passed: int = 0

    @property
    def share(self) -> float | None:
        return self.passed / self.counted if self.counted else None


@dataclass(frozen=True)
class DefectShare:
    code: str
    count: int
    share: float
    cumulative_share: float


@dataclass(frozen=True)
class LineQuality:
    """The figures of a period. `rolled_yield` is the product over operations, None where nothing was inspected."""

    since: datetime
    until: datetime
    units: Tally
    operations: Sequence[Tally]
    defects: Sequence[DefectShare]

    @property
    def rolled_yield(self) -> float | None:
        shares = [operation.share for operation in self.operations if operation.share is not None]
        return prod(shares) if shares else None


def check_period(since: datetime, until: datetime) -> None:
    if not since < until:
        raise InvalidInput("until comes after from.", ("until",))
    if until - since > PERIOD_MAX:
        raise InvalidInput(f"A period has at most {PERIOD_MAX.days} days.", ("until",))


def pareto(defects: Sequence[Tally]) -> Iterator[DefectShare]:
    """Order defects by how often they are, with the share of each and of all up to it; equals by their code."""
    whole, so_far = sum(defect.counted for defect in defects), 0
    for defect in sorted(defects, key=lambda defect: (-defect.counted, defect.code)):
        so_far += defect.counted
        yield DefectShare(defect.code, defect.counted, defect.counted / whole, so_far / whole)
