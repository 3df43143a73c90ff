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
    "What an estimate rests on.",
    {
        "PLAN": "The unit's place in the line's sequence.",
        "LINE": "The work that is left.",
        "CARRIER": "The time the carrier needs.",
        "ACTUAL": "It has arrived.",
    },
)


@strawberry.type(description="When a unit arrives.")
class Eta:
    text: strawberry.Private[Text | None]
    earliest: datetime = strawberry.field(description="Not before.")
    latest: datetime = strawberry.field(description="Hardly after.")
    confidence: float = strawberry.field(description="The share of units, 0 to 1, expected to arrive in between.")
    basis: EtaBasis = strawberry.field(description="What the estimate rests on.")
    previous: datetime | None = strawberry.field(description="The earliest time as last announced, where it moved.")

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

    @strawberry.field(description="Why it is late or waits, for a person.")
    def reason(self, info: Info, locale: InLocale = None) -> str | None:
        return words(info, self.text, locale) if self.text else None


@strawberry.type(description="A unit's place in its line's sequence, and the times that follow from it.")
class ProductionPlan:
    position: int = strawberry.field(description="The place on the line: 1, 2, 3 …")
    starts_at: datetime = strawberry.field(description="Planned start of the first operation (factory clock).")
    finishes_at: datetime = strawberry.field(description="Planned end of the last operation (factory clock).")


@strawberry.type
class ProductTimes:
    """What a product says of its times."""

    unit: strawberry.Private[DomainProduct]

    @strawberry.field(description="Its place on the line; null before it has one.")
    def plan(self) -> ProductionPlan | None:
        plan = self.unit.current_plan
        if plan is None:
            return None
        return ProductionPlan(position=plan.position, starts_at=plan.starts_at, finishes_at=plan.finishes_at)

    @strawberry.field(description="When it arrives, as of now; null before it is planned and when it will not arrive.")
    def eta(self, info: Info) -> Eta | None:
        deps, unit = info.context.deps, self.unit
        carrier = next((c for c in deps.catalogue.carriers if c.code == unit.carrier), None)
        calendar = deps.calendar(unit.line)
        found = domain.estimate(
            unit.state, unit.current_plan, deps.model(unit.model), calendar, carrier, unit.country, deps.now()
        )
        return Eta.of(found) if found else None
