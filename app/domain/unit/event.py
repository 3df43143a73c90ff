"""What can happen to a unit: the kinds of steps, and an event before it has a place in the journal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from app.domain.configuration.configuration import Selections
from app.domain.line.calendar import Plan
from app.domain.shared.viewer import AccountKind
from app.domain.unit.delivery_slot import DeliverySlot


class Stage(StrEnum):
    ORDER = "ORDER"
    PLANNING = "PLANNING"
    PRODUCTION = "PRODUCTION"
    QUALITY = "QUALITY"
    LOGISTICS = "LOGISTICS"
    INSTALLATION = "INSTALLATION"


class StepKind(StrEnum):
    ORDER_PLACED = "ORDER_PLACED"
    SCHEDULED = "SCHEDULED"
    RESCHEDULED = "RESCHEDULED"
    DESIGN_CHANGED = "DESIGN_CHANGED"
    ADDRESS_CHANGED = "ADDRESS_CHANGED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    OPERATION_STARTED = "OPERATION_STARTED"
    OPERATION_COMPLETED = "OPERATION_COMPLETED"
    COMPONENT_FITTED = "COMPONENT_FITTED"
    INSPECTION_PASSED = "INSPECTION_PASSED"
    INSPECTION_FAILED = "INSPECTION_FAILED"
    DECISION_REQUESTED = "DECISION_REQUESTED"
    DECISION_MADE = "DECISION_MADE"
    REWORK_STARTED = "REWORK_STARTED"
    REWORK_COMPLETED = "REWORK_COMPLETED"
    RELEASED = "RELEASED"
    NONCONFORMANCE_RAISED = "NONCONFORMANCE_RAISED"
    NONCONFORMANCE_DISPOSED = "NONCONFORMANCE_DISPOSED"
    SCRAPPED = "SCRAPPED"
    PACKED = "PACKED"
    DISPATCHED = "DISPATCHED"
    ARRIVED_AT_HUB = "ARRIVED_AT_HUB"
    DEPARTED_HUB = "DEPARTED_HUB"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERY_ATTEMPTED = "DELIVERY_ATTEMPTED"
    DELIVERED = "DELIVERED"
    INSTALLED = "INSTALLED"
    DELIVERY_SLOT_CHOSEN = "DELIVERY_SLOT_CHOSEN"


STAGE_OF: Mapping[StepKind, Stage] = {
    StepKind.ORDER_PLACED: Stage.ORDER,
    StepKind.SCHEDULED: Stage.PLANNING,
    StepKind.RESCHEDULED: Stage.PLANNING,
    StepKind.DESIGN_CHANGED: Stage.ORDER,
    StepKind.ADDRESS_CHANGED: Stage.ORDER,
    StepKind.ORDER_CANCELLED: Stage.ORDER,
    StepKind.OPERATION_STARTED: Stage.PRODUCTION,
    StepKind.OPERATION_COMPLETED: Stage.PRODUCTION,
    StepKind.COMPONENT_FITTED: Stage.PRODUCTION,
    StepKind.INSPECTION_PASSED: Stage.QUALITY,
    StepKind.INSPECTION_FAILED: Stage.QUALITY,
    StepKind.DECISION_REQUESTED: Stage.QUALITY,
    StepKind.DECISION_MADE: Stage.QUALITY,
    StepKind.REWORK_STARTED: Stage.QUALITY,
    StepKind.REWORK_COMPLETED: Stage.QUALITY,
    StepKind.RELEASED: Stage.QUALITY,
    StepKind.NONCONFORMANCE_RAISED: Stage.QUALITY,
    StepKind.NONCONFORMANCE_DISPOSED: Stage.QUALITY,
    StepKind.SCRAPPED: Stage.QUALITY,
    StepKind.PACKED: Stage.LOGISTICS,
    StepKind.DISPATCHED: Stage.LOGISTICS,
    StepKind.ARRIVED_AT_HUB: Stage.LOGISTICS,
    StepKind.DEPARTED_HUB: Stage.LOGISTICS,
    StepKind.OUT_FOR_DELIVERY: Stage.LOGISTICS,
    StepKind.DELIVERY_ATTEMPTED: Stage.LOGISTICS,
    StepKind.DELIVERED: Stage.LOGISTICS,
    StepKind.INSTALLED: Stage.INSTALLATION,
    StepKind.DELIVERY_SLOT_CHOSEN: Stage.LOGISTICS,
}


TRANSPORT_KINDS = tuple(
    kind
    for kind, stage in STAGE_OF.items()
    if stage in (Stage.LOGISTICS, Stage.INSTALLATION) and kind != StepKind.DELIVERY_SLOT_CHOSEN
)


OPERATION_KINDS = (StepKind.OPERATION_STARTED, StepKind.OPERATION_COMPLETED)


INSPECTION_KINDS = (StepKind.INSPECTION_PASSED, StepKind.INSPECTION_FAILED)


REWORK_KINDS = (StepKind.REWORK_STARTED, StepKind.REWORK_COMPLETED)


REPORT_KINDS = frozenset(
    (*OPERATION_KINDS, StepKind.COMPONENT_FITTED, *INSPECTION_KINDS, *REWORK_KINDS, *TRANSPORT_KINDS)
)


REPORTED_BY: Mapping[AccountKind, frozenset[StepKind]] = {
    AccountKind.FACTORY: REPORT_KINDS,
    AccountKind.CARRIER: frozenset(TRANSPORT_KINDS) - {StepKind.PACKED},
}
"""Who reports what: packing is done in the plant, and is what hands a unit to its carrier."""


OURSELVES = "zero-distance"
"""The reporter of acts and announcements."""


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
    def proves(self) -> bool:
        """Tell whether the value counts: as a pass only by an instrument whose calibration was good."""
        return self.calibrated or not self.passed


@dataclass(frozen=True)
class Media:
    url: str
    type: str
    caption: str | None = None


@dataclass(frozen=True)
class Component:
    """A part with a number of its own. `position` tells two of the same part apart; where not given, it is the part."""

    part: str
    serial: str | None = None
    lot: str | None = None
    supplier: str | None = None
    position: str | None = None

    @property
    def place(self) -> str:
        return self.position or self.part


class Disposition(StrEnum):
    """What becomes of a nonconforming unit (ISO 9000): reworked it conforms, repaired it is fit for its use."""

    REWORK = "REWORK"
    REPAIR = "REPAIR"
    CONCESSION = "CONCESSION"
    REMAKE = "REMAKE"
    SCRAP = "SCRAP"


FINAL_DISPOSITIONS = frozenset((Disposition.REMAKE, Disposition.SCRAP))


class Disposer(StrEnum):
    """Who decided, by role: people who work on the line are never named."""

    CUSTOMER = "CUSTOMER"
    ENGINEER = "ENGINEER"
    RULE = "RULE"


@dataclass(frozen=True)
class Disposal:
    """What a NONCONFORMANCE_DISPOSED step carries, and NONCONFORMANCE_RAISED without a disposition.

    `conceded`: the values that a concession accepts as they are.
    """

    nonconformance: str
    disposition: Disposition | None = None
    by: Disposer = Disposer.ENGINEER
    conceded: tuple[Measurement, ...] = ()


@dataclass(frozen=True)
class Change:
    """What a DESIGN_CHANGED act changes: all choices as they are from now on, and the difference in price."""

    selections: Selections
    price_delta: Decimal


@dataclass(frozen=True)
class DecisionEntry:
    """What a DECISION_* step carries: when requested, the deadline and what was measured; when made, the choice.

    With the choice of a concession, the evidence is what it accepts. Of a key, only a hash is kept.
    """

    id: str
    deadline: datetime | None = None
    evidence: tuple[Measurement, ...] = ()
    media: tuple[Media, ...] = ()
    choice: str | None = None
    price_delta: Decimal = Decimal("0.00")
    idempotency_key: str | None = None

    @property
    def by_default(self) -> bool:
        """Tell whether a choice is the one that applied at the deadline: a customer's always comes with a key."""
        return self.choice is not None and self.idempotency_key is None


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a unit, before it has a place in the journal.

    (`reporter`, `event_id`) names it for ever. `occurred_at` is the time at the source. `defect` is the reporter's own
    code of what is wrong; `successor` the code of the unit that replaces a scrapped one. `signature_hash` is the
    SHA-256 of the proof of delivery that the carrier keeps: the proof itself is personal. `released_upon` names the
    inspections and values that a release follows from (`journey.inspected_upon`). `reporter_kind` tells a report of the
    plant from one of the carrier; acts, announcements and reports from before that was kept have none.
    """

    kind: StepKind
    event_id: str
    occurred_at: datetime
    reporter: str = OURSELVES
    operation: str | None = None
    station: str | None = None
    location: str | None = None
    measurements: tuple[Measurement, ...] = ()
    note: str | None = None
    media: tuple[Media, ...] = ()
    plan: Plan | None = None
    change: Change | None = None
    decision: DecisionEntry | None = None
    component: Component | None = None
    defect: str | None = None
    disposal: Disposal | None = None
    successor: str | None = None
    sscc: str | None = None
    signature_hash: str | None = None
    slot: DeliverySlot | None = None
    released_upon: str | None = None
    reporter_kind: AccountKind | None = None

    @property
    def key(self) -> str:
        return f"{self.reporter}/{self.event_id}"
