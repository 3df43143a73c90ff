"""Sets of changes to a design that its owner accepts or declines as one step, and the votes on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.domain.catalogue.catalogue import Model
from app.domain.configuration.configuration import Selections, choose
from app.domain.design.design import Design, DesignChange, DesignChangeKind, Proposal, Vote, alters, changed, revised
from app.domain.shared.refusal import InvalidInput, NotFound, NotPossible, RefusalCode

OPEN_PROPOSALS_MAX = 50


@dataclass(frozen=True)
class Edit:
    """What a proposal does to a design, as `Proposal` says of the same names."""

    changes: Selections = field(default_factory=dict)
    added: Selections = field(default_factory=dict)
    removed: Selections = field(default_factory=dict)
    engraving: str | None = None

    @property
    def empty(self) -> bool:
        return not (self.changes or self.added or self.removed) and self.engraving is None


def edit_between(model: Model, present: Selections, wanted: Selections, engraving: str | None = None) -> Edit:
    """Find what turns one configuration into another: single choices set, of groups of many what comes and goes."""
    changes, added, removed = {}, {}, {}
    for code, group in model.groups.items():
        before, after = present.get(code, ()), wanted.get(code, ())
        if not group.many and before != after:
            changes[code] = after
        elif group.many:
            added[code] = tuple(option for option in after if option not in before)
            removed[code] = tuple(option for option in before if option not in after)
    return Edit(changes, _filled(added), _filled(removed), engraving)


def _filled(groups: Selections) -> Selections:
    return {code: options for code, options in groups.items() if options}


def applied(model: Model, selections: Selections, proposal: Proposal) -> Selections:
    """Apply a proposal to a configuration as it stands now."""
    wanted = dict(proposal.changes)
    for code in {**proposal.added, **proposal.removed}:
        kept = [option for option in selections.get(code, ()) if option not in proposal.removed.get(code, ())]
        wanted[code] = (*kept, *(option for option in proposal.added.get(code, ()) if option not in kept))
    return choose(model, selections, tuple(wanted.items()))


def content_of(model: Model, state: Design, proposal: Proposal) -> Mapping[str, Any]:
    """Tell what accepting a proposal makes of a design as it stands."""
    engraving = state.engraving if proposal.engraving is None else proposal.engraving or None
    return {"selections": applied(model, state.selections, proposal), "engraving": engraving}


def proposed(head: DesignChange, author: str, note: str | None, edit: Edit, now: datetime) -> DesignChange:
    """Put a proposal beside the configuration; raises NotPossible where too many are open."""
    state = head.state
    if edit.empty:
        raise InvalidInput("A proposal changes something.", ("selections",))
    if len(state.proposals) >= OPEN_PROPOSALS_MAX:
        message = f"At most {OPEN_PROPOSALS_MAX} proposals are open at a time."
        raise NotPossible(RefusalCode.LIMIT_REACHED, message, ("designId",))
    proposal = Proposal(head.sequence + 1, author, note=note, **vars(edit))
    proposals = {**state.proposals, str(proposal.sequence): replace(proposal, note=None)}
    return changed(head, DesignChangeKind.PROPOSED, author, now, {"proposals": proposals}, proposal=proposal)


def voted(head: DesignChange, author: str, proposal: int, vote: Vote | None, now: datetime) -> DesignChange | None:
    """Count a vote, in place of an earlier one; None takes it back. Nothing where it is so already."""
    open_proposal = open_proposal_of(head, proposal)
    if open_proposal.votes.get(author) == vote:
        return None
    after = without_vote(open_proposal, author)
    if vote is not None:
        after = replace(after, votes={**after.votes, author: vote})
    proposals = {**head.state.proposals, str(proposal): after}
    return changed(head, DesignChangeKind.VOTED, author, now, {"proposals": proposals}, proposal=after)


def settled(
    head: DesignChange, author: str, proposal: int, accepted: Mapping[str, Any] | None, now: datetime
) -> DesignChange:
    """Close a proposal: declined, or with what accepting it makes of the configuration, as a revision.

    There is no revision where nothing is left to change, for others have done the same meanwhile.
    """
    closing = open_proposal_of(head, proposal)
    left_open = {key: other for key, other in head.state.proposals.items() if key != str(proposal)}
    if accepted is None:
        return changed(head, DesignChangeKind.DECLINED, author, now, {"proposals": left_open}, proposal=closing)
    if not alters(head.state, accepted):
        return changed(head, DesignChangeKind.ACCEPTED, author, now, {"proposals": left_open}, proposal=closing)
    state = {**accepted, "proposals": left_open}
    return revised(head, DesignChangeKind.ACCEPTED, author, now, state, closing)


def open_proposal_of(head: DesignChange, proposal: int) -> Proposal:
    found = head.state.proposals.get(str(proposal))
    if found is None:
        raise no_proposal()
    return found


def no_proposal() -> NotFound:
    return NotFound("There is no such open proposal.", ("proposalId",))


def without_vote(proposal: Proposal, account: str) -> Proposal:
    return replace(proposal, votes={voter: vote for voter, vote in proposal.votes.items() if voter != account})
