"""What each kind of step is expected to be: product.md read a second time, one row for each kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from app.domain.shared.viewer import AccountKind
from app.domain.unit.component import Component
from app.domain.unit.event import Event, StepKind
from app.domain.unit.kinds.change import ChangeKind
from app.domain.unit.kinds.decision import DecisionKind
from app.domain.unit.kinds.delivery import DeliveryKind
from app.domain.unit.kinds.inspection import Finding, InspectionKind
from app.domain.unit.kinds.ordering import OrderingKind
from app.domain.unit.kinds.planning import PlanningKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.quality import QualityKind
from app.domain.unit.kinds.rework import ReworkKind
from app.domain.unit.kinds.transport import Package, Proof, TransportKind
from app.domain.unit.payload import Payload
from app.domain.unit.stage import ProductStatus as S
from app.domain.unit.stage import Stage
from tests.domain.build import event

LIVE = tuple(status for status in S if status not in (S.CANCELLED, S.SCRAPPED))
BEFORE = (S.ORDERED, S.PLANNED)
UNTESTED = (*BEFORE, S.IN_PRODUCTION)
UNSENT = (*UNTESTED, S.IN_INSPECTION, S.ON_HOLD, S.IN_REWORK, S.RELEASED)
UNDELIVERED = tuple(status for status in LIVE if status not in (S.DELIVERED, S.INSTALLED))
BEGUN = frozenset(("begun_at", "signs"))
NOBODY, FACTORY = frozenset[AccountKind](), frozenset((AccountKind.FACTORY,))
BOTH = FACTORY | {AccountKind.CARRIER}


@dataclass(frozen=True)
class Expected:
    """Whose reports are of a kind, which fields of a state it may change, and to which status it leads from which.

    The status is that of a unit to which `example` of the kind happens; None where that cannot be said by the status.
    `sent_to` is the status of a unit of which this is the last that was told of its way. `operation`, `values` and
    `payload` are what an example has beside what every event has.
    """

    stage: Stage
    reporters: frozenset[AccountKind]
    changes: frozenset[str]
    leads: Mapping[S, S] | None = field(default_factory=dict)
    begins_production: bool = False
    sent_to: S | None = None
    operation: str | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    payload: Payload | None = None


def built(changes: str, leads: Mapping[S, S] | None = None, stage: Stage = Stage.PRODUCTION, **more: Any) -> Expected:
    """Say what is expected of something that the plant reports and that shows that production has begun."""
    leads = dict.fromkeys(BEFORE, S.IN_PRODUCTION) if leads is None else leads
    wanted = frozenset(changes.split()) | BEGUN
    return replace(Expected(stage, FACTORY, wanted, leads, begins_production=True), **more)


def sent(status: S, changes: str = "", leads: Mapping[S, S] | None = None, **more: Any) -> Expected:
    """Say what is expected of something that happens to a unit on its way."""
    wanted = frozenset(("transport", "handed_over_at", *changes.split()))
    onward: Mapping[S, S] = dict.fromkeys(UNDELIVERED, status) | dict(leads or {})
    return replace(Expected(Stage.LOGISTICS, BOTH, wanted, onward, sent_to=status), **more)


def said(stage: Stage, changes: str, leads: Mapping[S, S] | None = None) -> Expected:
    """Say what is expected of an act or an announcement."""
    return Expected(stage, NOBODY, frozenset(changes.split()), leads)


order, planning, quality = (partial(said, stage) for stage in (Stage.ORDER, Stage.PLANNING, Stage.QUALITY))
inspected = partial(built, stage=Stage.QUALITY, operation="FINAL_INSPECTION")
reworked = partial(built, stage=Stage.QUALITY)
FITTED = Component("MOTOR", "M-1")
PLANNED = {S.ORDERED: S.PLANNED}
REINSPECTED = {**dict.fromkeys(BEFORE, S.IN_PRODUCTION), S.IN_REWORK: S.IN_INSPECTION}
EXPECTED: Mapping[StepKind, Expected] = {
    OrderingKind.ORDER_PLACED: order("selections design_revision", {}),
    PlanningKind.SCHEDULED: planning("plan announced", PLANNED),
    PlanningKind.RESCHEDULED: planning("plan announced", PLANNED),
    ChangeKind.DESIGN_CHANGED: order("past_choices selections design_revision price_delta"),
    ChangeKind.ADDRESS_CHANGED: order("", {}),
    ChangeKind.ORDER_CANCELLED: order("cancelled_at cancelled_unbegun", dict.fromkeys(LIVE, S.CANCELLED)),
    ProductionKind.OPERATION_STARTED: built("operations", operation="PAINTING"),
    ProductionKind.OPERATION_COMPLETED: built("operations", operation="PAINTING"),
    ProductionKind.COMPONENT_FITTED: built("components", payload=FITTED),
    InspectionKind.INSPECTION_PASSED: inspected(
        "first_attempts attempts readings unproven", dict.fromkeys(UNTESTED, S.IN_INSPECTION), values={"NOISE": 65.0}
    ),
    InspectionKind.INSPECTION_FAILED: inspected(
        "first_attempts attempts readings failed", dict.fromkeys(UNSENT, S.IN_REWORK), payload=Finding("SCRATCH")
    ),
    DecisionKind.DECISION_REQUESTED: quality("requested announced", {}),
    DecisionKind.DECISION_MADE: quality("decided price_delta", {}),
    ReworkKind.REWORK_STARTED: reworked("rework_started_at"),
    ReworkKind.REWORK_COMPLETED: reworked("rework_completed_at", REINSPECTED),
    QualityKind.RELEASED: quality("announced released_upon", {}),
    QualityKind.NONCONFORMANCE_RAISED: quality("announced", {}),
    QualityKind.NONCONFORMANCE_DISPOSED: quality("disposed scrapped_at", dict.fromkeys(S, S.SCRAPPED)),
    QualityKind.SCRAPPED: quality("scrapped_at successor", dict.fromkeys(S, S.SCRAPPED)),
    TransportKind.PACKED: sent(S.PACKED, "packages", reporters=FACTORY, payload=Package("195240000000000016")),
    TransportKind.DISPATCHED: sent(S.IN_TRANSIT),
    TransportKind.ARRIVED_AT_HUB: sent(S.IN_TRANSIT),
    TransportKind.DEPARTED_HUB: sent(S.IN_TRANSIT),
    TransportKind.OUT_FOR_DELIVERY: sent(S.OUT_FOR_DELIVERY),
    TransportKind.DELIVERY_ATTEMPTED: sent(S.IN_TRANSIT),
    TransportKind.DELIVERED: sent(S.DELIVERED, payload=Proof("0" * 64)),
    TransportKind.INSTALLED: sent(S.INSTALLED, leads={S.DELIVERED: S.INSTALLED}, stage=Stage.INSTALLATION),
    DeliveryKind.DELIVERY_SLOT_CHOSEN: said(Stage.LOGISTICS, "slot", {}),
}


def example(kind: StepKind, minutes: float = 90) -> Event:
    """Make an event of a kind with all that the kind carries."""
    expected = EXPECTED[kind]
    made = event(kind, minutes, expected.operation, **expected.values)
    return replace(made, payload=expected.payload) if expected.payload else made
