"""What the plant reports when it puts a unit right."""

from app.domain.shared.text import all_languages
from app.domain.unit.event import BY_FACTORY, Event, Row, StepKind
from app.domain.unit.fact import latest
from app.domain.unit.stage import Stage
from app.domain.unit.state import Changes, State


def _started(state: State, event: Event) -> Changes:
    return {"rework_started_at": latest(state.rework_started_at, event.occurred_at)}


def _completed(state: State, event: Event) -> Changes:
    return {"rework_completed_at": latest(state.rework_completed_at, event.occurred_at)}


class ReworkKind(StepKind):
    REWORK_STARTED = (
        "REWORK_STARTED",
        Row(
            Stage.QUALITY,
            all_languages("Rework started", "开始返工", "Reprise commencée", "Nacharbeit begonnen"),
            "Rework of the unit began.",
            _started,
            reported_by=BY_FACTORY,
            begins_production=True,
        ),
    )
    REWORK_COMPLETED = (
        "REWORK_COMPLETED",
        Row(
            Stage.QUALITY,
            all_languages("Rework completed", "返工完成", "Reprise terminée", "Nacharbeit fertig"),
            "Rework of the unit ended; it is inspected again.",
            _completed,
            reported_by=BY_FACTORY,
            begins_production=True,
        ),
    )
