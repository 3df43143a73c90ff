"""Designs as clients see them: the configuration, its history, its people, and its own journal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from app.actions.collaborate import as_proposed
from app.actions.design import role_in
from app.context import Info
from app.domain import configuration
from app.domain import design as domain
from app.domain.catalogue import Model as DomainModel
from app.domain.catalogue import OptionGroup as DomainGroup
from app.domain.configuration import Evaluation as DomainEvaluation
from app.domain.configuration import evaluate
from app.domain.design import DesignChangeKind, Role, Vote
from app.domain.money import Money as DomainMoney
from app.domain.pricing import added_days, price
from schema.account import Account
from schema.catalogue import Model, Option, OptionGroup
from schema.configuration import Explanation, Selection, SelectionInput, selections_of
from schema.money import DEFAULT_CURRENCY, InCurrency, Money
from schema.node import After, Connection, First, Node, checked_first, connection, cursor_of, global_id, read_cursor
from schema.refusal import Conflict, InvalidInput, NotAllowed, NotFound
from schema.words import vocabulary

vocabulary(
    Role,
    "What somebody may do with a design; each may what those before it may. The list grows.",
    {
        "VIEWER": "See it, and everything in it.",
        "COMMENTER": "Comment, propose and vote. An engineer's role in a design that was opened to the factory.",
        "EDITOR": "Revise it.",
        "OWNER": "Invite, accept proposals, open, publish.",
    },
)
vocabulary(Vote, "A voice on a proposal.", {"FOR": "In favour.", "AGAINST": "Not in favour."})
vocabulary(
    DesignChangeKind,
    "What happened to a design. The list grows: expect unknown values.",
    {
        "STARTED": "It was started; its first revision.",
        "REVISED": "A new revision.",
        "RESTORED": "An old revision became the next one.",
        "JOINED": "Somebody came in, or got another role.",
        "LEFT": "Somebody left, or was taken out.",
        "OPENED": "It was opened to the factory's engineers.",
        "CLOSED": "It was closed to them.",
        "PUBLISHED": "It came into the gallery.",
        "WITHDRAWN": "It left the gallery.",
        "COMMENTED": "Somebody said something.",
        "PROPOSED": "Somebody proposed changes.",
        "VOTED": "Somebody voted on a proposal.",
        "ACCEPTED": "A proposal was accepted: a new revision.",
        "DECLINED": "A proposal was declined.",
    },
)


async def person(info: Info, rights: domain.Design, id: str) -> Account | None:
    """Load one of a design's people for somebody who takes part in it; to everybody else they are null."""
    viewer = info.context.viewer
    if viewer is None or role_in(info.context.world, viewer, rights) is None:
        return None
    account = await info.context.accounts.load(id)
    return Account.of(account, viewer.account) if account else None


