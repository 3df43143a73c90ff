"""What is announced of a unit's plan: its place on its line, and each move of its finish that is worth telling."""

from dataclasses import dataclass

from app.domain.line.calendar import Plan
from app.domain.shared.text import all_languages
from app.domain.unit.event import Event, Row, StepKind, announced
from app.domain.unit.payload import Payload
from app.domain.unit.stage import Stage
from app.domain.unit.state import Changes, State


@dataclass(frozen=True)
class Planned(Payload):
    """The plan of a unit as it is announced to its customer."""

    plan: Plan


def _planned(state: State, event: Event) -> Changes:
    return {**announced(state, event), "plan": event.carried(Planned).plan}


class PlanningKind(StepKind):
    SCHEDULED = (
        "SCHEDULED",
        Row(
            Stage.PLANNING,
            all_languages("Production planned", "已排产", "Production planifiée", "Produktion geplant"),
            "The unit got its place on the line.",
            _planned,
            payload=Planned,
        ),
    )
    RESCHEDULED = (
        "RESCHEDULED",
        Row(
            Stage.PLANNING,
            all_languages("Plan changed", "排产已调整", "Planning modifié", "Planung geändert"),
            "The unit's place on the line or its expected finish moved.",
            _planned,
            payload=Planned,
        ),
    )
