"""Does a proposal change what it proposes and nothing else, whatever was revised meanwhile?"""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.domain.configuration.configuration import Selections
from app.domain.design.design import (
    Design,
    DesignChange,
    DesignChangeKind,
    Proposal,
    Vote,
    revised,
    started,
)
from app.domain.design.proposal import Edit, applied, content_of, edit_between, proposed, settled, voted
from tests.domain.build import MODEL, T0, at, options

EXTRAS = ("STEAM", "WIFI", "LIGHT", "HEATER")
RICH = replace(
    MODEL,
    option_groups=tuple(
        replace(group, options=options(*EXTRAS)) if group.many else group for group in MODEL.option_groups
    ),
)


def in_order(chosen: frozenset[str]) -> tuple[str, ...]:
    return tuple(option for option in EXTRAS if option in chosen)


def configuration(colour: str | None, extras: frozenset[str]) -> Selections:
    found = {"COLOUR": (colour,) if colour else (), "EXTRAS": in_order(extras)}
    return {code: chosen for code, chosen in found.items() if chosen}


CONFIGURATIONS = st.builds(
    configuration, st.sampled_from([None, "WHITE", "RED"]), st.frozensets(st.sampled_from(EXTRAS))
)


def proposal_of(edit: Edit) -> Proposal:
    return Proposal(2, "ben", **vars(edit))


@given(seen=CONFIGURATIONS, wanted=CONFIGURATIONS)
def test_a_proposal_makes_of_what_its_author_saw_what_the_author_wanted(seen: Selections, wanted: Selections) -> None:
    edit = edit_between(RICH, seen, wanted)
    assert applied(RICH, seen, proposal_of(edit)) == wanted
    assert edit.empty == (seen == wanted)


@given(seen=CONFIGURATIONS, wanted=CONFIGURATIONS, present=CONFIGURATIONS)
def test_what_was_revised_meanwhile_stays_but_where_the_proposal_says_otherwise(
    seen: Selections, wanted: Selections, present: Selections
) -> None:
    after = applied(RICH, present, proposal_of(edit_between(RICH, seen, wanted)))
    before, now, then = (frozenset(each.get("EXTRAS", ())) for each in (seen, present, wanted))
    assert after.get("EXTRAS", ()) == in_order((now - (before - then)) | (then - before))
    proposes = seen.get("COLOUR") != wanted.get("COLOUR")
    assert after.get("COLOUR") == (wanted if proposes else present).get("COLOUR")


@given(seen=CONFIGURATIONS, wanted=CONFIGURATIONS, present=CONFIGURATIONS)
def test_a_proposal_applied_twice_is_a_proposal_applied_once(
    seen: Selections, wanted: Selections, present: Selections
) -> None:
    proposal = proposal_of(edit_between(RICH, seen, wanted))
    once = applied(RICH, present, proposal)
    assert applied(RICH, once, proposal) == once


STATE = Design("d1", "anna", RICH.sku, "Kitchen", configuration("WHITE", frozenset()), None, 1, "anna", T0, T0)


def with_light() -> DesignChange:
    """A design for which ben proposes a light."""
    wanted = configuration("WHITE", frozenset({"LIGHT"}))
    return proposed(started(STATE), "ben", "To see", edit_between(RICH, STATE.selections, wanted), at(1))


def test_a_proposal_of_which_nothing_is_left_is_accepted_without_a_revision() -> None:
    head = with_light()
    state = {"selections": configuration("WHITE", frozenset({"LIGHT"}))}
    head = revised(head, DesignChangeKind.REVISED, "anna", at(2), state)
    accepted = settled(head, "anna", 2, content_of(RICH, head.state, head.state.proposals["2"]), at(3))
    assert (accepted.kind, accepted.revision, accepted.state.revision) == (DesignChangeKind.ACCEPTED, None, 2)
    assert accepted.state.proposals == {}


def test_the_note_of_a_proposal_stands_in_the_change_that_made_it_and_in_no_other() -> None:
    head = with_light()
    assert head.proposal is not None
    assert head.proposal.note == "To see"
    vote = voted(head, "eve", 2, Vote.FOR, at(2))
    assert vote is not None
    for change in (vote, settled(vote, "anna", 2, None, at(3))):
        assert change.proposal is not None
        assert change.proposal.note is None
    assert head.state.proposals["2"].note is None
