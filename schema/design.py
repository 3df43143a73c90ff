"""Designs as clients see them: the configuration, its history, its people, and its own journal."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import strawberry

from app.actions.access import role_in, shown_to
from app.actions.invite import Invited
from app.context import Info
from app.domain.catalogue.catalogue import Model as DomainModel
from app.domain.configuration.pricing import price
from app.domain.design import design as domain
from app.domain.design.design import DesignChangeKind, Role
from app.store.paging import Page
from schema.account import Account
from schema.catalogue import Model
from schema.configuration import (
    EARLIEST_DELIVERY,
    AvailableOption,
    Configured,
    Explanation,
    InCountry,
    Selection,
    available_options_of,
    conflicts_of,
    selections_of,
)
from schema.connection import NEWEST, SEQUENCE, After, Before, Connection, First, Last, connection, page_asked
from schema.money import DEFAULT_CURRENCY, InCurrency, Money
from schema.node import Node, global_id
from schema.people import Invitation, Member, invitation_page, people, person
from schema.proposal import SETTLED, Comment, Proposal, ProposalStatus
from schema.revision import DesignRevision, RevisionComparison, changed_by
from schema.words import vocabulary, words

vocabulary(
    DesignChangeKind,
    "What happened to a design. The list grows: expect unknown values.",
    {
        "STARTED": "It was started; its first revision.",
        "REVISED": "A new revision.",
        "RESTORED": "An old revision became the next one.",
        "JOINED": "Somebody came in.",
        "ROLE_CHANGED": "Somebody got another role.",
        "LEFT": "Somebody left, or was taken out.",
        "OPENED": "It was opened to the factory's engineers.",
        "CLOSED": "It was closed to them.",
        "PUBLISHED": "It came into the gallery, or another revision or title of it did.",
        "WITHDRAWN": "It left the gallery.",
        "COMMENTED": "Somebody said something.",
        "PROPOSED": "Somebody proposed changes.",
        "VOTED": "Somebody voted on a proposal.",
        "ACCEPTED": "A proposal was accepted: a new revision, or none where the design had it already.",
        "DECLINED": "A proposal was declined.",
    },
)


OfStatus = Annotated[ProposalStatus | None, strawberry.argument(description="Only those of which this has become.")]
LazyChange = Annotated["DesignChange", strawberry.lazy("schema.design")]


@strawberry.type(description="A configuration that people work on, with its history.")
class Design(Node):
    design: strawberry.Private[domain.Design]
    rights: strawberry.Private[domain.Design]
    revision: int = strawberry.field(description="The current revision: give it as expectedRevision.")
    last_sequence: int = strawberry.field(description="How many entries its journal has; 0 in the gallery.")
    engraving: str | None = strawberry.field(description="The text to engrave; null in the gallery.")
    opened: bool = strawberry.field(description="The factory's engineers may see it.")
    published: bool = strawberry.field(description="It stands in the gallery.")
    published_revision: int | None = strawberry.field(
        description="The revision that the gallery shows, whatever was revised since; null: it is not there."
    )

    @classmethod
    def of(cls, design: domain.Design, rights: domain.Design | None = None) -> "Design":
        """Map a design; rights are judged by the design as it is now, where that is another one."""
        shown = domain.publication_of(design)
        return cls(
            id=global_id("Design", design.id),
            design=design,
            rights=rights or design,
            revision=design.revision,
            last_sequence=design.sequence,
            engraving=design.engraving,
            opened=design.opened,
            published=shown is not None,
            published_revision=shown.revision if shown else None,
        )

    def _model(self, info: Info) -> DomainModel:
        return info.context.deps.model(self.design.model)

    def _role(self, info: Info) -> Role | None:
        return role_in(info.context.deps, info.context.viewer, self.rights)

    def _configured(self, info: Info, country: str | None = None, currency: str | None = None) -> Configured:
        return Configured.of(info.context.deps, self._model(info), self.design.selections, country, currency)

    @strawberry.field(description="What its owner calls it; in the gallery, what it is called there.")
    def title(self, info: Info) -> str:
        return self.design.title or words(info, self._model(info).name, None)

    @strawberry.field(
        description="What it is called in the gallery: the title that was given there, or its model's name; null: it "
        "is not there."
    )
    def gallery_title(self, info: Info) -> str | None:
        shown = domain.publication_of(self.design)
        return None if shown is None else shown.title or words(info, self._model(info).name, None)

    @strawberry.field(
        description="The design that it was started from; null: from none, or from one that the viewer may not see.",
    )
    async def forked_from(self, info: Info) -> "Design | None":
        designs, key = info.context.deps.stores.designs, self.design.forked_from
        source = await info.context.load(designs.find_all, key) if key else None
        shown = shown_to(info.context.deps, info.context.viewer, source) if source else None
        return Design.of(shown) if shown else None

    @strawberry.field(description="What is being designed.")
    def model(self, info: Info) -> Model:
        return Model.of(self._model(info), info.context.deps.catalogue)

    @strawberry.field(description="What is chosen, group by group.")
    def selections(self, info: Info) -> list[Selection]:
        return selections_of(info, self._model(info), self.design.selections)

    @strawberry.field(description="Every required choice is made.")
    def complete(self, info: Info) -> bool:
        return self._configured(info).evaluate().complete

    @strawberry.field(description="No rule is broken.")
    def consistent(self, info: Info, country: InCountry = None) -> bool:
        return self._configured(info, country).evaluate().consistent

    @strawberry.field(description="The broken rules.")
    def conflicts(self, info: Info, country: InCountry = None) -> list[Explanation]:
        return conflicts_of(self._configured(info, country))

    @strawberry.field(description="Every option of the model, in its order: whether it can still be chosen.")
    def available_options(
        self, info: Info, country: InCountry = None, currency: InCurrency = None
    ) -> list[AvailableOption]:
        return available_options_of(info, self._configured(info, country, currency))

    @strawberry.field(description=EARLIEST_DELIVERY)
    def earliest_delivery(self, info: Info, country: InCountry = None) -> date | None:
        return self._configured(info, country).earliest_delivery(info.context.deps)

    @strawberry.field(description="List price of one unit, without delivery and added tax; null: no price list in it.")
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
        roles = {self.design.account: Role.OWNER, **self.design.members}
        found = await people(info, self.rights, roles)
        return [Member(account=account, role=roles[id]) for id, account in found.items()]

    @strawberry.field(description="The ways into it, open and over, newest first; none for all but its owner.")
    async def invitations(self, info: Info, first: First = None, after: After = None) -> Connection[Invitation]:
        page, stores = page_asked(NEWEST, first, after), info.context.deps.stores
        owned = self._role(info) is Role.OWNER
        found = await info.context.load(stores.invitations.pages, self.design.id, page) if owned else None
        return invitation_page(page, [Invited(invitation, None) for invitation in found or ()])

    @strawberry.field(description="The proposals that wait for its owner, oldest first; none in the gallery.")
    def proposals(self, info: Info) -> list[Proposal]:
        if self._role(info) is None:
            return []
        waiting = sorted(self.design.proposals.values(), key=lambda proposal: proposal.sequence)
        return [Proposal.of(proposal, self.design, self.rights) for proposal in waiting]

    @strawberry.field(
        description="The proposals that were accepted or declined, the last settled first; none in the gallery."
    )
    async def settled_proposals(
        self, info: Info, status: OfStatus = None, first: First = None, after: After = None
    ) -> Connection[Proposal]:
        page, kinds = page_asked(SEQUENCE, first, after), (kind for kind, of in SETTLED.items() if status in (None, of))
        return connection(page, await self._changes(info, page, *kinds), self._settled, _sequence)

    def _settled(self, change: domain.DesignChange) -> Proposal:
        proposal = Proposal.of_change(change, self.rights)
        assert proposal is not None
        return proposal

    async def _changes(self, info: Info, page: Page, *kinds: DesignChangeKind) -> Sequence[domain.DesignChange]:
        """Read a page of its changes of some kinds, the last first; nothing for who does not take part in it."""
        if self._role(info) is None or not kinds:
            return ()
        changes = info.context.deps.stores.design_changes
        return await info.context.load(changes.pages_of_kind, self.design.id, kinds, page) or ()

    @strawberry.field(description="What was said about it, newest first; nothing in the gallery.")
    async def comments(self, info: Info, first: First = None, after: After = None) -> Connection[Comment]:
        page = page_asked(SEQUENCE, first, after)
        found = await self._changes(info, page, DesignChangeKind.COMMENTED)
        return connection(page, found, self._comment, _sequence)

    def _comment(self, change: domain.DesignChange) -> Comment:
        assert change.comment is not None
        return Comment.of(change, change.comment, self.rights)

    @strawberry.field(description="Its history, newest first; nothing in the gallery.")
    async def revisions(self, info: Info, first: First = None, after: After = None) -> Connection[DesignRevision]:
        page, model = page_asked(SEQUENCE, first, after), self._model(info)
        found: Sequence[domain.Design] | None = None
        if self._role(info) is not None:
            changes = info.context.deps.stores.design_changes
            found = await info.context.load(changes.revision_pages, self.design.id, page)
        return connection(
            page, found or (), lambda past: DesignRevision.of(past, model, self.rights), lambda past: (past.revision,)
        )

    @strawberry.field(
        description="Its journal, in order: what `designChanges` brings, to be paged; nothing in the gallery. With "
        "`last` and `before`, from its end."
    )
    async def changes(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[LazyChange]:
        page = page_asked(SEQUENCE, first, after, last, before)
        found: Sequence[domain.DesignChange] | None = None
        if self._role(info) is not None:
            found = await info.context.load(info.context.deps.stores.design_changes.pages, self.design.id, page)
        return connection(page, found or (), lambda change: DesignChange.of(change, self.rights), _sequence)


def _sequence(change: domain.DesignChange) -> tuple[int]:
    return (change.sequence,)


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

    @strawberry.field(description="What the revision that it made changed; null where it made none, or the first.")
    async def changed(self, info: Info) -> RevisionComparison | None:
        return await changed_by(info, self.change.state, self.rights) if self.revision is not None else None

    @strawberry.field(description="Who did it.")
    async def author(self, info: Info) -> Account | None:
        return await person(info, self.rights, self.change.author)

    @strawberry.field(description="What was said.")
    def comment(self) -> Comment | None:
        return Comment.of(self.change, self.change.comment, self.rights) if self.change.comment else None

    @strawberry.field(description="The proposal that was made, voted on or settled.")
    def proposal(self) -> Proposal | None:
        return Proposal.of_change(self.change, self.rights)

    @strawberry.field(
        description="Who came in, got another role or left, and the role that they then have, or had; null for every "
        "other change, and for one from before this was told."
    )
    async def member(self, info: Info) -> Member | None:
        about = self.change.member
        account = await person(info, self.rights, about.account) if about else None
        return Member(account=account, role=about.role) if account and about else None
