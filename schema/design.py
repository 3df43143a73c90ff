"""Designs as clients see them: the configuration, its history, its people, and its own journal."""

from collections.abc import Sequence
from datetime import date
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
from schema.design_change import DesignChangeFields
from schema.money import DEFAULT_CURRENCY, InCurrency, Money
from schema.node import Node, global_id
from schema.people import Invitation, Member, invitation_page, people, person
from schema.proposal import SETTLED, Comment, Proposal, ProposalStatus
from schema.revision import DesignRevision
from schema.words import words

OfStatus = Annotated[ProposalStatus | None, strawberry.argument(description="Only proposals with this status.")]


@strawberry.type(
    description="One entry of a design's journal. Entries are numbered without gaps, and never renumbered."
)
class DesignChange(DesignChangeFields):
    @strawberry.field(description="The design as it was after the change.")
    def design(self) -> "Design":
        return Design.of(self.change.state, self.rights)


@strawberry.type(description="A configuration of a model on which people work together, with its history.")
class Design(Node):
    design: strawberry.Private[domain.Design]
    rights: strawberry.Private[domain.Design]
    revision: int = strawberry.field(description="The number of the current revision: send it as expectedRevision.")
    last_sequence: int = strawberry.field(
        description="How many changes the design's journal has; 0 as the gallery shows it."
    )
    engraving: str | None = strawberry.field(
        description="The text to engrave; null: there is none. It is null as the gallery shows the design."
    )
    opened: bool = strawberry.field(description="Whether the factory's engineers may see the design.")
    published: bool = strawberry.field(description="Whether the design is published in the gallery.")
    published_revision: int | None = strawberry.field(
        description="The number of the revision that the gallery shows, which may be an older one; null: the design "
        "is not published."
    )

    @classmethod
    def of(cls, design: domain.Design, rights: domain.Design | None = None) -> "Design":
        """Map a design; rights are judged by the design as it is now, where that is another one."""
        shown = design.publication
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
        design = self.design
        return Configured.of(
            info.context.deps, self._model(info), design.selections, country, currency, design.engraving
        )

    @strawberry.field(description="The title that its owner gave the design; as the gallery shows it, its title there.")
    def title(self, info: Info) -> str:
        return self.design.title or words(info, self._model(info).name, None)

    @strawberry.field(
        description="The title in the gallery: the one that was given when it was published, or the model's name; "
        "null: the design is not published."
    )
    def gallery_title(self, info: Info) -> str | None:
        shown = self.design.publication
        return None if shown is None else shown.title or words(info, self._model(info).name, None)

    @strawberry.field(
        description="The design from which this one was started; null: there is none, or the viewer may not see it.",
    )
    async def forked_from(self, info: Info) -> "Design | None":
        designs, key = info.context.deps.stores.designs, self.design.forked_from
        source = await info.context.load(designs.find_all, key) if key else None
        shown = shown_to(info.context.deps, info.context.viewer, source) if source else None
        return Design.of(shown) if shown else None

    @strawberry.field(description="The model that is being configured.")
    def model(self, info: Info) -> Model:
        deps = info.context.deps
        return Model.of(deps.edition(self.design.model), deps.catalogue)

    @strawberry.field(description="The options that are chosen, by option group.")
    def selections(self, info: Info) -> list[Selection]:
        return selections_of(info, self._model(info), self.design.selections)

    @strawberry.field(description="Whether every required option group has an option.")
    def complete(self, info: Info) -> bool:
        return self._configured(info).evaluate().complete

    @strawberry.field(description="Whether no rule is broken.")
    def consistent(self, info: Info, country: InCountry = None) -> bool:
        return self._configured(info, country).evaluate().consistent

    @strawberry.field(description="The rules that are broken.")
    def conflicts(self, info: Info, country: InCountry = None) -> list[Explanation]:
        return conflicts_of(self._configured(info, country))

    @strawberry.field(
        description="Every option of the model, in the model's order, with whether it can still be chosen."
    )
    def available_options(
        self, info: Info, country: InCountry = None, currency: InCurrency = None
    ) -> list[AvailableOption]:
        return available_options_of(info, self._configured(info, country, currency))

    @strawberry.field(description=EARLIEST_DELIVERY)
    def earliest_delivery(self, info: Info, country: InCountry = None) -> date | None:
        return self._configured(info, country).earliest_delivery(info.context.deps)

    @strawberry.field(
        description="The list price of one unit, without delivery and without tax that is added; null: the model has "
        "no price in this currency."
    )
    def price(self, info: Info, currency: InCurrency = None) -> Money | None:
        money = price(self._model(info), self.design.selections, currency or DEFAULT_CURRENCY)
        return Money.of(money) if money else None

    @strawberry.field(description="The design's owner; null for everybody who does not take part in the design.")
    async def owner(self, info: Info) -> Account | None:
        return await person(info, self.rights, self.design.account)

    @strawberry.field(
        description="The viewer's role in the design; null: the viewer sees it only as the gallery shows it."
    )
    def viewer_role(self, info: Info) -> Role | None:
        return self._role(info)

    @strawberry.field(description="The people who take part in the design, its owner first; empty for everybody else.")
    async def members(self, info: Info) -> list[Member]:
        roles = {self.design.account: Role.OWNER, **self.design.members}
        found = await people(info, self.rights, roles)
        return [Member(account=account, role=roles[id]) for id, account in found.items()]

    @strawberry.field(
        description="The invitations to the design, open or over, the newest first; empty for everybody but its owner."
    )
    async def invitations(self, info: Info, first: First = None, after: After = None) -> Connection[Invitation]:
        page, stores = page_asked(NEWEST, first, after), info.context.deps.stores
        owned = self._role(info) is Role.OWNER
        found = await info.context.load(stores.invitations.pages, self.design.id, page) if owned else None
        return invitation_page(page, [Invited(invitation, None) for invitation in found or ()])

    @strawberry.field(
        description="The proposals that wait for the owner's answer, the oldest first; empty for everybody who does "
        "not take part in the design."
    )
    def proposals(self, info: Info) -> list[Proposal]:
        if self._role(info) is None:
            return []
        waiting = sorted(self.design.proposals.values(), key=lambda proposal: proposal.sequence)
        return [Proposal.of(proposal, self.design, self.rights) for proposal in waiting]

    @strawberry.field(
        description="The proposals that were accepted or declined, the last one first; empty for everybody who does "
        "not take part in the design."
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

    @strawberry.field(
        description="The comments on the design, the newest first; empty for everybody who does not take part in it."
    )
    async def comments(self, info: Info, first: First = None, after: After = None) -> Connection[Comment]:
        page = page_asked(SEQUENCE, first, after)
        found = await self._changes(info, page, DesignChangeKind.COMMENTED)
        return connection(page, found, self._comment, _sequence)

    def _comment(self, change: domain.DesignChange) -> Comment:
        assert change.comment is not None
        return Comment.of(change, change.comment, self.rights)

    @strawberry.field(
        description="The revisions of the design, the newest first; empty for everybody who does not take part in it."
    )
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
        description="The design's journal, in order: the changes that the subscription `designChanges` delivers. "
        "Empty for everybody who does not take part in the design."
    )
    async def changes(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[DesignChange]:
        page = page_asked(SEQUENCE, first, after, last, before)
        found: Sequence[domain.DesignChange] | None = None
        if self._role(info) is not None:
            found = await info.context.load(info.context.deps.stores.design_changes.pages, self.design.id, page)
        return connection(page, found or (), lambda change: DesignChange.of(change, self.rights), _sequence)


def _sequence(change: domain.DesignChange) -> tuple[int]:
    return (change.sequence,)
