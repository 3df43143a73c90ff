"""What lists and figures look for in a unit: read off its state, kept beside it where an index can find it."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.catalogue.catalogue import Model
from app.domain.unit.kinds.inspection import first_attempts
from app.domain.unit.nonconformance import nonconformances, open_among
from app.domain.unit.state import State
from app.domain.unit.status import open_failures


@dataclass(frozen=True)
class FittedPart:
    part: str
    serial: str | None
    lot: str | None


@dataclass(frozen=True)
class FirstPass:
    """The first inspection of a unit at one operation."""

    operation: str
    at: datetime
    passed: bool


@dataclass(frozen=True)
class Defect:
    code: str
    at: datetime


@dataclass(frozen=True)
class Listing:
    """`nonconforming_since` and `asked_since`: the oldest open nonconformance, and question to the customer."""

    fitted: tuple[FittedPart, ...] = ()
    first_passes: tuple[FirstPass, ...] = ()
    defects: tuple[Defect, ...] = ()
    nonconforming_since: datetime | None = None
    asked_since: datetime | None = None


def listing(state: State, model: Model) -> Listing:
    parts = (fitted.component for fitted in state.components.values())
    known = nonconformances(state, model)
    waiting = (each.raised_at for each in open_among(known, state))
    asked = (state.requested[f.decision_id] for f in open_failures(state, model) if f.decision_id in state.requested)
    return Listing(
        tuple(FittedPart(component.part, component.serial, component.lot) for component in parts),
        tuple(FirstPass(code, first.occurred_at, first.passed) for code, first in first_attempts(state).items()),
        tuple(Defect(code, n.raised_at) for n in known for code in n.defects),
        min(waiting, default=None),
        min((request.raised_at for request in asked), default=None),
    )
