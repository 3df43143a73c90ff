"""All kinds of steps there are, and the tables that follow from their rows."""

from collections.abc import Collection, Mapping

from app.domain.shared.viewer import AccountKind
from app.domain.unit.event import StepKind
from app.domain.unit.kinds.change import ChangeKind
from app.domain.unit.kinds.decision import DecisionKind
from app.domain.unit.kinds.delivery import DeliveryKind
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.ordering import OrderingKind
from app.domain.unit.kinds.planning import PlanningKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.quality import QualityKind
from app.domain.unit.kinds.rework import ReworkKind
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.stage import Stage

FAMILIES: tuple[type[StepKind], ...] = (
    OrderingKind,
    PlanningKind,
    ChangeKind,
    ProductionKind,
    InspectionKind,
    DecisionKind,
    ReworkKind,
    QualityKind,
    TransportKind,
    DeliveryKind,
)
KINDS: Mapping[str, StepKind] = {kind.value: kind for family in FAMILIES for kind in family}
"""Every kind by its name, in the order in which the schema lists them."""
REPORT_KINDS = frozenset(kind for kind in KINDS.values() if kind.row.reported_by)
REPORTED_BY: Mapping[AccountKind, frozenset[StepKind]] = {
    account: frozenset(kind for kind in REPORT_KINDS if account in kind.row.reported_by)
    for account in (AccountKind.FACTORY, AccountKind.CARRIER)
}
"""Who reports what."""


def kinds_of(stages: Collection[Stage]) -> list[StepKind]:
    """List the kinds of steps of some stages."""
    return [kind for kind in KINDS.values() if kind.row.stage in stages]
