"""When a unit arrives: from the plan, then from the line, then from the carrier, then as it was."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.catalogue.catalogue import Carrier, Model
from app.domain.configuration.pricing import added_days
from app.domain.line.calendar import Calendar, Plan, PlanReason, work_seconds
from app.domain.shared.text import Text, all_languages
from app.domain.unit.failure import failures
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.stage import DELIVERED, ENDED, ProductStatus
from app.domain.unit.state import State
from app.domain.unit.status import concessions, open_failures, product_status, progress


class EtaBasis(StrEnum):
    PLAN = "PLAN"
    LINE = "LINE"
    CARRIER = "CARRIER"
    ACTUAL = "ACTUAL"


CONFIDENCE = {EtaBasis.PLAN: 0.7, EtaBasis.LINE: 0.85, EtaBasis.CARRIER: 0.9, EtaBasis.ACTUAL: 1.0}
REASONS: Mapping[PlanReason, Text] = {
    PlanReason.LEVELLED: all_languages(
        "The line's sequence was put in a better order.",
        "生产线的排序已优化。",
        "L'ordre de la ligne a été amélioré.",
        "Die Reihenfolge der Linie wurde verbessert.",
    ),
    PlanReason.LINE_STOPPED: all_languages(
        "The line stood still.", "生产线停机。", "La ligne était à l'arrêt.", "Die Linie stand still."
    ),
    PlanReason.LINE_DRIFTED: all_languages(
        "The line runs faster or slower than planned.",
        "生产线的进度与计划不同。",
        "La ligne avance plus ou moins vite que prévu.",
        "Die Linie läuft schneller oder langsamer als geplant.",
    ),
    PlanReason.CHANGED: all_languages(
        "Your change takes another time to build.",
        "您的更改使制造时间不同。",
        "Votre modification change le temps de fabrication.",
        "Ihre Änderung braucht eine andere Bauzeit.",
    ),
    PlanReason.ON_HOLD: all_languages(
        "Waiting for your decision.", "等待您的决定。", "En attente de votre décision.", "Wartet auf Ihre Entscheidung."
    ),
    PlanReason.IN_REWORK: all_languages(
        "Being reworked after an inspection.",
        "检验后返工中。",
        "En reprise après un contrôle.",
        "Nacharbeit nach einer Prüfung.",
    ),
}
REASON_OF_STATUS = {ProductStatus.ON_HOLD: PlanReason.ON_HOLD, ProductStatus.IN_REWORK: PlanReason.IN_REWORK}


@dataclass(frozen=True)
class Eta:
    """`confidence` is the share, 0 to 1, of units that are expected to arrive from `earliest` to `latest`.

    `previous`: the earliest arrival that was announced before this one.
    """

    earliest: datetime
    latest: datetime
    basis: EtaBasis
    reason: PlanReason | None = None
    previous: datetime | None = None

    @property
    def confidence(self) -> float:
        return CONFIDENCE[self.basis]


def transit(carrier: Carrier | None, country: str) -> tuple[timedelta, timedelta]:
    """Return the shortest and longest transport to a country; nothing where no carrier is named."""
    days = (0, 0) if carrier is None else carrier.transit_days.get(country, carrier.transit_days.get("*", (0, 0)))
    return timedelta(days=days[0]), timedelta(days=days[1])


def estimate(
    state: State,
    plan: Plan | None,
    model: Model,
    calendar: Calendar,
    carrier: Carrier | None,
    country: str,
    now: datetime,
) -> Eta | None:
    """Estimate the arrival from a unit's present plan, its line, its carrier, whichever knows best.

    None before the unit is planned and once it is cancelled or scrapped.
    """
    status = product_status(state, model)
    if status in ENDED:
        return None
    if status in DELIVERED:
        at = state.transport.get(TransportKind.DELIVERED) or state.transport[TransportKind.INSTALLED]
        return Eta(at, at, EtaBasis.ACTUAL)
    shortest, longest = transit(carrier, country)
    dispatched_at = min((at for kind, at in state.transport.items() if kind != TransportKind.PACKED), default=None)
    if dispatched_at is not None:
        return Eta(max(now, dispatched_at + shortest), max(now, dispatched_at + longest), EtaBasis.CARRIER)
    if plan is None:
        return None
    finish, reason = finish_of(state, plan, model, calendar, now)
    previous = state.plan.previous_finish_at + shortest if state.plan and state.plan.previous_finish_at else None
    if state.begun_at or state.transport:
        return Eta(finish + shortest, finish + longest, EtaBasis.LINE, reason, previous)
    promised_at = max(finish, plan.promised_at)
    return Eta(finish + shortest, promised_at + longest, EtaBasis.PLAN, reason or plan.reason, previous)


def finish_of(
    state: State, plan: Plan, model: Model, calendar: Calendar, now: datetime
) -> tuple[datetime, PlanReason | None]:
    """Estimate when a unit will be finished, and say what holds it up.

    A unit that waits for its customer is thought to wait until the deadline; rework takes the days that were named.
    """
    if not (state.begun_at or state.transport):
        return max(plan.finishes_at, now), None
    if state.transport:
        return now, None
    requests = (state.requested.get(failure.decision_id) for failure in open_failures(state, model))
    deadlines = [request.deadline for request in requests if request]
    done = progress(state, model)
    resumes_at = max([now, *deadlines, *_reworked_at(state, model)])
    finish = calendar.after_work(resumes_at, (1.0 - done) * work_seconds(model))
    days = added_days(model, state.selections) if done < 1.0 else 0
    return finish + timedelta(days=days), REASON_OF_STATUS.get(product_status(state, model))


def _reworked_at(state: State, model: Model) -> Iterator[datetime]:
    """Yield when the rework that a customer chose should be done, for each failure that still stands."""
    for failure in failures(state, model):
        decided = state.decided.get(failure.decision_id)
        offers = [checked.concession for checked in concessions(model, failure.evidence) if checked.concession]
        if decided is not None and offers:
            yield decided.decided_at + timedelta(days=max(offer.rework_days for offer in offers))
