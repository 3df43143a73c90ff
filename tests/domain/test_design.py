"""Is a design's journal numbered without holes, are its people held to their roles, and do proposals settle once?"""

from dataclasses import replace

import pytest

from app.domain import design as domain
from app.domain.design import (
    MEMBERS_MAX,
    OPEN_PROPOSALS_MAX,
    TEXT_LENGTH_MAX,
    TITLE_LENGTH_MAX,
    Comment,
    Design,
    DesignChange,
    DesignChangeKind,
    Role,
    Vote,
    check_revision,
    checked_text,
    checked_title,
    revised,
    started,
)
from app.domain.refusal import Conflict, InvalidInput, NotAllowed, NotFound, NotPossible, RefusalCode
from tests.domain.build import MODEL, SELECTIONS, T0, at

STATE = Design("d1", "anna", MODEL.sku, "Kitchen", SELECTIONS, None, 1, "anna", T0, T0)
HEAD = started(STATE)
RED = {"COLOUR": ("RED",)}


def proposed(head: DesignChange = HEAD, author: str = "ben") -> DesignChange:
    return domain.proposed(head, author, "Nicer", RED, None, at(1))


def test_a_journal_begins_with_its_first_revision() -> None:
    assert (HEAD.sequence, HEAD.kind, HEAD.revision, HEAD.state) == (1, DesignChangeKind.STARTED, 1, STATE)


def test_a_revision_changes_what_it_names_and_keeps_the_rest() -> None:
    after = revised(HEAD, DesignChangeKind.REVISED, "ben", at(5), {"title": "Bath"})
    expected = replace(STATE, title="Bath", revision=2, author="ben", revised_at=at(5), sequence=2)
    assert (after.sequence, after.revision, after.state) == (2, 2, expected)
    assert HEAD.state == STATE


def test_changes_are_numbered_without_holes_and_only_revisions_count_as_such() -> None:
    head = HEAD
    head = domain.commented(head, "ben", Comment("Hello"), at(1))
    head = revised(head, DesignChangeKind.REVISED, "anna", at(2), {"title": "Bath"})
    head = proposed(head)
    assert (head.sequence, head.state.sequence, head.state.revision, head.revision) == (4, 4, 2, None)


@pytest.mark.parametrize("expected", [-1, 0, 1, 2, 4])
def test_a_change_of_another_revision_is_a_conflict_that_names_the_present_one(expected: int) -> None:
    head = replace(HEAD, sequence=7, state=replace(STATE, revision=3))
    with pytest.raises(Conflict) as refused:
        check_revision(head, expected)
    assert refused.value.code == RefusalCode.CONFLICT
    assert refused.value.current_revision == 3
    assert refused.value.path == ("expectedRevision",)


def test_who_joins_has_their_role_and_joining_again_changes_nothing() -> None:
    inside = domain.joined(HEAD, "ben", Role.EDITOR, 1, at(1))
    assert inside is not None
    assert [inside.state.role_of(who) for who in ("anna", "ben", "eve")] == [Role.OWNER, Role.EDITOR, None]
    assert domain.joined(inside, "ben", Role.EDITOR, 1, at(2)) is None
    assert domain.joined(inside, "anna", Role.VIEWER, 1, at(2)) is None
    other = domain.joined(inside, "ben", Role.VIEWER, 1, at(2))
    assert other is not None
    assert other.state.role_of("ben") == Role.VIEWER


def test_a_design_has_so_many_members_and_no_more() -> None:
    full = replace(HEAD, state=replace(STATE, members={f"m{n}": Role.VIEWER for n in range(MEMBERS_MAX)}))
    with pytest.raises(NotPossible):
        domain.joined(full, "ben", Role.VIEWER, 1, at(1))
    assert domain.joined(full, "m0", Role.EDITOR, 1, at(1)) is not None


@pytest.mark.parametrize(("by", "out"), [("anna", "ben"), ("ben", "ben")])
def test_the_owner_takes_members_out_and_they_leave(by: str, out: str) -> None:
    inside = replace(HEAD, state=replace(STATE, members={"ben": Role.EDITOR, "eve": Role.VIEWER}))
    assert domain.left(inside, by, out, at(1)).state.members == {"eve": Role.VIEWER}


def test_a_member_takes_nobody_else_out() -> None:
    inside = replace(HEAD, state=replace(STATE, members={"ben": Role.EDITOR, "eve": Role.VIEWER}))
    with pytest.raises(NotAllowed):
        domain.left(inside, "ben", "eve", at(1))
    with pytest.raises(NotFound):
        domain.left(inside, "anna", "anna", at(1))


def test_a_proposal_waits_beside_the_configuration() -> None:
    waiting = proposed()
    assert waiting.state.selections == SELECTIONS
    assert waiting.state.proposals["2"] == waiting.proposal
    with pytest.raises(InvalidInput):
        domain.proposed(HEAD, "ben", None, {}, None, at(1))


def test_so_many_proposals_are_open_and_no_more() -> None:
    head = HEAD
    for _ in range(OPEN_PROPOSALS_MAX):
        head = proposed(head)
    with pytest.raises(NotPossible):
        proposed(head)


def test_everybody_has_one_voice_that_may_change_and_be_taken_back() -> None:
    head = proposed()
    for who, vote in (("eve", Vote.FOR), ("ben", Vote.FOR), ("eve", Vote.AGAINST)):
        change = domain.voted(head, who, 2, vote, at(2))
        assert change is not None
        head = change
    assert head.state.proposals["2"].votes == {"ben": Vote.FOR, "eve": Vote.AGAINST}
    assert domain.voted(head, "eve", 2, Vote.AGAINST, at(3)) is None
    back = domain.voted(head, "eve", 2, None, at(3))
    assert back is not None
    assert back.state.proposals["2"].votes == {"ben": Vote.FOR}


def test_an_accepted_proposal_is_a_revision_and_a_declined_one_is_not() -> None:
    head = proposed(proposed())
    accepted = domain.settled(head, "anna", 2, {"selections": RED}, at(3))
    assert (accepted.kind, accepted.revision, accepted.state.selections) == (DesignChangeKind.ACCEPTED, 2, RED)
    declined = domain.settled(accepted, "anna", 3, None, at(4))
    assert (declined.kind, declined.revision, declined.state.proposals) == (DesignChangeKind.DECLINED, None, {})
    assert declined.proposal == head.state.proposals["3"]
    for gone in (2, 3, 99):
        with pytest.raises(NotFound):
            domain.settled(declined, "anna", gone, None, at(5))
        with pytest.raises(NotFound):
            domain.voted(declined, "ben", gone, Vote.FOR, at(5))


@pytest.mark.parametrize(("title", "kept"), [(" Bath ", "Bath"), ("x" * TITLE_LENGTH_MAX, "x" * TITLE_LENGTH_MAX)])
def test_a_title_is_trimmed(title: str, kept: str) -> None:
    assert checked_title(title) == kept


@pytest.mark.parametrize("title", ["", "  \t", "x" * (TITLE_LENGTH_MAX + 1)])
def test_an_empty_or_long_title_is_refused(title: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_title(title)
    assert refused.value.path == ("title",)


@pytest.mark.parametrize("text", ["", "  \n", "x" * (TEXT_LENGTH_MAX + 1)])
def test_an_empty_or_long_comment_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_text(text, "text")
    assert refused.value.path == ("text",)
