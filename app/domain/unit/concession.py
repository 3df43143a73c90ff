"""What was conceded of a unit, and what that settles: a value up to the conceded one, and never safety."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.catalogue.catalogue import Model
from app.domain.unit.disposition import Disposer, Disposition
from app.domain.unit.evidence import Measurement
from app.domain.unit.state import State


@dataclass(frozen=True)
class Concession:
    """One value that was accepted as it is: by whom, and when."""

    measurement: Measurement
    by: Disposer
    at: datetime


def conceded_values(state: State, model: Model) -> Iterator[Concession]:
    """Yield each value that was conceded: the acts say which."""
    for decided in state.decided.values():
        if decided.choice == Disposition.CONCESSION:
            by = Disposer.CUSTOMER if decided.idempotency_key is not None else Disposer.RULE
            yield from _each(model, decided.conceded, by, decided.decided_at)
    for disposed in state.disposed.values():
        if disposed.disposition == Disposition.CONCESSION:
            yield from _each(model, disposed.conceded, disposed.by, disposed.at)


def _each(model: Model, values: Sequence[Measurement], by: Disposer, at: datetime) -> Iterator[Concession]:
    return (Concession(value, by, at) for value in values if not model.characteristics[value.characteristic].safety)


def no_worse(measured: Measurement, conceded: Measurement) -> bool:
    """Tell whether a value is outside on the same side as one that was conceded, and no further."""
    if measured.characteristic != conceded.characteristic or measured.passed or conceded.passed:
        return False
    if _is_below(conceded):
        return _is_below(measured) and measured.value >= conceded.value
    return not _is_below(measured) and measured.value <= conceded.value


def _is_below(measured: Measurement) -> bool:
    return measured.lower_limit is not None and measured.value < measured.lower_limit


def concession_of(state: State, model: Model, measured: Measurement) -> Concession | None:
    """Find the first concession that covers a value outside its limits."""
    covering = (each for each in conceded_values(state, model) if no_worse(measured, each.measurement))
    return min(covering, key=lambda each: each.at, default=None)
