"""Does every step and choice have a name that a person understands, in every language?"""

from dataclasses import replace

from app.domain.shared.text import LANGUAGES, Text
from app.domain.unit.decision import CONCESSION, REWORK
from app.domain.unit.kinds.decision import DEFAULTED, Answer, DecisionKind
from app.domain.unit.kinds.quality import REMADE, QualityKind, Succession
from app.domain.unit.kinds.table import KINDS
from app.domain.unit.label import CHOICES, step_label
from tests.domain.build import event

PAINTING = {"en": "Painting", "de": "Lackieren"}
MADE = event(DecisionKind.DECISION_MADE, 90)


def test_every_choice_is_named() -> None:
    assert set(CHOICES) == {CONCESSION, REWORK}


def test_no_two_steps_have_the_same_name() -> None:
    labels = [kind.row.label for kind in KINDS.values()]
    for language in LANGUAGES:
        named = [words[language].strip() for words in (*labels, DEFAULTED, REMADE, *CHOICES.values())]
        assert all(named)
        assert len(set(named)) == len(named), language


def test_a_step_has_its_own_name_behind_that_of_its_operation_in_english_where_there_is_no_other() -> None:
    for kind in KINDS.values():
        own: Text = DEFAULTED if kind == DecisionKind.DECISION_MADE else kind.row.label
        assert step_label(event(kind, 90), None) == own
        label = step_label(event(kind, 90), PAINTING)
        assert tuple(label) == LANGUAGES
        assert (label["de"], label["fr"]) == (f"Lackieren: {own['de']}", f"Painting: {own['fr']}")


def test_a_decision_says_whether_somebody_made_it_in_time() -> None:
    assert step_label(replace(MADE, payload=Answer("q1", CONCESSION)), None) == DEFAULTED
    decided = replace(MADE, payload=Answer("q1", CONCESSION, idempotency_key="k"))
    assert step_label(decided, None) == DecisionKind.DECISION_MADE.row.label


def test_a_unit_that_is_made_again_is_not_called_scrap() -> None:
    ended = event(QualityKind.SCRAPPED, 90)
    assert step_label(replace(ended, payload=Succession("7K3M9QXT2CHV0", remade=True)), None) == REMADE
    assert step_label(replace(ended, payload=Succession("7K3M9QXT2CHV0")), None) == QualityKind.SCRAPPED.row.label
