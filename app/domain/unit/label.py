"""What each step and each answer to a decision is called, for a person."""

from collections.abc import Mapping

from app.domain.shared.text import Text, all_languages
from app.domain.unit.event import Event

CHOICES: Mapping[str, Text] = {
    "CONCESSION": all_languages(
        "Take it as it is, at a lower price",
        "按现状接受并享受优惠",
        "L'accepter en l'état, à prix réduit",
        "So nehmen, zu geringerem Preis",
    ),
    "REWORK": all_languages("Have it reworked", "返工处理", "Le faire reprendre", "Nacharbeiten lassen"),
}


def step_label(event: Event, operation: Text | None) -> Text:
    """Name a step, with the name of its operation where it has one: Painting: completed."""
    label = (event.payload.label if event.payload else None) or event.kind.row.label
    if operation is None:
        return label
    return {language: f"{operation.get(language, operation['en'])}: {text}" for language, text in label.items()}
