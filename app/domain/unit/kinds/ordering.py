"""The first step of each unit: what was ordered."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.configuration.configuration import Selections
from app.domain.shared.text import all_languages
from app.domain.unit.event import Event, Row, StepKind
from app.domain.unit.payload import Payload
from app.domain.unit.stage import Stage
from app.domain.unit.state import Changes, State

SALT_BYTES = 16


@dataclass(frozen=True)
class Ordered(Payload):
    """What a unit starts from: the choices and the revision of the design that was quoted.

    `engraving_hash` commits to the engraving, whose words stand with the unit and never in the journal; `edition_hash`
    to all that the model's catalogue entry said when it was sold.
    """

    selections: Selections
    design_revision: int = 1
    engraving_hash: str | None = None
    edition_hash: str | None = None


@dataclass(frozen=True)
class Engraving:
    """The words that a person had engraved, beside a random salt of their own; both can be erased, and only together.

    Whoever knows both can check `hash`; whoever does not know the salt cannot even guess the words.
    """

    text: str
    salt: str

    @property
    def hash(self) -> str:
        """SHA-256, in hexadecimal, over the UTF-8 of the salt and the words."""
        return hashlib.sha256(f"{self.salt}{self.text}".encode()).hexdigest()


def salted(text: str | None, draw: Callable[[int], str] = secrets.token_hex) -> Engraving | None:
    """Give an engraving, where there is one, a new salt of 128 random bits."""
    return None if text is None else Engraving(text, draw(SALT_BYTES))


def _ordered(state: State, event: Event) -> Changes:
    ordered = event.carried(Ordered)
    return {"selections": ordered.selections, "design_revision": ordered.design_revision}


class OrderingKind(StepKind):
    ORDER_PLACED = (
        "ORDER_PLACED",
        Row(
            Stage.ORDER,
            all_languages("Ordered", "已下单", "Commandé", "Bestellt"),
            "The unit was ordered and got its ID code.",
            _ordered,
            payload=Ordered,
        ),
    )
