"""Is a design's journal numbered without holes, are its people held to their roles, and do proposals settle once?"""

from dataclasses import replace

import pytest

from app.domain.design import design as domain
from app.domain.design import member, proposal, publication
from app.domain.design.design import (
    Comment,
    Design,
    DesignChange,
    DesignChangeKind,
    Membership,
    Publication,
    Role,
    Vote,
    check_revision,
    revised,
    started,
)
from app.domain.design.member import MEMBERS_MAX, PEOPLE_MAX
from app.domain.design.proposal import OPEN_PROPOSALS_MAX, Edit
from app.domain.shared.refusal import Conflict, InvalidInput, NotAllowed, NotFound, NotPossible, RefusalCode
from tests.domain.build import MODEL, SELECTIONS, T0, at
from tests.rows import rows

STATE = Design("d1", "anna", MODEL.sku, "Kitchen", SELECTIONS, None, 1, "anna", T0, T0)
HEAD = started(STATE)
RED = {"COLOUR": ("RED",)}


def proposed(head: DesignChange = HEAD, author: str = "ben") -> DesignChange:
    return proposal.proposed(head, author, "Nicer", Edit(RED), at(1))


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


@rows("expected", [-1, 0, 1, 2, 4])
def test_a_change_of_another_revision_is_a_conflict_that_names_the_present_one(expected: int) -> None:
    head = replace(HEAD, sequence=7, state=replace(STATE, revision=3))
    with pytest.raises(Conflict) as refused:
        check_revision(head, expected)
    assert refused.value.code == RefusalCode.CONFLICT
    assert refused.value.current_revision == 3
    assert refused.value.path == ("expectedRevision",)


def test_publishing_shows_one_revision_whatever_is_revised_later() -> None:
    shown = publication.published(HEAD, "anna", None, at(1))
    assert shown is not None
    later = revised(shown, DesignChangeKind.REVISED, "ben", at(2), {"selections": RED, "title": "Lina's"})
    seen = publication.as_published(later.state)
    assert seen is not None
    assert (seen.revision, seen.selections, seen.title, seen.account) == (1, SELECTIONS, "", "")
    assert publication.published(shown, "anna", None, at(3)) is None
    renamed = publication.published(shown, "anna", "In red", at(3))
    assert renamed is not None
    again = publication.published(later, "anna", None, at(3))
    assert again is not None
    assert again.state.publication == Publication(2, RED)
    gone = publication.withdrawn(again, "anna", at(4))
    assert gone is not None
    assert publication.as_published(gone.state) is None
    assert publication.withdrawn(gone, "anna", at(5)) is None


def came(head: DesignChange, who: str, role: Role, invited: tuple[int, float]) -> DesignChange:
    """Let somebody in with an invitation made at a sequence and a minute; the head where that changes nothing."""
    sequence, minute = invited
    return member.joined(head, who, role, (sequence, at(minute)), at(9)) or head


def test_who_joins_has_their_role_and_joining_again_changes_nothing() -> None:
    inside = came(HEAD, "ben", Role.EDITOR, (1, 1))
    assert [inside.state.role_of(who) for who in ("anna", "ben", "eve")] == [Role.OWNER, Role.EDITOR, None]
    assert came(inside, "ben", Role.EDITOR, (1, 1)) is inside


def test_the_owner_needs_no_invitation_and_is_told_so() -> None:
    with pytest.raises(NotAllowed):
        came(HEAD, "anna", Role.VIEWER, (1, 1))


def test_a_change_says_whom_it_let_in_or_out_and_in_which_role() -> None:
    inside = came(HEAD, "ben", Role.COMMENTER, (1, 1))
    assert (inside.kind, inside.member) == (DesignChangeKind.JOINED, Membership("ben", Role.COMMENTER))
    raised = came(inside, "ben", Role.EDITOR, (2, 2))
    assert (raised.kind, raised.member) == (DesignChangeKind.ROLE_CHANGED, Membership("ben", Role.EDITOR))
    lowered = member.role_given(raised, "ben", Role.VIEWER, at(5), at(5))
    assert lowered is not None
    assert (lowered.kind, lowered.member) == (DesignChangeKind.ROLE_CHANGED, Membership("ben", Role.VIEWER))
    out = member.left(lowered, "anna", "ben", at(6), at(6))
    assert (out.kind, out.author, out.member) == (DesignChangeKind.LEFT, "anna", Membership("ben", Role.VIEWER))


@rows("newer", [(1, 2), (2, 2)])
def test_a_newer_invitation_raises_a_role_and_none_lowers_it(newer: tuple[int, float]) -> None:
    inside = came(HEAD, "ben", Role.COMMENTER, (1, 1))
    assert came(inside, "ben", Role.EDITOR, newer).state.role_of("ben") is Role.EDITOR
    assert came(inside, "ben", Role.VIEWER, newer) is inside


@rows("older", [(1, 4), (2, 2)])
def test_an_invitation_older_than_the_one_somebody_came_with_does_not_raise_their_role(
    older: tuple[int, float],
) -> None:
    inside = came(replace(HEAD, sequence=2), "ben", Role.VIEWER, (2, 3))
    with pytest.raises(NotFound):
        came(inside, "ben", Role.EDITOR, older)
    gone = member.left(inside, "ben", "ben", at(5), at(5))
    with pytest.raises(NotFound):
        came(gone, "ben", Role.EDITOR, older)
    assert came(gone, "ben", Role.VIEWER, (2, 3)).state.role_of("ben") is Role.VIEWER


