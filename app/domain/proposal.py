"""Sets of changes to a design that its owner accepts or declines as one step, and the votes on them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.domain.configuration import Selections
from app.domain.design import DesignChange, DesignChangeKind, Proposal, Vote, changed, revised
from app.domain.refusal import InvalidInput, NotFound, NotPossible, RefusalCode

OPEN_PROPOSALS_MAX = 50


def proposed(
    head: DesignChange, author: str, note: str | None, changes: Selections, engraving: str | None, now: datetime
) -> DesignChange:
    """Put a proposal beside the configuration; raises NotPossible where too many are open."""
    state = head.state
    if not changes and engraving is None:
        raise InvalidInput("A proposal changes something.", ("selections",))
    if len(state.proposals) >= OPEN_PROPOSALS_MAX:
        message = f"At most {OPEN_PROPOSALS_MAX} proposals are open at a time."
        raise NotPossible(RefusalCode.TOO_LATE, message, ("designId",))
    proposal = Proposal(head.sequence + 1, author, note, changes, engraving)
    proposals = {**state.proposals, str(proposal.sequence): proposal}
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
    """Close a proposal: with what accepting it makes of the configuration, as a revision, or declined."""
    closing = open_proposal_of(head, proposal)
    left_open = {key: other for key, other in head.state.proposals.items() if key != str(proposal)}
    if accepted is None:
        return changed(head, DesignChangeKind.DECLINED, author, now, {"proposals": left_open}, proposal=closing)
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
