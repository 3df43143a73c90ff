"""The journal of one unit: how an event gets its number there, and the state that follows from it."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.catalogue.catalogue import Model
from app.domain.shared.chain import Head, Sign, hash_of
from app.domain.unit.event import Event
from app.domain.unit.fact import earliest
from app.domain.unit.kinds.inspection import latest_failed, latest_readings
from app.domain.unit.stage import STAGE_OF_STATUS, ProductStatus, Stage
from app.domain.unit.state import Changes, State, changed
from app.domain.unit.status import product_status, progress

FORM = 1
"""The version of the form in which steps are stored and hashed."""


@dataclass(frozen=True)
class Summary:
    """Where a unit was right after a step, by the catalogue of that moment; what was said so is never rewritten."""

    status: ProductStatus
    stage: Stage
    progress: float

    @classmethod
    def of(cls, state: State, model: Model) -> "Summary":
        status = product_status(state, model)
        return cls(status, STAGE_OF_STATUS[status], progress(state, model))


@dataclass(frozen=True, kw_only=True)
class Step(Event):
    """An event with its number in the journal of one unit, and its link to the step before.

    `after` is where the unit was right after it. Everything but `hash` and `signature` is hashed.
    """

    form: int
    product: str
    model: str
    edition: int
    line: str
    sequence: int
    recorded_at: datetime
    after: Summary
    previous_hash: str | None = None
    hash: str
    signature: str


@dataclass(frozen=True)
class JournalEntry:
    """A step as it stands in its journal, beside the state right after it, which follows from all steps until then."""

    step: Step
    state: State

    @property
    def product(self) -> str:
        return self.step.product

    @property
    def sequence(self) -> int:
        return self.step.sequence


@dataclass(frozen=True)
class Unit:
    """What a step says of the unit it belongs to."""

    code: str
    model: str
    edition: int
    line: str


def append(unit: Unit, model: Model, state: State, event: Event, recorded_at: datetime, sign: Sign) -> JournalEntry:
    """Give an event the next number in a unit's journal, chained to the step before, with its head signed."""
    after = follow(state, event)
    draft = Step(
        **{name: getattr(event, name) for name in Event.__dataclass_fields__},
        form=FORM,
        product=unit.code,
        model=unit.model,
        edition=unit.edition,
        line=unit.line,
        sequence=after.sequence,
        recorded_at=recorded_at,
        after=Summary.of(after, model),
        previous_hash=state.hash,
        hash="",
        signature="",
    )
    hash = hash_of(draft)
    signature = sign(Head(unit.code, draft.sequence, hash))
    return JournalEntry(changed(draft, {"hash": hash, "signature": signature}), changed(after, {"hash": hash}))


def follow(state: State, event: Event) -> State:
    """Fold one event into the state."""
    return changed(state, _changes_of(state, event))


def _changes_of(state: State, event: Event) -> Changes:
    """Say what one event changes in the state: what its kind does, and what any event of its form does."""
    changes = event.kind.row.fold(state, event)
    changes["sequence"] = state.sequence + 1
    if event.measurements:
        changes["readings"] = latest_readings(state, event)
        if any(not measurement.passed for measurement in event.measurements):
            changes["failed"] = latest_failed(state, event)
    if event.kind.row.begins_production:
        changes["begun_at"] = earliest(state.begun_at, event.occurred_at)
        if event.operation is not None:
            first = earliest(state.signs.get(event.operation), event.occurred_at)
            changes["signs"] = {**state.signs, event.operation: first}
    return changes
