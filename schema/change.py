"""What of a unit may still change, until when, and what a change would bring."""

from collections.abc import Iterable
from datetime import datetime

import strawberry

from app.actions.change_product import Preview
from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.money import Money as DomainMoney
from app.domain.unit.freeze import ChangeWindow as DomainWindow
from schema.catalogue import OptionGroup
from schema.configuration import Configured, Explanation, conflicts_of
from schema.money import Money
from schema.refusal import Refusal, refusal_of


@strawberry.type(description="Until when one choice may still change.")
class ChangeWindow:
    group: OptionGroup = strawberry.field(description="The choice.")
    closes_at: datetime | None = strawberry.field(description="Planned start of the operation that freezes it.")
    frozen_at: datetime | None = strawberry.field(description="When it froze; null: still open.")

    @classmethod
    def all_of(cls, info: Info, unit: DomainProduct, windows: Iterable[DomainWindow]) -> "list[ChangeWindow]":
        model, line = info.context.deps.model(unit.model), info.context.deps.catalogue.line[unit.line]
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
    def of(cls, info: Info, preview: Preview, unit: DomainProduct) -> "ChangePreview":
        deps = info.context.deps
        configured = Configured.of(deps, deps.model(unit.model), preview.selections, unit.country, unit.currency)
        return cls(
            price_delta=Money.of(DomainMoney(preview.price_delta, unit.currency)),
            added_days=preview.added_days,
            changes=ChangeWindow.all_of(info, unit, preview.windows),
            conflicts=conflicts_of(configured),
            refusal=refusal_of(preview.refusal) if preview.refusal else None,
        )
