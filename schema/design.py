"""Co-design as clients see it: designs, revisions, evaluations and the design's own journal."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.context import Info
from app.domain import configuration
from app.domain import design as domain
from app.domain.catalogue import Model as DomainModel
from app.domain.configuration import evaluate
from app.domain.pricing import price
from schema.account import Account
from schema.catalogue import Model
from schema.configuration import Explanation, Selection, SelectionInput, selections_of
from schema.money import DEFAULT_CURRENCY, InCurrency, Money
from schema.node import After, Connection, First, Node, checked_first, connection, cursor_of, global_id, read_cursor
from schema.refusal import Conflict, InvalidInput, NotAllowed, NotFound


@strawberry.type(description="A configuration as it was at one time; immutable.")
class DesignRevision:
    model: strawberry.Private[DomainModel]
    chosen: strawberry.Private[configuration.Selections]
    author_id: strawberry.Private[str | None]
    number: int = strawberry.field(description="1, 2, 3 …")
    engraving: str | None = strawberry.field(description="The text to engrave.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def of(cls, design: domain.Design, model: DomainModel) -> "DesignRevision":
        return cls(
            model=model,
            chosen=design.selections,
            author_id=design.author,
            number=design.revision,
            engraving=design.engraving,
            created_at=design.revised_at,
        )

    @strawberry.field(description="What was chosen, group by group.")
    def selections(self, info: Info) -> list[Selection]:
        return selections_of(info, self.model, self.chosen)

    @strawberry.field(description="Who made it; null where the viewer may not know.")
    async def author(self, info: Info) -> Account | None:
        return await account_of(info, self.author_id)


async def account_of(info: Info, id: str | None) -> Account | None:
    """Load an account for the viewer; people are shown to themselves alone."""
    viewer = info.context.viewer
    if id is None or viewer is None or viewer.account != id:
        return None
    account = await info.context.accounts.load(id)
    return Account.of(account, viewer.account) if account else None


@strawberry.type(description="A configuration that a person works on, with its history.")
class Design(Node):
    design: strawberry.Private[domain.Design]
    revision: int = strawberry.field(description="The current revision: give it as expectedRevision.")
    title: str = strawberry.field(description="What its owner calls it.")
    engraving: str | None = strawberry.field(description="The text to engrave.")

    @classmethod
    def of(cls, design: domain.Design) -> "Design":
        return cls(
            id=global_id("Design", design.id),
            design=design,
            revision=design.revision,
            title=design.title,
            engraving=design.engraving,
        )

    def _model(self, info: Info) -> DomainModel:
        return info.context.world.model(self.design.model)

    @strawberry.field(description="What is being designed.")
    def model(self, info: Info) -> Model:
        return Model.of(self._model(info), info.context.world.catalogue)

    @strawberry.field(description="What is chosen, group by group.")
    def selections(self, info: Info) -> list[Selection]:
        return selections_of(info, self._model(info), self.design.selections)

    @strawberry.field(description="Every required choice is made.")
    def complete(self, info: Info) -> bool:
        return evaluate(self._model(info), self.design.selections).complete

    @strawberry.field(description="No rule is broken.")
    def consistent(self, info: Info) -> bool:
        return evaluate(self._model(info), self.design.selections).consistent

    @strawberry.field(description="The broken rules.")
    def conflicts(self, info: Info) -> list[Explanation]:
        found = evaluate(self._model(info), self.design.selections).conflicts
        return [Explanation.of(conflict) for conflict in found]

    @strawberry.field(description="Of one unit as it stands; null: no price list in this currency.")
    def price(self, info: Info, currency: InCurrency = None) -> Money | None:
        money = price(self._model(info), self.design.selections, currency or DEFAULT_CURRENCY)
        return Money.of(money) if money else None

    @strawberry.field(description="Whose it is; null where the viewer may not know.")
    async def owner(self, info: Info) -> Account | None:
        return await account_of(info, self.design.account)

    @strawberry.field(description="Its history, newest first.")
    async def revisions(self, info: Info, first: First = None, after: After = None) -> Connection[DesignRevision]:
        limit = checked_first(first)
        before = read_cursor(after, int)[0] if after is not None else None
        found = await info.context.world.stores.design_changes.page_revisions(self.design.id, before, limit + 1)
        model = self._model(info)
        return connection(found, limit, after, lambda d: DesignRevision.of(d, model), lambda d: cursor_of(d.revision))


@strawberry.type(description="One entry of a design's own journal. Numbered without holes, never renumbered.")
class DesignChange:
    sequence: int = strawberry.field(description="1, 2, 3 …: give the last one seen as `after`.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    design: Design = strawberry.field(description="The design as it was after it.")

    @classmethod
    def of(cls, change: domain.DesignChange) -> "DesignChange":
        return cls(sequence=change.sequence, occurred_at=change.occurred_at, design=Design.of(change.state))


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


DesignConnection = Connection[Design]
DesignRevisionConnection = Connection[DesignRevision]

StartDesignResult = Annotated[
    Design | InvalidInput | NotFound, strawberry.union("StartDesignResult", description="The design, or why not.")
]
ReviseDesignResult = Annotated[
    Design | InvalidInput | NotFound | NotAllowed | Conflict,
    strawberry.union("ReviseDesignResult", description="The design after it, or why not."),
]
