"""What a simulated machine reports, and what it has reported already."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Known(NamedTuple):
    """One entry of a unit's journal, as far as it tells what was reported."""

    kind: str
    operation: str | None = None


class Measured(NamedTuple):
    characteristic: str
    value: float
    unit: str


class Component(NamedTuple):
    part: str
    serial: str
    lot: str
    supplier: str


@dataclass(frozen=True)
class Event:
    """Something to report, `after_seconds` behind what comes before it. Production waits behind one that fails."""

    id: str
    kind: str
    after_seconds: float = 0.0
    operation: str | None = None
    station: str | None = None
    location: str | None = None
    note: str | None = None
    measurements: tuple[Measured, ...] = ()
    component: Component | None = None
    sscc: str | None = None
    signature_hash: str | None = None

    @property
    def fails(self) -> bool:
        return self.kind == "INSPECTION_FAILED"

    @property
    def known(self) -> Known:
        return Known(self.kind, self.operation)


def unreported(events: Iterable[Event], history: Iterable[Known]) -> list[Event]:
    """Leave out what the journal holds already; an inspection counts whatever its verdict was."""
    reported = Counter(_either(known) for known in history)
    left: list[Event] = []
    for event in events:
        known = _either(event.known)
        if reported[known]:
            reported[known] -= 1
        else:
            left.append(event)
    return left


def _either(known: Known) -> Known:
    return known._replace(kind="INSPECTION") if known.kind.startswith("INSPECTION_") else known
