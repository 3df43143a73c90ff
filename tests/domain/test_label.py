"""Does every step and choice have a name that a person understands, in every language?"""

import pytest

from app.domain.shared.text import LANGUAGES
from app.domain.unit.decision import CONCESSION, REWORK
from app.domain.unit.event import StepKind
from app.domain.unit.label import CHOICES, DEFAULTED, LABELS, step_label

PAINTING = {"en": "Painting", "de": "Lackieren"}


def test_every_kind_and_every_choice_is_named() -> None:
    assert set(LABELS) == set(StepKind)
    assert set(CHOICES) == {CONCESSION, REWORK}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_steps_have_the_same_name(language: str) -> None:
    named = [words[language].strip() for words in (*LABELS.values(), DEFAULTED, *CHOICES.values())]
    assert all(named)
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("kind", StepKind)
def test_a_step_without_an_operation_has_its_own_name(kind: StepKind) -> None:
    assert step_label(kind, None) == LABELS[kind]


@pytest.mark.parametrize("kind", StepKind)
def test_a_step_with_an_operation_names_it_first_in_english_where_there_is_no_other(kind: StepKind) -> None:
    label = step_label(kind, PAINTING)
    assert tuple(label) == LANGUAGES
    assert label["de"] == f"Lackieren: {LABELS[kind]['de']}"
    assert label["fr"] == f"Painting: {LABELS[kind]['fr']}"


def test_a_decision_that_nobody_made_in_time_says_so() -> None:
    assert step_label(StepKind.DECISION_MADE, None, defaulted=True) == DEFAULTED
