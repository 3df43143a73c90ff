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

Changed = Annotated[list[SelectionInput], strawberry.argument(description="The groups to change.")]


@strawberry.type(description="Until when one choice may still change.")
class ChangeWindow:
    group: OptionGroup = strawberry.field(description="The choice.")
    closes_at: datetime | None = strawberry.field(description="Planned start of the operation that freezes it.")
    frozen_at: datetime | None = strawberry.field(description="When it froze; null: still open.")

    @classmethod
    def all_of(cls, deps: Deps, unit: DomainProduct, windows: Iterable[DomainWindow]) -> "list[ChangeWindow]":
        model, line = deps.model(unit.model), deps.catalogue.line[unit.line]
        return [
            cls(group=OptionGroup.of(w.group, model, line), closes_at=w.closes_at, frozen_at=w.frozen_at)
            for w in windows
        ]


@strawberry.type(description="What changeProduct would do just now with the same selections.")
class ChangePreview:
    price_delta: Money = strawberry.field(
        description="The difference in what is paid, tax and all: give it as acceptPriceDelta once the user has agreed."
    )
    added_days: int = strawberry.field(description="Days that the delivery changes by; negative: it is earlier.")
    changes: list[ChangeWindow] = strawberry.field(
        description="The groups whose choice would change, and until when each may; frozenAt says that it is too late."
    )
    conflicts: list[Explanation] = strawberry.field(description="The rules that it would break, and how to repair it.")
    refusal: Refusal | None = strawberry.field(description="Why it would be refused; null: it would be accepted.")

    @classmethod
    def of(cls, info: Info, preview: Preview, change: WantedChange) -> "ChangePreview":
        deps, unit = info.context.deps, change.unit
        configured = Configured.of(deps, deps.model(unit.model), change.wanted, unit.country, unit.currency)
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

    @strawberry.field(description="What may still change, and until when.")
    def change_window(self, info: Info) -> list[ChangeWindow]:
        deps, unit = info.context.deps, self.unit
        windows = change_windows(unit.state, unit.current_plan, deps.model(unit.model), deps.calendar(unit.line))
        return ChangeWindow.all_of(deps, unit, windows)

    @strawberry.field(
        description="What changing these groups would cost and bring, before the user confirms it; those not named "
        "keep their choices. Null for all but its buyer."
    )
    async def change_preview(self, info: Info, selections: Changed) -> ChangePreview | None:
        viewer = info.context.viewer
        if viewer is None or viewer.account != self.unit.account:
            return None
        wanted = choose(
            info.context.deps.model(self.unit.model), self.unit.state.selections, choices_of(selections) or ()
        )
        change = WantedChange(self.unit, wanted)
        preview = await info.context.load(preview_changes, change, info.context.deps)
        assert preview is not None, "each change has its preview"
        return ChangePreview.of(info, preview, change)


@strawberry.input(description="Another choice for one unit.")
class ChangeProductInput:
    code: ProductCode = strawberry.field(description="The unit.")
    selections: list[SelectionInput] = strawberry.field(
        description="The groups to change; those not named keep their choices."
    )
    accept_price_delta: MoneyInput = strawberry.field(
        description="The difference in what is paid, with the tax where the quote adds one; another one is a Conflict."
    )
