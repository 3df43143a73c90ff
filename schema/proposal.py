"""What people say about a design and propose for it, as clients see it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import strawberry

from app.context import Info
from app.domain.catalogue.catalogue import Model as DomainModel
from app.domain.configuration import configuration
from app.domain.configuration.pricing import added_days, price
from app.domain.design import design as domain
from app.domain.design.design import DesignChangeKind, Vote
from app.domain.design.proposal import applied
from app.domain.shared.money import Money as DomainMoney
from app.store.design import DesignChanges
from schema.account import Account
from schema.catalogue import OptionGroup
from schema.configuration import Configured, Explanation, InCountry, Selection, conflicts_of, selections_of
from schema.money import DEFAULT_CURRENCY, InCurrency, Money
from schema.node import Node, global_id
from schema.people import people, person
from schema.words import vocabulary

vocabulary(Vote, "A vote on a proposal.", {"FOR": "In favour of the proposal.", "AGAINST": "Against the proposal."})


class ProposalStatus(StrEnum):
    """What has become of a proposal."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


vocabulary(
    ProposalStatus,
    "The status of a proposal. The list grows: expect unknown values.",
    {
        "OPEN": "The proposal waits for the answer of the design's owner.",
        "ACCEPTED": "The owner accepted the proposal.",
        "DECLINED": "The owner declined the proposal, or its author withdrew it: `settledBy` says who.",
    },
)
SETTLED: Mapping[DesignChangeKind, ProposalStatus] = {
    DesignChangeKind.ACCEPTED: ProposalStatus.ACCEPTED,
    DesignChangeKind.DECLINED: ProposalStatus.DECLINED,
}
"""The changes that settle a proposal, and what becomes of it."""


@strawberry.type(description="A comment on a design.")
class Comment:
    change: strawberry.Private[domain.DesignChange]
    rights: strawberry.Private[domain.Design]
    sequence: int = strawberry.field(
        description="The sequence of the comment in the design's journal, by which replies name it."
    )
    text: str = strawberry.field(description="The text of the comment.")
    reply_to: int | None = strawberry.field(
        description="The sequence of the comment to which it replies; null: to none."
    )
    created_at: datetime = strawberry.field(description="When the comment was made.")

    @classmethod
    def of(cls, change: domain.DesignChange, comment: domain.Comment, rights: domain.Design) -> "Comment":
        return cls(
            change=change,
            rights=rights,
            sequence=change.sequence,
            text=comment.text,
            reply_to=comment.reply_to,
            created_at=change.occurred_at,
        )

    @strawberry.field(description="Who made the comment; null for everybody who does not take part in the design.")
    async def author(self, info: Info) -> Account | None:
        return await person(info, self.rights, self.change.author)

    @strawberry.field(description="The option group that it is about; null: none in particular.")
    def group(self, info: Info) -> OptionGroup | None:
        model = info.context.deps.model(self.change.state.model)
        group = model.groups.get((self.change.comment and self.change.comment.group) or "")
        return OptionGroup.of(group, model, info.context.deps.catalogue.line[model.line]) if group else None


@strawberry.type(description="One vote on a proposal.")
class ProposalVote:
    account: Account | None = strawberry.field(description="Who voted.")
    vote: Vote = strawberry.field(description="The vote.")


