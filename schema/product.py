"""Units as clients see them: identity, state, journal, and where the customer takes part."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import strawberry

from app.context import Info
from app.domain import eta as eta_domain
from app.domain import status as status_domain
from app.domain.code import digital_link
from app.domain.eta import EtaBasis
from app.domain.event import OURSELVES, Stage
from app.domain.freeze import ChangeWindow as DomainWindow
from app.domain.freeze import change_windows
from app.domain.journey import Step as DomainStep
from app.domain.order import Product as DomainProduct
from app.domain.performance import report_of
from app.domain.refusal import InvalidInput as InvalidInputRaised
from app.domain.status import ProductStatus, open_failures, product_status
from app.domain.text import Text
from schema.catalogue import Factory, Line, Model, OptionGroup
from schema.configuration import SelectionInput
from schema.decision import Decision
from schema.money import MoneyInput
from schema.node import (
    After,
    Connection,
    Edge,
    First,
    Node,
    checked_first,
    cursor_of,
    global_id,
    page_info,
    read_cursor,
)
from schema.order import Order
from schema.performance import PerformanceReport
from schema.refusal import Conflict, Frozen, InvalidInput, NotAllowed, NotFound, NotPossible
from schema.revision import DesignRevision
from schema.scalars import ProductCode
from schema.step import Step, StepConnection
from schema.words import InLocale, vocabulary, words

vocabulary(
    ProductStatus,
    "Where a unit is. The list grows: expect unknown values.",
    {
        "ORDERED": "It has its code.",
        "PLANNED": "It has its place on the line.",
        "IN_PRODUCTION": "It is being built.",
        "IN_INSPECTION": "It is being inspected.",
        "ON_HOLD": "It waits for its customer's decision.",
        "IN_REWORK": "It is being reworked.",
        "RELEASED": "It passed its final inspection.",
        "PACKED": "It is packed.",
        "IN_TRANSIT": "It is on its way.",
        "OUT_FOR_DELIVERY": "It is on the last stretch.",
        "DELIVERED": "It has arrived.",
        "INSTALLED": "It stands and runs.",
        "CANCELLED": "It will not be built.",
        "SCRAPPED": "It will not be finished.",
    },
)
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
    def of(cls, eta: eta_domain.Eta) -> "Eta":
        return cls(
            text=eta.reason,
            earliest=eta.earliest,
            latest=eta.latest,
            confidence=eta.confidence,
            basis=eta.basis,
            previous=None,
        )

    @strawberry.field(description="Why it is late or waits, for a person.")
    def reason(self, info: Info, locale: InLocale = None) -> str | None:
        return words(info, self.text, locale) if self.text else None


@strawberry.type(description="A unit's place in its line's sequence, and the times that follow from it.")
class ProductionPlan:
    position: int = strawberry.field(description="The place on the line: 1, 2, 3 …")
    starts_at: datetime = strawberry.field(description="Planned start of the first operation (factory clock).")
    finishes_at: datetime = strawberry.field(description="Planned end of the last operation (factory clock).")


@strawberry.type(description="Until when one choice may still change.")
class ChangeWindow:
    group: OptionGroup = strawberry.field(description="The choice.")
    closes_at: datetime | None = strawberry.field(description="Planned start of the operation that freezes it.")
    frozen_at: datetime | None = strawberry.field(description="When it froze; null: still open.")


Stages = Annotated[list[Stage] | None, strawberry.argument(description="Only steps of these stages.")]
Last = Annotated[int | None, strawberry.argument(description="How many at most from the end: 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="End before this cursor.")]


@strawberry.type(description="One custom-made unit: one production order, one ID code.")
class Product(Node):
    unit: strawberry.Private[DomainProduct]
    code: ProductCode = strawberry.field(description="Its ID code.")
    gtin: str = strawberry.field(description="GTIN-14 of its model (GS1 AI 01).")
    serial: str = strawberry.field(description="The 13 symbols of its code (GS1 AI 21).")
    last_sequence: int = strawberry.field(description="How many steps its journal has.")

    @classmethod
    def of(cls, unit: DomainProduct) -> "Product":
        return cls(
            id=global_id("Product", unit.code),
            unit=unit,
            code=ProductCode(unit.code),
            gtin=unit.gtin,
            serial=unit.code,
            last_sequence=unit.state.sequence,
        )

    @classmethod
    def of_step(cls, step: DomainStep, unit: DomainProduct) -> "Product":
        """Map a unit as it was right after one step."""
        return cls.of(replace(unit, state=step.state))

    @strawberry.field(description="GS1 Digital Link URI.")
    def digital_link(self, info: Info) -> str:
        return digital_link(info.context.world.settings.resolver_url, self.unit.gtin, self.unit.code)

    @strawberry.field(description="What it is.")
    def model(self, info: Info) -> Model:
        world = info.context.world
        return Model.of(world.model(self.unit.model), world.catalogue)

    @strawberry.field(description="How it is configured now.")
    def design(self, info: Info) -> DesignRevision:
        state = self.unit.state
        return DesignRevision(
            model=info.context.world.model(self.unit.model),
            chosen=state.selections,
            rights=None,
            author_id=self.unit.account,
            number=state.design_revision,
            title=None,
            engraving=state.engraving,
            created_at=self.unit.ordered_at,
        )

    @strawberry.field(description="The order it belongs to; null where the viewer may not see orders.")
    async def order(self, info: Info) -> Order | None:
        order = await info.context.orders.load(self.unit.order)
        return Order.of(order, info.context.viewer) if order else None

    @strawberry.field(description="Where it is made.")
    def factory(self, info: Info) -> Factory:
        return Factory.of(info.context.world.catalogue.factory[self.unit.factory])

    @strawberry.field(description="The line it is made on.")
    def line(self, info: Info) -> Line | None:
        return Line.of(info.context.world.catalogue.line[self.unit.line])

    @strawberry.field(description="Where it is.")
    def status(self, info: Info) -> ProductStatus:
        return product_status(self.unit.state, info.context.world.model(self.unit.model))

    @strawberry.field(description="The part of its journey it is in.")
    def stage(self, info: Info) -> Stage:
        status = product_status(self.unit.state, info.context.world.model(self.unit.model))
        return status_domain.STAGE_OF_STATUS[status]

    @strawberry.field(description="The share of standard work done, 0 to 1.")
    def progress(self, info: Info) -> float:
        return status_domain.progress(self.unit.state, info.context.world.model(self.unit.model))

    @strawberry.field(description="Its place on the line; null before it has one.")
    def plan(self) -> ProductionPlan | None:
        plan = self.unit.state.plan
        if plan is None:
            return None
        return ProductionPlan(position=plan.position, starts_at=plan.starts_at, finishes_at=plan.finishes_at)

    @strawberry.field(description="When it arrives, as of now; null before it is planned and when it will not arrive.")
    def eta(self, info: Info) -> Eta | None:
        world, unit = info.context.world, self.unit
        carrier = next((c for c in world.catalogue.carriers if c.code == unit.carrier), None)
        calendar = world.calendar(unit.line)
        found = eta_domain.estimate(unit.state, world.model(unit.model), calendar, carrier, unit.country, world.now())
        return Eta.of(found) if found else None

    @strawberry.field(description="Its journal, oldest first.")
    async def steps(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        stages: Stages = None,
    ) -> StepConnection:
        if first is not None and last is not None:
            raise InvalidInputRaised("Give first or last, not both.", ("last",))
        backwards = last is not None
        limit = checked_first(last, "last") if backwards else checked_first(first)
        start = read_cursor(after, int)[0] if after is not None else 0
        end = read_cursor(before, int)[0] if before is not None else None
        journal = info.context.world.stores.steps
        found = await journal.page(self.unit.code, start, end, limit + 1, backwards, stages)
        more = len(found) > limit
        shown = found[-limit:] if backwards else found[:limit]
        edges = [Edge(cursor=cursor_of(step.sequence), node=Step.of(step, self.unit)) for step in shown]
        has_next, has_previous = (before is not None, more) if backwards else (more, after is not None)
        total = self.unit.state.sequence if stages is None else await journal.count(self.unit.code, stages)
        return StepConnection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=page_info(edges, has_next, has_previous),
            total_count=total,
        )

    @strawberry.field(description="What may still change, and until when.")
    def change_window(self, info: Info) -> list[ChangeWindow]:
        world = info.context.world
        model, line = world.model(self.unit.model), world.catalogue.line[self.unit.line]

        def window(found: DomainWindow) -> ChangeWindow:
            group = OptionGroup.of(found.group, model, line)
            return ChangeWindow(group=group, closes_at=found.closes_at, frozen_at=found.frozen_at)

        return [window(found) for found in change_windows(self.unit.state, model, world.calendar(self.unit.line))]

    @strawberry.field(description="The questions that wait for its customer.")
    def open_decisions(self, info: Info) -> list[Decision]:
        model, state = info.context.world.model(self.unit.model), self.unit.state
        return [
            Decision.of(info, self.unit, failure.decision_id)
            for failure in open_failures(state, model)
            if failure.decision_id in state.requested
        ]

    @strawberry.field(description="What was measured on it; null before its release.")
    async def performance_report(self, info: Info) -> PerformanceReport | None:
        world = info.context.world
        if "released:1" not in self.unit.state.announced:
            return None
        released = await world.stores.steps.find_event(self.unit.code, OURSELVES, "released:1")
        if released is None:
            return None
        return PerformanceReport.of(report_of(released, world.model(self.unit.model)), self.unit)

    @strawberry.field(description="The scrapped unit that it replaces.")
    async def replaces(self, info: Info) -> "Product | None":
        return await other_unit(info, self.unit.replaces)

    @strawberry.field(description="The unit that replaces it.")
    async def replaced_by(self, info: Info) -> "Product | None":
        return await other_unit(info, self.unit.replaced_by)


async def other_unit(info: Info, code: str | None) -> Product | None:
    unit = await info.context.products.load(code) if code else None
    return Product.of(unit) if unit else None


@strawberry.input(description="Another choice for one unit.")
class ChangeProductInput:
    code: ProductCode = strawberry.field(description="The unit.")
    selections: list[SelectionInput] = strawberry.field(
        description="The groups to change; those not named keep their choices."
    )
    accept_price_delta: MoneyInput = strawberry.field(
        description="The difference in what is paid, with the tax where the quote adds one; another one is a Conflict."
    )


ProductConnection = Connection[Product]
ChangeProductResult = Annotated[
    Product | InvalidInput | NotFound | NotAllowed | Frozen | Conflict | NotPossible,
    strawberry.union("ChangeProductResult", description="The unit after it, or why not."),
]
DecideResult = Annotated[
    Decision | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("DecideResult", description="The decision after it, or why not."),
]
