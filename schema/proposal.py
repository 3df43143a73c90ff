"""What people say about a design and propose for it, as clients see it."""

from datetime import datetime

import strawberry

from app.actions.collaborate import as_proposed
from app.context import Info
from app.domain import configuration
from app.domain import design as domain
from app.domain.catalogue import Model as DomainModel
from app.domain.design import Vote
from app.domain.money import Money as DomainMoney
from app.domain.pricing import added_days, price
from schema.account import Account
from schema.catalogue import OptionGroup
from schema.configuration import Configured, Explanation, InCountry, Selection, conflicts_of, selections_of
from schema.money import DEFAULT_CURRENCY, InCurrency, Money
from schema.node import Node, global_id
from schema.people import people, person
from schema.words import vocabulary

vocabulary(Vote, "A voice on a proposal.", {"FOR": "In favour.", "AGAINST": "Not in favour."})


@strawberry.type(description="What somebody said about a design.")
class Comment:
    change: strawberry.Private[domain.DesignChange]
    rights: strawberry.Private[domain.Design]
    sequence: int = strawberry.field(description="Its place in the design's journal; replies name it.")
    text: str = strawberry.field(description="What was said.")
    reply_to: int | None = strawberry.field(description="The sequence of the comment it answers.")
    created_at: datetime = strawberry.field(description="When.")

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

    @strawberry.field(description="Who said it.")
    async def author(self, info: Info) -> Account | None:
        return await person(info, self.rights, self.change.author)

    @strawberry.field(description="The option group it is about.")
    def group(self, info: Info) -> OptionGroup | None:
        model = info.context.world.model(self.change.state.model)
        group = model.groups.get((self.change.comment and self.change.comment.group) or "")
        return OptionGroup.of(group, model, info.context.world.catalogue.line[model.line]) if group else None


@strawberry.type(description="One voice on a proposal.")
class ProposalVote:
    account: Account | None = strawberry.field(description="Whose.")
    vote: Vote = strawberry.field(description="Which.")


@strawberry.type(description="A set of changes that the owner accepts or declines as one step.")
class Proposal(Node):
    proposal: strawberry.Private[domain.Proposal]
    design: strawberry.Private[domain.Design]
    rights: strawberry.Private[domain.Design]
    note: str | None = strawberry.field(description="Why, in the words of who proposes it.")
    engraving: str | None = strawberry.field(description="The engraving it sets; null: none, empty: takes it away.")
    votes_for: int = strawberry.field(description="How many are in favour.")
    votes_against: int = strawberry.field(description="How many are not.")

    @classmethod
    def of(cls, proposal: domain.Proposal, design: domain.Design, rights: domain.Design) -> "Proposal":
        cast = list(proposal.votes.values())
        return cls(
            id=global_id("Proposal", f"{design.id}.{proposal.sequence}"),
            proposal=proposal,
            design=design,
            rights=rights,
            note=proposal.note,
            engraving=proposal.engraving,
            votes_for=cast.count(Vote.FOR),
            votes_against=cast.count(Vote.AGAINST),
        )

    @staticmethod
    def place(key: str) -> tuple[str, int]:
        """Take a proposal's key apart: its design, and its sequence there; 0 where it is none."""
        design, _, sequence = key.partition(".")
        return design, int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else 0

    def _result(self, info: Info) -> tuple[DomainModel, configuration.Selections]:
        model = info.context.world.model(self.design.model)
        return model, as_proposed(model, self.design, self.proposal)[0]

    def _configured(self, info: Info, country: str | None = None) -> Configured:
        return Configured.of(info.context.world, *self._result(info), country)

    @strawberry.field(description="Who proposes it.")
    async def author(self, info: Info) -> Account | None:
        return await person(info, self.rights, self.proposal.author)

    @strawberry.field(description="The groups it sets; one without options is cleared.")
    def changes(self, info: Info) -> list[Selection]:
        return selections_of(info, info.context.world.model(self.design.model), self.proposal.changes)

    @strawberry.field(description="The design would be complete with it.")
    def complete(self, info: Info) -> bool:
        return self._configured(info).evaluate().complete

    @strawberry.field(description="The design would break no rule with it.")
    def consistent(self, info: Info, country: InCountry = None) -> bool:
        return self._configured(info, country).evaluate().consistent

    @strawberry.field(description="The rules that the design would break with it.")
    def conflicts(self, info: Info, country: InCountry = None) -> list[Explanation]:
        return conflicts_of(self._configured(info, country))

    @strawberry.field(description="What one unit would cost with it; null: no price list in this currency.")
    def price(self, info: Info, currency: InCurrency = None) -> Money | None:
        money = price(*self._result(info), currency or DEFAULT_CURRENCY)
        return Money.of(money) if money else None

    @strawberry.field(description="What it adds to the price of one unit; null: no price list in this currency.")
    def price_delta(self, info: Info, currency: InCurrency = None) -> Money | None:
        model, selections = self._result(info)
        after = price(model, selections, currency or DEFAULT_CURRENCY)
        before = price(model, self.design.selections, currency or DEFAULT_CURRENCY)
        if after is None or before is None:
            return None
        return Money.of(DomainMoney(after.amount - before.amount, after.currency))

    @strawberry.field(description="The days that it adds to the delivery.")
    def added_days(self, info: Info) -> int:
        model, selections = self._result(info)
        return added_days(model, selections) - added_days(model, self.design.selections)

    @strawberry.field(description="Who voted how.")
    async def votes(self, info: Info) -> list[ProposalVote]:
        found = await people(info, self.rights, self.proposal.votes)
        return [ProposalVote(account=found.get(id), vote=vote) for id, vote in self.proposal.votes.items()]
