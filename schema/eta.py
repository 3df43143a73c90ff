"""When a unit is built, and when it arrives."""

from datetime import datetime

import strawberry

from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.text import Text
from app.domain.unit import eta as domain
from app.domain.unit.eta import EtaBasis
from schema.words import InLocale, vocabulary, words

vocabulary(
    EtaBasis,
    "What an estimate is based on.",
    {
        "PLAN": "The unit's place in the sequence of its line.",
        "LINE": "The work on the unit that is left.",
        "CARRIER": "The time that the carrier needs.",
        "ACTUAL": "The unit has arrived.",
    },
)


@strawberry.type(description="The estimated time at which a unit arrives.")
class Eta:
    text: strawberry.Private[Text | None]
    earliest: datetime = strawberry.field(description="The earliest expected arrival.")
    latest: datetime = strawberry.field(description="The latest expected arrival.")
    confidence: float = strawberry.field(
        description="The share of units, 0 to 1, that are expected to arrive between these two times."
    )
    basis: EtaBasis = strawberry.field(description="What the estimate is based on.")
    previous: datetime | None = strawberry.field(
        description="The earliest arrival that was announced before, where it has moved since; null: it has not."
    )

    @classmethod
    def of(cls, eta: domain.Eta) -> "Eta":
        return cls(
            text=domain.REASONS[eta.reason] if eta.reason else None,
            earliest=eta.earliest,
            latest=eta.latest,
            confidence=eta.confidence,
            basis=eta.basis,
            previous=eta.previous,
        )

    @strawberry.field(description="Why the unit is late or waits, for people; null: it does not.")
    def reason(self, info: Info, locale: InLocale = None) -> str | None:
        return words(info, self.text, locale) if self.text else None


@strawberry.type(description="A unit's place in the sequence of its line, and the times that follow from it.")
class ProductionPlan:
    position: int = strawberry.field(description="The unit's place on its line: 1, 2, 3 …")
    starts_at: datetime = strawberry.field(description="When the first operation is planned to start (factory clock).")
    finishes_at: datetime = strawberry.field(description="When the last operation is planned to end (factory clock).")


@strawberry.type
class ProductTimes:
    """What a product says of its times."""

    unit: strawberry.Private[DomainProduct]

    @strawberry.field(description="The unit's place on its line; null: it has none yet.")
    def plan(self) -> ProductionPlan | None:
        plan = self.unit.current_plan
        if plan is None:
            return None
        return ProductionPlan(position=plan.position, starts_at=plan.starts_at, finishes_at=plan.finishes_at)

    @strawberry.field(
        description="When the unit is expected to arrive, as of now; null: it is not planned yet, or it will not "
        "arrive."
    )
    def eta(self, info: Info) -> Eta | None:
        deps, unit = info.context.deps, self.unit
        carrier = next((c for c in deps.catalogue.carriers if c.code == unit.carrier), None)
        calendar = deps.calendar(unit.line)
        found = domain.estimate(
            unit.state, unit.current_plan, deps.model_of(unit), calendar, carrier, unit.country, deps.now()
        )
        return Eta.of(found) if found else None
