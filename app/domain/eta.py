"""When a unit arrives: from the plan, then from the line, then from the carrier, then as it was."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.catalogue import Carrier, Model
from app.domain.event import StepKind
from app.domain.journey import State
from app.domain.planning import Calendar, work_seconds
from app.domain.pricing import added_days
from app.domain.status import DELIVERED, ENDED, ProductStatus, product_status, progress
from app.domain.text import Text, all_languages


class EtaBasis(StrEnum):
    PLAN = "PLAN"
    LINE = "LINE"
    CARRIER = "CARRIER"
    ACTUAL = "ACTUAL"


CONFIDENCE = {EtaBasis.PLAN: 0.7, EtaBasis.LINE: 0.85, EtaBasis.CARRIER: 0.9, EtaBasis.ACTUAL: 1.0}
HOLD = all_languages(
    "Waiting for your decision.", "等待您的决定。", "En attente de votre décision.", "Wartet auf Ihre Entscheidung."
)
REWORK = all_languages(
    "Being reworked after an inspection.",
    "检验后返工中。",
    "En reprise après un contrôle.",
    "Nacharbeit nach einer Prüfung.",
)


@dataclass(frozen=True)
class Eta:
    """`confidence` is the share, 0 to 1, of units that are expected to arrive from `earliest` to `latest`."""

    earliest: datetime
    latest: datetime
    basis: EtaBasis
    reason: Text | None = None

    @property
    def confidence(self) -> float:
        return CONFIDENCE[self.basis]


def transit(carrier: Carrier | None, country: str) -> tuple[timedelta, timedelta]:
    """Return the shortest and longest transport to a country; nothing where no carrier is named."""
    days = (0, 0) if carrier is None else carrier.transit_days.get(country, carrier.transit_days.get("*", (0, 0)))
    return timedelta(days=days[0]), timedelta(days=days[1])


def estimate(
    state: State, model: Model, calendar: Calendar, carrier: Carrier | None, country: str, now: datetime
) -> Eta | None:
    """Estimate the arrival; None before the unit is planned and once it is cancelled or scrapped."""
    status = product_status(state, model)
    if status in ENDED:
        return None
    if status in DELIVERED:
        at = state.transport.get(StepKind.DELIVERED) or state.transport[StepKind.INSTALLED]
        return Eta(at, at, EtaBasis.ACTUAL)
    shortest, longest = transit(carrier, country)
    dispatched_at = min((at for kind, at in state.transport.items() if kind != StepKind.PACKED), default=None)
    if dispatched_at is not None:
        return Eta(max(now, dispatched_at + shortest), max(now, dispatched_at + longest), EtaBasis.CARRIER)
    if state.plan is None:
        return None
    done = progress(state, model)
    if done == 0.0 and not state.operations:
        finish, basis = max(state.plan.finishes_at, now), EtaBasis.PLAN
    else:
        work_left = calendar.after_work(now, (1.0 - done) * work_seconds(model))
        days = added_days(model, state.selections) if done < 1.0 else 0
        finish, basis = work_left + timedelta(days=days), EtaBasis.LINE
    reason = {ProductStatus.ON_HOLD: HOLD, ProductStatus.IN_REWORK: REWORK}.get(status)
    return Eta(finish + shortest, finish + longest, basis, reason)
