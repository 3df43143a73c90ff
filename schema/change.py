"""What of a unit may still change, until when, and what a change would bring."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import strawberry

from app.actions.preview_change import Preview, WantedChange, preview_changes
from app.context import Info
from app.deps import Deps
from app.domain.configuration.configuration import choose
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.money import Money as DomainMoney
from app.domain.unit.freeze import ChangeWindow as DomainWindow
from app.domain.unit.freeze import change_windows
from schema.catalogue import OptionGroup
from schema.configuration import Configured, Explanation, SelectionInput, choices_of, conflicts_of
from schema.money import Money, MoneyInput
from schema.refusal import Refusal, refusal_of
from schema.scalars import ProductCode

Changed = Annotated[
    list[SelectionInput], strawberry.argument(description="The option groups to change, with their new options.")
]


@strawberry.type(description="Until when the choice in one option group may still change.")
class ChangeWindow:
    group: OptionGroup = strawberry.field(description="The option group.")
    closes_at: datetime | None = strawberry.field(
        description="When the operation that freezes the choice is planned to start."
    )
    frozen_at: datetime | None = strawberry.field(description="When the choice froze; null: it may still change.")

    @classmethod
    def all_of(cls, deps: Deps, unit: DomainProduct, windows: Iterable[DomainWindow]) -> "list[ChangeWindow]":
        model, line = deps.model_of(unit), deps.catalogue.line[unit.line]
        return [
            cls(group=OptionGroup.of(w.group, model, line), closes_at=w.closes_at, frozen_at=w.frozen_at)
            for w in windows
        ]


@strawberry.type(description="What changeProduct would do at this moment with the same selections.")
class ChangePreview:
    price_delta: Money = strawberry.field(
        description="The difference in what is paid, including tax. Send it as acceptPriceDelta once the user has "
        "agreed to it."
    )
    added_days: int = strawberry.field(description="The days by which delivery would be later; negative: earlier.")
    changes: list[ChangeWindow] = strawberry.field(
        description="The option groups whose choice would change, each with the time until which it may. Where "
        "frozenAt is set, it is too late."
    )
    conflicts: list[Explanation] = strawberry.field(
        description="The rules that the new configuration would break, with ways to repair it."
    )
    refusal: Refusal | None = strawberry.field(
        description="Why the change would be refused; null: it would be accepted."
    )

    @classmethod
    def of(cls, info: Info, preview: Preview, change: WantedChange) -> "ChangePreview":
        deps, unit = info.context.deps, change.unit
        configured = Configured(deps.offered_to(unit), change.wanted, unit.country, unit.currency, sold=True)
        return cls(
            price_delta=Money.of(DomainMoney(preview.price_delta, unit.currency)),
            added_days=preview.added_days,
            changes=ChangeWindow.all_of(deps, unit, preview.windows),
            conflicts=conflicts_of(configured),
            refusal=refusal_of(preview.refusal) if preview.refusal else None,
        )


@strawberry.type
class ProductChange:
    """What a product says of the choices that may still change."""

    unit: strawberry.Private[DomainProduct]

    @strawberry.field(description="Until when the choice in each option group may still change.")
    def change_window(self, info: Info) -> list[ChangeWindow]:
        deps, unit = info.context.deps, self.unit
        windows = change_windows(unit.state, unit.current_plan, deps.offered_to(unit), deps.calendar(unit.line))
        return ChangeWindow.all_of(deps, unit, windows)

    @strawberry.field(
        description="What it would cost, and what it would mean, to change these option groups now; groups that are "
        "not named keep their options. Null for everybody but the unit's buyer."
    )
    async def change_preview(self, info: Info, selections: Changed) -> ChangePreview | None:
        viewer = info.context.viewer
        if viewer is None or viewer.account != self.unit.account:
            return None
        wanted = choose(info.context.deps.model_of(self.unit), self.unit.state.selections, choices_of(selections) or ())
        change = WantedChange(self.unit, wanted)
        preview = await info.context.load(preview_changes, change, info.context.deps)
        assert preview is not None, "each change has its preview"
        return ChangePreview.of(info, preview, change)


@strawberry.input(description="A change of one unit's options.")
class ChangeProductInput:
    code: ProductCode = strawberry.field(description="The ID code of the unit.")
    selections: list[SelectionInput] = strawberry.field(
        description="The option groups to change; groups that are not named keep their options."
    )
    accept_price_delta: MoneyInput = strawberry.field(
        description="The difference in what is paid, as changePreview showed it, including the tax that the quote "
        "adds. If it is another one by now, the answer is a Conflict."
    )
