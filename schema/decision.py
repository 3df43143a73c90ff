"""Questions to the customer, as clients see them."""

from datetime import datetime
from typing import Self

import strawberry

from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.money import Money as DomainMoney
from app.domain.shared.text import Text
from app.domain.unit.decision import choices, default_choice, question
from app.domain.unit.label import CHOICES
from app.domain.unit.status import concessions
from schema.money import Money
from schema.node import Node, global_id
from schema.step import Measurement, Media
from schema.words import InLocale, words


@strawberry.type(description="One possible answer to a decision.")
class DecisionOption:
    choice: str = strawberry.field(
        description="The answer's code. CONCESSION: accept the unit as it is. REWORK: have it repaired."
    )
    price_delta: Money = strawberry.field(description="What the answer adds to the price; negative: a discount.")
    delay_days: int = strawberry.field(description="The days by which the answer delays delivery.")

    @strawberry.field(description="What the answer means, for people.")
    def label(self, info: Info, locale: InLocale = None) -> str:
        return words(info, CHOICES[self.choice], locale)


@strawberry.type
class DecisionFields(Node):
    """What a decision says of itself."""

    unit: strawberry.Private[DomainProduct]
    text: strawberry.Private[Text]
    raised_at: datetime = strawberry.field(description="When the question was raised (factory clock).")
    deadline: datetime = strawberry.field(
        description="Until when the customer may answer; then the default applies (factory clock)."
    )
    options: list[DecisionOption] = strawberry.field(description="The possible answers.")
    default_choice: str = strawberry.field(description="The answer that applies if none is given by the deadline.")
    evidence: list[Measurement] = strawberry.field(
        description="The measurements outside their limits that raised the question."
    )
    media: list[Media] = strawberry.field(description="Pictures of what was found, at most 5.")
    choice: str | None = strawberry.field(
        description="The answer that was given or applied; null: the question is still open."
    )
    decided_at: datetime | None = strawberry.field(
        description="When it was decided (factory clock); null: the question is still open."
    )

    @classmethod
    def of(cls, info: Info, unit: DomainProduct, decision_id: str) -> Self:
        """Map a decision that was requested, open or made."""
        request, decided = unit.state.requested[decision_id], unit.state.decided.get(decision_id)
        model = info.context.deps.model_of(unit)
        offered = concessions(model, request.evidence)
        return cls(
            id=global_id("Decision", f"{unit.code}.{decision_id}"),
            unit=unit,
            text=question(offered),
            raised_at=request.raised_at,
            deadline=request.deadline,
            options=[
                DecisionOption(
                    choice=offer.choice,
                    price_delta=Money.of(DomainMoney(offer.price_delta, unit.currency)),
                    delay_days=offer.delay_days,
                )
                for offer in choices(offered, unit.currency, unit.charges.added_tax)
            ],
            default_choice=default_choice(offered),
            evidence=[Measurement.of(measurement, model) for measurement in request.evidence],
            media=[Media.of(media) for media in request.media],
            choice=decided.choice if decided else None,
            decided_at=decided.decided_at if decided else None,
        )

    @strawberry.field(description="The question, for people.")
    def question(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.text, locale)


@strawberry.input(description="The customer's answer to a decision.")
class DecideInput:
    decision_id: strawberry.ID = strawberry.field(description="The id of the decision.")
    choice: str = strawberry.field(description="The code of one of the decision's options.")
    idempotency_key: str = strawberry.field(
        description="The client's own id of this answer, 1 to 128 characters: sent again, it answers the same."
    )
