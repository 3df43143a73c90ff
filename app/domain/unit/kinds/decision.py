"""What its customer is asked about a unit that failed an inspection, and what the answer is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.shared.text import Text, all_languages
from app.domain.unit.event import Event, Row, StepKind, announced
from app.domain.unit.evidence import Measurement, Media
from app.domain.unit.fact import Decided, Requested
from app.domain.unit.payload import Payload
from app.domain.unit.stage import Stage
from app.domain.unit.state import Changes, State

DEFAULTED = all_languages(
    "Deadline passed, the default applies",
    "已过期限，按默认方式处理",
    "Délai dépassé, le choix par défaut s'applique",
    "Frist abgelaufen, es gilt die Vorgabe",
)


@dataclass(frozen=True)
class Question(Payload):
    """What DECISION_REQUESTED asks: what was measured, and until when an answer counts. `id` names the decision."""

    id: str
    deadline: datetime
    evidence: tuple[Measurement, ...] = ()
    media: tuple[Media, ...] = ()


@dataclass(frozen=True)
class Answer(Payload):
    """What DECISION_MADE says: the choice, and what it changes in the price. `conceded`: the values it accepts.

    Of the key that a customer's answer comes with, only a hash is kept.
    """

    id: str
    choice: str
    price_delta: Decimal = Decimal("0.00")
    idempotency_key: str | None = None
    conceded: tuple[Measurement, ...] = ()

    @property
    def by_default(self) -> bool:
        """Tell whether it applied at the deadline: a customer's answer always comes with a key."""
        return self.idempotency_key is None

    @property
    def label(self) -> Text | None:
        return DEFAULTED if self.by_default else None


def _requested(state: State, event: Event) -> Changes:
    question = event.carried(Question)
    request = Requested(event.occurred_at, question.deadline, question.evidence, question.media)
    return {**announced(state, event), "requested": {**state.requested, question.id: request}}


def _decided(state: State, event: Event) -> Changes:
    answer = event.carried(Answer)
    decided = Decided(answer.choice, event.occurred_at, answer.idempotency_key, answer.conceded)
    return {"decided": {**state.decided, answer.id: decided}, "price_delta": state.price_delta + answer.price_delta}


class DecisionKind(StepKind):
    DECISION_REQUESTED = (
        "DECISION_REQUESTED",
        Row(
            Stage.QUALITY,
            all_languages(
                "Your decision is asked for", "请您决定", "Votre décision est demandée", "Ihre Entscheidung ist gefragt"
            ),
            "The customer is asked whether to take the unit as it is or to have it reworked.",
            _requested,
            payload=Question,
        ),
    )
    DECISION_MADE = (
        "DECISION_MADE",
        Row(
            Stage.QUALITY,
            all_languages("Decided", "已决定", "Décidé", "Entschieden"),
            "The customer decided, or the default applied at the deadline.",
            _decided,
            payload=Answer,
        ),
    )
