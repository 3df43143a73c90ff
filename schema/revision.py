"""Revisions of a design as clients see them, and what differs between two."""

from datetime import datetime

import strawberry

from app.context import Info
from app.domain.catalogue.catalogue import Model as DomainModel
from app.domain.catalogue.catalogue import OptionGroup as DomainGroup
from app.domain.configuration import configuration
from app.domain.configuration.pricing import added_days, price
from app.domain.design import design as domain
from app.domain.shared.money import Money as DomainMoney
from schema.account import Account
from schema.catalogue import Option, OptionGroup
from schema.configuration import Selection, selections_of
from schema.money import DEFAULT_CURRENCY, InCurrency, Money
from schema.people import person


@strawberry.type(description="A configuration as it was at one time. It never changes.")
class DesignRevision:
    model: strawberry.Private[DomainModel]
    chosen: strawberry.Private[configuration.Selections]
    rights: strawberry.Private[domain.Design | None]
    author_id: strawberry.Private[str]
    number: int = strawberry.field(description="The number of the revision: 1, 2, 3 …")
    title: str | None = strawberry.field(
        description="The title of the design then; null: it is the configuration of a unit."
    )
    engraving: str | None = strawberry.field(description="The text to engrave; null: there is none.")
    created_at: datetime = strawberry.field(description="When the revision was made.")
    design: strawberry.Private[domain.Design | None] = None

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
            design=design,
        )

    @strawberry.field(description="The options that were chosen, by option group.")
    def selections(self, info: Info) -> list[Selection]:
        return selections_of(info, self.model, self.chosen)

    @strawberry.field(description="Who made the revision; null: the viewer may not know.")
    async def author(self, info: Info) -> Account | None:
        if self.rights is not None:
            return await person(info, self.rights, self.author_id)
        viewer = info.context.viewer
        accounts = info.context.deps.stores.accounts
        account = await info.context.load(accounts.find_all, self.author_id) if viewer else None
        own = account is not None and viewer is not None and account.id == viewer.account
        return Account.of(account, viewer.account) if own and account and viewer else None

    @strawberry.field(
        description="What differs from the revision before; null: it is the first one, or the configuration of a unit."
    )
    async def changed(self, info: Info) -> "RevisionComparison | None":
        return await changed_by(info, self.design, self.rights) if self.design and self.rights else None


@strawberry.type(description="The difference in one option group.")
class GroupDifference:
    group: OptionGroup = strawberry.field(description="The option group.")
    before: list[Option] = strawberry.field(description="The options in the earlier revision.")
    after: list[Option] = strawberry.field(description="The options in the later revision.")


@strawberry.type(description="The difference between two revisions of a design.")
class RevisionComparison:
    earlier: strawberry.Private[domain.Design]
    later: strawberry.Private[domain.Design]
    before: DesignRevision = strawberry.field(description="The earlier revision.")
    after: DesignRevision = strawberry.field(description="The later revision.")

    @classmethod
    def of(
        cls, earlier: domain.Design, later: domain.Design, model: DomainModel, rights: domain.Design
    ) -> "RevisionComparison":
        before, after = (DesignRevision.of(revision, model, rights) for revision in (earlier, later))
        return cls(earlier=earlier, later=later, before=before, after=after)

    @strawberry.field(description="The option groups in which they differ.")
    def groups(self, info: Info) -> list[GroupDifference]:
        model = info.context.deps.model(self.later.model)
        line = info.context.deps.catalogue.line[model.line]

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

    @strawberry.field(
        description="What the later revision adds to the list price of one unit; null: the model has no price in "
        "this currency."
    )
    def price_delta(self, info: Info, currency: InCurrency = None) -> Money | None:
        model = info.context.deps.model(self.later.model)
        before = price(model, self.earlier.selections, currency or DEFAULT_CURRENCY)
        after = price(model, self.later.selections, currency or DEFAULT_CURRENCY)
        if before is None or after is None:
            return None
        return Money.of(DomainMoney(after.amount - before.amount, after.currency))

    @strawberry.field(
        description="The days by which the later revision delays delivery; negative: delivery is earlier."
    )
    def added_days(self, info: Info) -> int:
        model = info.context.deps.model(self.later.model)
        return added_days(model, self.later.selections) - added_days(model, self.earlier.selections)


async def changed_by(info: Info, design: domain.Design, rights: domain.Design) -> RevisionComparison | None:
    """Compare a revision with the one before it; None for the first."""
    if design.revision == 1:
        return None
    changes = info.context.deps.stores.design_changes
    before = await info.context.load(changes.find_revisions, (design.id, design.revision - 1))
    return RevisionComparison.of(before, design, info.context.deps.model(design.model), rights) if before else None


@strawberry.input(description="An old revision of a design to restore.")
class RestoreRevisionInput:
    design_id: strawberry.ID = strawberry.field(description="The id of the design.")
    revision: int = strawberry.field(description="The number of the revision to restore.")
    expected_revision: int = strawberry.field(
        description="The revision that the client shows. If the design has another by now, the answer is a Conflict."
    )
