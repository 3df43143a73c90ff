"""Is a design's journal numbered without holes, and is a change on an old revision refused?"""

from dataclasses import replace

import pytest

from app.domain.design import TITLE_LENGTH_MAX, Design, DesignChange, DesignChangeKind, checked_title, revise
from app.domain.refusal import Conflict, InvalidInput, RefusalCode
from tests.domain.build import MODEL, SELECTIONS, T0, at

STATE = Design("d1", "anna", MODEL.sku, "Kitchen", SELECTIONS, None, 1, "anna", T0, T0)
HEAD = DesignChange("d1", 1, DesignChangeKind.STARTED, T0, STATE)
RED = {**SELECTIONS, "COLOUR": ("RED",)}


def test_a_revision_changes_what_it_names_and_keeps_the_rest() -> None:
    after = revise(HEAD, 1, "ben", at(5), title="Bath", selections=RED, engraving="Anna")
    assert after == DesignChange("d1", 2, DesignChangeKind.REVISED, at(5), after.state)
    expected = replace(
        STATE, title="Bath", selections=RED, engraving="Anna", revision=2, author="ben", revised_at=at(5)
    )
    assert after.state == expected
    assert HEAD.state == STATE


def test_revisions_and_sequence_are_numbered_without_holes() -> None:
    head = HEAD
    for number in range(2, 6):
        head = revise(head, number - 1, "ben", at(number), title="Bath", selections=RED, engraving=None)
        assert (head.sequence, head.state.revision) == (number, number)


@pytest.mark.parametrize("expected", [-1, 0, 1, 2, 4])
def test_a_change_of_another_revision_is_a_conflict_that_names_the_present_one(expected: int) -> None:
    head = replace(HEAD, sequence=3, state=replace(STATE, revision=3))
    with pytest.raises(Conflict) as refused:
        revise(head, expected, "ben", at(1), title="Bath", selections=RED, engraving=None)
    assert refused.value.code == RefusalCode.CONFLICT
    assert refused.value.current_revision == 3
    assert refused.value.path == ("expectedRevision",)


@pytest.mark.parametrize(("title", "kept"), [(" Bath ", "Bath"), ("x" * TITLE_LENGTH_MAX, "x" * TITLE_LENGTH_MAX)])
def test_a_title_is_trimmed(title: str, kept: str) -> None:
    assert checked_title(title) == kept


@pytest.mark.parametrize("title", ["", "  \t", "x" * (TITLE_LENGTH_MAX + 1)])
def test_an_empty_or_long_title_is_refused(title: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_title(title)
    assert refused.value.path == ("title",)