@strawberry.type(description="A configuration as it was at one time; immutable.")
class DesignRevision:
    model: strawberry.Private[DomainModel]
    chosen: strawberry.Private[configuration.Selections]
    rights: strawberry.Private[domain.Design | None]
    author_id: strawberry.Private[str]
    number: int = strawberry.field(description="1, 2, 3 …")
    title: str | None = strawberry.field(description="What the design was called; null for a unit.")
    engraving: str | None = strawberry.field(description="The text to engrave.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def of(cls, design: domain.Design, model: DomainModel, rights: domain.Design) -> "DesignRevision":
        return cls(
            model=model,
            chosen=design.selections,
            rights=rights,
            author_id=design.author,
            number=design.revision,
            title=design.title,
            engraving=design.engraving,
            created_at=design.revised_at,
        )

    @strawberry.field(description="What was chosen, group by group.")
    def selections(self, info: Info) -> list[Selection]:
        return selections_of(info, self.model, self.chosen)

    @strawberry.field(description="Who made it; null where the viewer may not know.")
    async def author(self, info: Info) -> Account | None:
        if self.rights is not None:
            return await person(info, self.rights, self.author_id)
        viewer = info.context.viewer
        account = await info.context.accounts.load(self.author_id) if viewer else None
        own = account is not None and viewer is not None and account.id == viewer.account
        return Account.of(account, viewer.account) if own and account and viewer else None


@strawberry.type(description="Somebody who takes part in a design.")
class Member:
    account: Account = strawberry.field(description="Who.")
    role: Role = strawberry.field(description="What they may do.")


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

    def _result(self, info: Info) -> tuple[DomainModel, configuration.Selections]:
        model = info.context.world.model(self.design.model)
        return model, as_proposed(model, self.design, self.proposal)[0]

    def _evaluation(self, info: Info) -> DomainEvaluation:
        return evaluate(*self._result(info))

    @strawberry.field(description="Who proposes it.")
    async def author(self, info: Info) -> Account | None:
        return await person(info, self.rights, self.proposal.author)

    @strawberry.field(description="The groups it sets; one without options is cleared.")
    def changes(self, info: Info) -> list[Selection]:
        return selections_of(info, info.context.world.model(self.design.model), self.proposal.changes)

    @strawberry.field(description="The design would be complete with it.")
    def complete(self, info: Info) -> bool:
        return self._evaluation(info).complete

    @strawberry.field(description="The design would break no rule with it.")
    def consistent(self, info: Info) -> bool:
        return self._evaluation(info).consistent

    @strawberry.field(description="The rules that the design would break with it.")
    def conflicts(self, info: Info) -> list[Explanation]:
        return [Explanation.of(conflict) for conflict in self._evaluation(info).conflicts]

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
        cast = self.proposal.votes.items()
        return [ProposalVote(account=await person(info, self.rights, id), vote=vote) for id, vote in cast]


@strawberry.type(description="A configuration that people work on, with its history.")
class Design(Node):
    design: strawberry.Private[domain.Design]
    rights: strawberry.Private[domain.Design]
    revision: int = strawberry.field(description="The current revision: give it as expectedRevision.")
    last_sequence: int = strawberry.field(description="How many entries its journal has.")
    title: str = strawberry.field(description="What its owner calls it.")
    engraving: str | None = strawberry.field(description="The text to engrave; null in the gallery.")
    opened: bool = strawberry.field(description="The factory's engineers may see it.")
    published: bool = strawberry.field(description="It stands in the gallery.")

    @classmethod
    def of(cls, design: domain.Design, rights: domain.Design | None = None) -> "Design":
        """Map a design; rights are judged by the design as it is now, where that is another one."""
        return cls(
            id=global_id("Design", design.id),
            design=design,
            rights=rights or design,
            revision=design.revision,
            last_sequence=design.sequence,
            title=design.title,
            engraving=design.engraving,
            opened=design.opened,
            published=design.published_at is not None,
        )

    @classmethod
    def of_gallery(cls, design: domain.Design) -> "Design":
        """Map a published design for anybody: what somebody had engraved is theirs."""
        shown = cls.of(design)
        shown.engraving = None
        return shown

    def _model(self, info: Info) -> DomainModel:
        return info.context.world.model(self.design.model)

    def _role(self, info: Info) -> Role | None:
        return role_in(info.context.world, info.context.viewer, self.rights)

    def _evaluation(self, info: Info) -> DomainEvaluation:
        return evaluate(self._model(info), self.design.selections)

    @strawberry.field(description="What is being designed.")
    def model(self, info: Info) -> Model:
        return Model.of(self._model(info), info.context.world.catalogue)

    @strawberry.field(description="What is chosen, group by group.")
    def selections(self, info: Info) -> list[Selection]:
        return selections_of(info, self._model(info), self.design.selections)

    @strawberry.field(description="Every required choice is made.")
    def complete(self, info: Info) -> bool:
        return self._evaluation(info).complete

    @strawberry.field(description="No rule is broken.")
    def consistent(self, info: Info) -> bool:
        return self._evaluation(info).consistent

    @strawberry.field(description="The broken rules.")
    def conflicts(self, info: Info) -> list[Explanation]:
        return [Explanation.of(conflict) for conflict in self._evaluation(info).conflicts]

    @strawberry.field(description="Of one unit as it stands; null: no price list in this currency.")
    def price(self, info: Info, currency: InCurrency = None) -> Money | None:
        money = price(self._model(info), self.design.selections, currency or DEFAULT_CURRENCY)
        return Money.of(money) if money else None

    @strawberry.field(description="Whose it is; null in the gallery.")
    async def owner(self, info: Info) -> Account | None:
        return await person(info, self.rights, self.design.account)

    @strawberry.field(description="What the viewer may do with it; null: only look at it in the gallery.")
    def viewer_role(self, info: Info) -> Role | None:
        return self._role(info)

    @strawberry.field(description="Who takes part in it, its owner first; nobody in the gallery.")
    async def members(self, info: Info) -> list[Member]:
        people = {self.design.account: Role.OWNER, **self.design.members}
        found = [(await person(info, self.rights, id), role) for id, role in people.items()]
        return [Member(account=account, role=role) for account, role in found if account is not None]

    @strawberry.field(description="The proposals that wait for its owner, oldest first; none in the gallery.")
    def proposals(self, info: Info) -> list[Proposal]:
        if self._role(info) is None:
            return []
        waiting = sorted(self.design.proposals.values(), key=lambda proposal: proposal.sequence)
        return [Proposal.of(proposal, self.design, self.rights) for proposal in waiting]

    @strawberry.field(description="What was said about it, newest first; nothing in the gallery.")
    async def comments(self, info: Info, first: First = None, after: After = None) -> Connection[Comment]:
        limit = checked_first(first)
        before = read_cursor(after, int)[0] if after is not None else None
        found: Sequence[domain.DesignChange] = ()
        if self._role(info) is not None:
            changes = info.context.world.stores.design_changes
            found = await changes.page_of_kind(self.design.id, DesignChangeKind.COMMENTED, before, limit + 1)
        return connection(found, limit, after, self._comment, lambda change: cursor_of(change.sequence))

    def _comment(self, change: domain.DesignChange) -> Comment:
        assert change.comment is not None
        return Comment.of(change, change.comment, self.rights)

    @strawberry.field(description="Its history, newest first; nothing in the gallery.")
    async def revisions(self, info: Info, first: First = None, after: After = None) -> Connection[DesignRevision]:
        limit = checked_first(first)
        before = read_cursor(after, int)[0] if after is not None else None
        found: Sequence[domain.Design] = ()
        if self._role(info) is not None:
            changes = info.context.world.stores.design_changes
            found = await changes.page_revisions(self.design.id, before, limit + 1)
        model = self._model(info)
        return connection(
            found, limit, after, lambda d: DesignRevision.of(d, model, self.rights), lambda d: cursor_of(d.revision)
        )


@strawberry.type(description="One entry of a design's own journal. Numbered without holes, never renumbered.")
class DesignChange:
    change: strawberry.Private[domain.DesignChange]
    rights: strawberry.Private[domain.Design]
    sequence: int = strawberry.field(description="1, 2, 3 …: give the last one seen as `after`.")
    kind: DesignChangeKind = strawberry.field(description="What happened.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    revision: int | None = strawberry.field(description="The revision that it made, if it made one.")
    design: Design = strawberry.field(description="The design as it was after it.")

    @classmethod
    def of(cls, change: domain.DesignChange, rights: domain.Design | None = None) -> "DesignChange":
        rights = rights or change.state
        return cls(
            change=change,
            rights=rights,
            sequence=change.sequence,
            kind=change.kind,
            occurred_at=change.occurred_at,
            revision=change.revision,
            design=Design.of(change.state, rights),
        )

    @strawberry.field(description="Who did it.")
    async def author(self, info: Info) -> Account | None:
        return await person(info, self.rights, self.change.author)

    @strawberry.field(description="What was said.")
    def comment(self) -> Comment | None:
        return Comment.of(self.change, self.change.comment, self.rights) if self.change.comment else None

    @strawberry.field(description="The proposal that was made, voted on or settled.")
    def proposal(self) -> Proposal | None:
        if self.change.proposal is None:
            return None
        return Proposal.of(self.change.proposal, self.change.state, self.rights)


@strawberry.type(description="What differs in one option group.")
class GroupDifference:
    group: OptionGroup = strawberry.field(description="The group.")
    before: list[Option] = strawberry.field(description="What was chosen.")
    after: list[Option] = strawberry.field(description="What is.")


@strawberry.type(description="What differs between two revisions.")
class RevisionComparison:
    earlier: strawberry.Private[domain.Design]
    later: strawberry.Private[domain.Design]
    before: DesignRevision = strawberry.field(description="The one.")
    after: DesignRevision = strawberry.field(description="The other.")

    @classmethod
    def of(
        cls, earlier: domain.Design, later: domain.Design, model: DomainModel, rights: domain.Design
    ) -> "RevisionComparison":
        before, after = (DesignRevision.of(revision, model, rights) for revision in (earlier, later))
        return cls(earlier=earlier, later=later, before=before, after=after)

    @strawberry.field(description="The groups in which the choice differs.")
    def groups(self, info: Info) -> list[GroupDifference]:
        model = info.context.world.model(self.later.model)
        line = info.context.world.catalogue.line[model.line]

        def chosen(group: DomainGroup, design: domain.Design) -> list[Option]:
            return [
                Option.of(option) for option in group.options if option.code in design.selections.get(group.code, ())
            ]

        return [
            GroupDifference(
                group=OptionGroup.of(group, model, line),
                before=chosen(group, self.earlier),
                after=chosen(group, self.later),
            )
            for group in model.option_groups
            if self.earlier.selections.get(group.code) != self.later.selections.get(group.code)
        ]

    @strawberry.field(description="What the other costs more; null: no price list in this currency.")
    def price_delta(self, info: Info, currency: InCurrency = None) -> Money | None:
        model = info.context.world.model(self.later.model)
        before = price(model, self.earlier.selections, currency or DEFAULT_CURRENCY)
        after = price(model, self.later.selections, currency or DEFAULT_CURRENCY)
        if before is None or after is None:
            return None
        return Money.of(DomainMoney(after.amount - before.amount, after.currency))


@strawberry.input(description="A new design.")
class StartDesignInput:
    model_sku: str = strawberry.field(description="What to design.")
    title: str | None = strawberry.field(default=None, description="1 to 120 characters.")
    selections: list[SelectionInput] | None = strawberry.field(default=None, description="The first choices.")
    engraving: str | None = strawberry.field(default=None, description="The text to engrave.")


@strawberry.input(description="The next revision of a design: what is not given stays as it is.")
class ReviseDesignInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    expected_revision: int = strawberry.field(description="The revision that the client shows; another is a Conflict.")
    selections: list[SelectionInput] | None = strawberry.field(
        default=None, description="The groups to change; those not named keep their choices."
    )
    engraving: str | None = strawberry.field(default=None, description="The text to engrave; empty takes it away.")
    title: str | None = strawberry.field(default=None, description="1 to 120 characters.")


@strawberry.input(description="An old revision to go back to.")
class RestoreRevisionInput:
    design_id: strawberry.ID = strawberry.field(description="The design.")
    revision: int = strawberry.field(description="The revision whose configuration becomes the next one.")
    expected_revision: int = strawberry.field(description="The revision that the client shows; another is a Conflict.")


@strawberry.input(description="A design to start from.")
class ForkDesignInput:
    design_id: strawberry.ID = strawberry.field(description="A design one takes part in, or one of the gallery.")
    revision: int | None = strawberry.field(default=None, description="An older revision; without it, the current one.")


DesignConnection = Connection[Design]
DesignRevisionConnection = Connection[DesignRevision]

StartDesignResult = Annotated[
    Design | InvalidInput | NotFound | NotAllowed,
    strawberry.union("StartDesignResult", description="The design, or why not."),
]
ReviseDesignResult = Annotated[
    Design | InvalidInput | NotFound | NotAllowed | Conflict,
    strawberry.union("ReviseDesignResult", description="The design after it, or why not."),
]
