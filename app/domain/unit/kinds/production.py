"""What the plant reports while it builds a unit: operations, and components with numbers of their own."""

from app.domain.shared.refusal import NotPossible, RefusalCode
from app.domain.shared.text import all_languages
from app.domain.unit.component import Component
from app.domain.unit.event import BY_FACTORY, Event, Row, StepKind
from app.domain.unit.fact import Fitted, Times, earliest
from app.domain.unit.payload import Payload
from app.domain.unit.stage import Stage
from app.domain.unit.state import Changes, State

COMPONENTS_MAX = 100


def _started(state: State, event: Event) -> Changes:
    times = state.operations.get(event.its_operation, Times())
    times = Times(earliest(times.started_at, event.occurred_at), times.completed_at)
    return {"operations": {**state.operations, event.its_operation: times}}


def _completed(state: State, event: Event) -> Changes:
    times = state.operations.get(event.its_operation, Times())
    times = Times(times.started_at, earliest(times.completed_at, event.occurred_at))
    return {"operations": {**state.operations, event.its_operation: times}}


def _fitted(state: State, event: Event) -> Changes:
    """Put a component in its position, unless another one was fitted there later."""
    if event.payload is None:
        return {}
    component = event.carried(Component)
    fitted, other = Fitted(component, event.occurred_at, event.key), state.components.get(component.position_or_part)
    if other is not None and (other.occurred_at, other.event) > (fitted.occurred_at, fitted.event):
        return {}
    return {"components": {**state.components, component.position_or_part: fitted}}


def _check_room(state: State, component: Payload) -> None:
    """Raise NotPossible where a unit has as many components as it may, and none sits at this position."""
    known = isinstance(component, Component) and component.position_or_part in state.components
    if not known and len(state.components) >= COMPONENTS_MAX:
        message = f"A unit has at most {COMPONENTS_MAX} components with a number."
        raise NotPossible(RefusalCode.IMPOSSIBLE_STEP, message, (Component.member,))


class ProductionKind(StepKind):
    OPERATION_STARTED = (
        "OPERATION_STARTED",
        Row(
            Stage.PRODUCTION,
            all_languages("Started", "开始", "Commencé", "Begonnen"),
            "An operation of the unit's routing began.",
            _started,
            reported_by=BY_FACTORY,
            begins_production=True,
            names_operation=True,
        ),
    )
    OPERATION_COMPLETED = (
        "OPERATION_COMPLETED",
        Row(
            Stage.PRODUCTION,
            all_languages("Completed", "完成", "Terminé", "Fertig"),
            "An operation of the unit's routing ended.",
            _completed,
            reported_by=BY_FACTORY,
            begins_production=True,
            names_operation=True,
        ),
    )
    COMPONENT_FITTED = (
        "COMPONENT_FITTED",
        Row(
            Stage.PRODUCTION,
            all_languages("Component fitted", "部件已装配", "Composant monté", "Bauteil eingebaut"),
            "A component was fitted; where it has a number of its own, the step names it.",
            _fitted,
            payload=Component,
            reported_by=BY_FACTORY,
            begins_production=True,
            check_limit=_check_room,
        ),
    )


OPERATION_KINDS = (ProductionKind.OPERATION_STARTED, ProductionKind.OPERATION_COMPLETED)