@strawberry.type(
    description="A set of changes of a design that its owner accepts or declines as a whole. Prices, days and "
    "conflicts are those of the design as it is now or, of a settled proposal, as it was before "
    "that."
)
class Proposal(Node):
    proposal: strawberry.Private[domain.Proposal]
    design: strawberry.Private[domain.Design]
    rights: strawberry.Private[domain.Design]
    settled: strawberry.Private[domain.DesignChange | None]
    status: ProposalStatus = strawberry.field(
        description="The status of the proposal; in an entry of the journal, its status then."
    )
    settled_at: datetime | None = strawberry.field(
        description="When the proposal was accepted or declined; null: it is open."
    )
    engraving: str | None = strawberry.field(
        description="The text to engrave; null: the engraving stays as it is; an empty text removes it."
    )
    votes_for: int = strawberry.field(description="The number of votes in favour.")
    votes_against: int = strawberry.field(description="The number of votes against.")

    @classmethod
    def of(
        cls,
        proposal: domain.Proposal,
        design: domain.Design,
        rights: domain.Design,
        settled: domain.DesignChange | None = None,
    ) -> "Proposal":
        """Map a proposal to a design as it stands, or stood after the change that settled it."""
        cast = list(proposal.votes.values())
        return cls(
            id=global_id("Proposal", f"{design.id}.{proposal.sequence}"),
            proposal=proposal,
            design=design,
            rights=rights,
            settled=settled,
            status=SETTLED[settled.kind] if settled else ProposalStatus.OPEN,
            settled_at=settled.occurred_at if settled else None,
            engraving=proposal.engraving,
            votes_for=cast.count(Vote.FOR),
            votes_against=cast.count(Vote.AGAINST),
        )

    @classmethod
    def of_change(cls, change: domain.DesignChange, rights: domain.Design) -> "Proposal | None":
        """Map the proposal that a change is about, as it was after that."""
        if change.proposal is None:
            return None
        return cls.of(change.proposal, change.state, rights, change if change.kind in SETTLED else None)

    @staticmethod
    def place(key: str) -> tuple[str, int]:
        """Take a proposal's key apart: its design, and its sequence there; 0 where it is none."""
        design, _, sequence = key.partition(".")
        return design, int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else 0

    @staticmethod
    def _journal(info: Info) -> DesignChanges:
        return info.context.deps.stores.design_changes

    async def _made(self, info: Info) -> domain.DesignChange:
        """Load the change that made it."""
        made = await info.context.load(self._journal(info).find_many, (self.design.id, self.proposal.sequence))
        assert made is not None, "a design's journal is never shortened"
        return made

    async def _before(self, info: Info) -> configuration.Selections:
        """Find the choices to which it applies: those of the revision before the one that it became."""
        if self.settled is None or self.settled.revision is None:
            return self.design.selections
        key = (self.design.id, self.settled.revision - 1)
        before = await info.context.load(self._journal(info).find_revisions, key)
        assert before is not None, "a design's journal is never shortened"
        return before.selections

    def _model(self, info: Info) -> DomainModel:
        return info.context.deps.model(self.design.model)

    async def _result(self, info: Info) -> configuration.Selections:
        return applied(self._model(info), await self._before(info), self.proposal)

    async def _configured(self, info: Info, country: str | None = None) -> Configured:
        engraving = self.design.engraving if self.proposal.engraving is None else self.proposal.engraving
        return Configured.of(
            info.context.deps, self._model(info), await self._result(info), country, engraving=engraving
        )

    @strawberry.field(description="The reason, in the words of whoever made the proposal; null: none was given.")
    async def note(self, info: Info) -> str | None:
        if self.proposal.note is not None:
            return self.proposal.note
        made = (await self._made(info)).proposal
        return made.note if made else None

    @strawberry.field(description="When the proposal was made.")
    async def created_at(self, info: Info) -> datetime:
        return (await self._made(info)).occurred_at

    @strawberry.field(description="The number of the revision that its author saw.")
    async def design_revision(self, info: Info) -> int:
        return (await self._made(info)).state.revision

    @strawberry.field(description="Who accepted or declined the proposal; null: it is open.")
    async def settled_by(self, info: Info) -> Account | None:
        return await person(info, self.rights, self.settled.author) if self.settled else None

    @strawberry.field(description="Who made the proposal.")
    async def author(self, info: Info) -> Account | None:
        return await person(info, self.rights, self.proposal.author)

    @strawberry.field(
        description="The option groups that the proposal changes, each with all its options after the change; a "
        "group without options is cleared."
    )
    async def changes(self, info: Info) -> list[Selection]:
        model, result = self._model(info), await self._result(info)
        touched = {**self.proposal.changes, **self.proposal.added, **self.proposal.removed}
        return selections_of(info, model, {code: result.get(code, ()) for code in model.groups if code in touched})

    @strawberry.field(
        description="The options that the proposal adds to groups in which several may be chosen. What others "
        "changed there meanwhile stays as it is."
    )
    def added(self, info: Info) -> list[Selection]:
        return selections_of(info, self._model(info), self.proposal.added)

    @strawberry.field(description="The options that the proposal removes from groups in which several may be chosen.")
    def removed(self, info: Info) -> list[Selection]:
        return selections_of(info, self._model(info), self.proposal.removed)

    @strawberry.field(description="Whether the design would be complete with the proposal.")
    async def complete(self, info: Info) -> bool:
        return (await self._configured(info)).evaluate().complete

    @strawberry.field(description="Whether the design would break no rule with the proposal.")
    async def consistent(self, info: Info, country: InCountry = None) -> bool:
        return (await self._configured(info, country)).evaluate().consistent

    @strawberry.field(description="The rules that the design would break with the proposal.")
    async def conflicts(self, info: Info, country: InCountry = None) -> list[Explanation]:
        return conflicts_of(await self._configured(info, country))

    @strawberry.field(
        description="The list price of one unit with the proposal; null: the model has no price in this currency."
    )
    async def price(self, info: Info, currency: InCurrency = None) -> Money | None:
        money = price(self._model(info), await self._result(info), currency or DEFAULT_CURRENCY)
        return Money.of(money) if money else None

    @strawberry.field(
        description="What the proposal adds to the list price of one unit; null: the model has no price in this "
        "currency."
    )
    async def price_delta(self, info: Info, currency: InCurrency = None) -> Money | None:
        model = self._model(info)
        after = price(model, await self._result(info), currency or DEFAULT_CURRENCY)
        before = price(model, await self._before(info), currency or DEFAULT_CURRENCY)
        if after is None or before is None:
            return None
        return Money.of(DomainMoney(after.amount - before.amount, after.currency))

    @strawberry.field(description="The days by which the proposal delays delivery; negative: delivery is earlier.")
    async def added_days(self, info: Info) -> int:
        model = self._model(info)
        return added_days(model, await self._result(info)) - added_days(model, await self._before(info))

    @strawberry.field(description="The votes on the proposal.")
    async def votes(self, info: Info) -> list[ProposalVote]:
        found = await people(info, self.rights, self.proposal.votes)
        return [ProposalVote(account=found.get(id), vote=vote) for id, vote in self.proposal.votes.items()]