@rows("role", [Role.VIEWER, Role.EDITOR])
def test_the_role_that_the_owner_gives_counts_until_the_owner_invites_anew(role: Role) -> None:
    inside = came(HEAD, "ben", Role.COMMENTER, (1, 1))
    given = member.role_given(inside, "ben", role, at(5), at(5))
    assert given is not None
    assert (given.author, given.state.role_of("ben")) == ("anna", role)
    assert member.role_given(given, "ben", role, at(6), at(6)) is None
    if role is Role.VIEWER:
        with pytest.raises(NotFound):
            came(given, "ben", Role.EDITOR, (2, 4))
        assert came(given, "ben", Role.EDITOR, (given.sequence, 6)).state.role_of("ben") is Role.EDITOR
    with pytest.raises(NotFound):
        member.role_given(inside, "eve", role, at(5), at(5))


def test_who_was_taken_out_comes_back_only_with_a_newer_invitation() -> None:
    inside = came(HEAD, "ben", Role.EDITOR, (1, 1))
    out = member.left(inside, "anna", "ben", at(5), at(5))
    with pytest.raises(NotFound):
        came(out, "ben", Role.VIEWER, (inside.sequence, 4))
    assert came(out, "ben", Role.VIEWER, (out.sequence, 6)).state.role_of("ben") is Role.VIEWER


def test_a_design_has_so_many_members_and_no_more() -> None:
    full = replace(HEAD, state=replace(STATE, members={f"m{n}": Role.VIEWER for n in range(MEMBERS_MAX)}))
    with pytest.raises(NotPossible):
        came(full, "ben", Role.VIEWER, (1, 1))
    assert came(full, "m0", Role.EDITOR, (1, 1)).state.role_of("m0") is Role.EDITOR


def test_so_many_people_come_and_go_and_no_more() -> None:
    worn = replace(HEAD, state=replace(STATE, decided={f"m{n}": (1, T0) for n in range(PEOPLE_MAX)}))
    with pytest.raises(NotPossible):
        came(worn, "ben", Role.VIEWER, (1, 1))
    assert came(worn, "m0", Role.EDITOR, (1, 1)).state.role_of("m0") is Role.EDITOR


@rows(("by", "out"), [("anna", "ben"), ("ben", "ben")])
def test_the_owner_takes_members_out_and_they_leave(by: str, out: str) -> None:
    inside = replace(HEAD, state=replace(STATE, members={"ben": Role.EDITOR, "eve": Role.VIEWER}))
    assert member.left(inside, by, out, at(1), at(1)).state.members == {"eve": Role.VIEWER}


def test_a_member_takes_nobody_else_out() -> None:
    inside = replace(HEAD, state=replace(STATE, members={"ben": Role.EDITOR, "eve": Role.VIEWER}))
    with pytest.raises(NotAllowed):
        member.left(inside, "ben", "eve", at(1), at(1))
    with pytest.raises(NotFound):
        member.left(inside, "anna", "anna", at(1), at(1))


def test_a_proposal_waits_beside_the_configuration() -> None:
    waiting = proposed()
    assert waiting.state.selections == SELECTIONS
    assert waiting.proposal is not None
    assert waiting.proposal.note == "Nicer"
    assert waiting.state.proposals["2"] == replace(waiting.proposal, note=None)
    with pytest.raises(InvalidInput):
        proposal.proposed(HEAD, "ben", None, Edit(), at(1))


def test_so_many_proposals_are_open_and_no_more() -> None:
    head = HEAD
    for _ in range(OPEN_PROPOSALS_MAX):
        head = proposed(head)
    with pytest.raises(NotPossible) as refused:
        proposed(head)
    assert refused.value.code == RefusalCode.LIMIT_REACHED


def test_everybody_has_one_voice_that_may_change_and_be_taken_back() -> None:
    head = proposed()
    for who, vote in (("eve", Vote.FOR), ("ben", Vote.FOR), ("eve", Vote.AGAINST)):
        change = proposal.voted(head, who, 2, vote, at(2))
        assert change is not None
        head = change
    assert head.state.proposals["2"].votes == {"ben": Vote.FOR, "eve": Vote.AGAINST}
    assert proposal.voted(head, "eve", 2, Vote.AGAINST, at(3)) is None
    back = proposal.voted(head, "eve", 2, None, at(3))
    assert back is not None
    assert back.state.proposals["2"].votes == {"ben": Vote.FOR}


def test_an_accepted_proposal_is_a_revision_and_a_declined_one_is_not() -> None:
    head = proposed(proposed())
    accepted = proposal.settled(head, "anna", 2, {"selections": RED}, at(3))
    assert (accepted.kind, accepted.revision, accepted.state.selections) == (DesignChangeKind.ACCEPTED, 2, RED)
    declined = proposal.settled(accepted, "anna", 3, None, at(4))
    assert (declined.kind, declined.revision, declined.state.proposals) == (DesignChangeKind.DECLINED, None, {})
    assert declined.proposal == head.state.proposals["3"]
    for gone in (2, 3, 99):
        with pytest.raises(NotFound):
            proposal.settled(declined, "anna", gone, None, at(5))
        with pytest.raises(NotFound):
            proposal.voted(declined, "ben", gone, Vote.FOR, at(5))


def test_who_leaves_takes_their_votes_along() -> None:
    head = replace(proposed(), state=replace(proposed().state, members={"ben": Role.EDITOR}))
    for who in ("ben", "eve"):
        change = proposal.voted(head, who, 2, Vote.FOR, at(2))
        assert change is not None
        head = change
    assert member.left(head, "anna", "ben", at(3), at(3)).state.proposals["2"].votes == {"eve": Vote.FOR}
