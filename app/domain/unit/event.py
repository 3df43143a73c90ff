"""What happens to a unit: the kinds of steps, what each kind means, and an event before it enters a journal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self, TypeVar

from app.domain.shared.text import Text
from app.domain.shared.viewer import AccountKind
from app.domain.unit.evidence import Measurement, Media
from app.domain.unit.payload import Payload
from app.domain.unit.stage import Stage
from app.domain.unit.state import Changes, State

NOBODY: frozenset[AccountKind] = frozenset()
BY_FACTORY = frozenset((AccountKind.FACTORY,))
BY_FACTORY_AND_CARRIER = frozenset((AccountKind.FACTORY, AccountKind.CARRIER))
OURSELVES = "zero-distance"
"""The reporter of acts and announcements."""
P = TypeVar("P", bound=Payload)


@dataclass(frozen=True)
class Row:
    """All that one kind of step means: everything else that depends on the kind is derived from its row.

    `label` is what it is called, for a person, in each language; `description` is its public documentation, in whole
    English sentences. `fold` says what a step changes in the state. `payload` is the type that it carries, where it
    carries any. `reported_by`: whose reports may be of this kind; nobody's where it is an act or an announcement.
    `begins_production`: it is a sign that production of the unit has begun, and so has its operation, where it names
    one. `names_operation`: a report of it has to. `check_limit` raises NotPossible where a report goes beyond what a
    unit may have of it.
    """

    stage: Stage
    label: Text
    description: str
    fold: "Fold"
    payload: type[Payload] | None = None
    reported_by: frozenset[AccountKind] = NOBODY
    begins_production: bool = False
    names_operation: bool = False
    check_limit: Callable[[State, Payload], None] | None = None


class StepKind(StrEnum):
    """A kind of step: its name, and its row. The families in `app.domain.unit.kinds` have the kinds themselves."""

    _value_: str
    row: Row

    def __new__(cls, name: str, row: Row) -> Self:
        kind = str.__new__(cls, name)
        kind._value_ = name
        kind.row = row
        return kind


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a unit, before it has a number in the journal.

    (`reporter`, `event_id`) names it for ever. `occurred_at` is the time at the source. `reporter_kind` tells a report
    of the plant from one of the carrier; acts and announcements have none. `payload` is what only its kind carries.
    """

    kind: StepKind
    event_id: str
    occurred_at: datetime
    reporter: str = OURSELVES
    reporter_kind: AccountKind | None = None
    operation: str | None = None
    station: str | None = None
    location: str | None = None
    measurements: tuple[Measurement, ...] = ()
    note: str | None = None
    media: tuple[Media, ...] = ()
    payload: Payload | None = None

    @property
    def key(self) -> str:
        return f"{self.reporter}/{self.event_id}"

    @property
    def stage(self) -> Stage:
        return self.kind.row.stage

    @property
    def its_operation(self) -> str:
        """The operation, which every step of its kind names; raises TypeError where it does not."""
        if self.operation is None:
            raise TypeError(f"a step of kind {self.kind} names its operation")
        return self.operation

    def carried(self, payload: type[P]) -> P:
        """Return the payload, which is of this type; raises TypeError where it is not."""
        if not isinstance(self.payload, payload):
            raise TypeError(f"a step of kind {self.kind} carries a {payload.__name__}")
        return self.payload


Fold = Callable[[State, Event], Changes]


def nothing(state: State, event: Event) -> Changes:
    """Change nothing: the fold of a kind that the state does not remember."""
    return {}


def announced(state: State, event: Event) -> Changes:
    """Remember by its eventId that something was announced."""
    return {"announced": (*state.announced, event.event_id)}
