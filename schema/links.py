"""The types that lead to one another: units, their orders, their steps, and what is asked and reported about them.

What each says of itself stands in the module of its noun; here it gets what leads to another of these types.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

import strawberry
from strawberry.types import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from app.actions.performance import ReportKey, find_reports, report_keys
from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.viewer import sees_inside
from app.domain.unit.nonconformance import nonconformances
from app.domain.unit.stage import Stage
from app.domain.unit.state import changed
from app.domain.unit.status import open_failures
from app.store.extent import Extent
from app.store.paging import Page
from schema.catalogue import Line, Model, Station
from schema.change import ProductChange
from schema.connection import SEQUENCE, After, Before, Connection, First, Last, connection, page_asked
from schema.decision import DecisionFields
from schema.eta import ProductTimes
from schema.logistics import ProductLogistics
from schema.node import global_id
from schema.nonconformance import NonconformanceFields
from schema.order import OrderFields
from schema.performance import PerformanceReportFields
from schema.product import ProductState
from schema.production import ProductProduction
from schema.scalars import ProductCode
from schema.selection import selected, selects
from schema.step import StepFields, StepKind

Stages = Annotated[list[Stage] | None, strawberry.argument(description="Only steps of these stages.")]
Revision = Annotated[int | None, strawberry.argument(description="The number of the revision; without it, the newest.")]


@strawberry.type(description="An order of one or more units of one design.")
class Order(OrderFields):
    @strawberry.field(
        description="The units of the order, one for each piece that was ordered, followed by those that replace "
        "scrapped ones."
    )
    async def products(self, info: Info) -> list["Product"]:
        return [Product.of(unit) for unit in await self.units(info)]


@strawberry.type(description="One entry of a unit's journal. Its unit's code and its sequence identify it for ever.")
class Step(StepFields):
    @strawberry.field(description="The unit, with the state that it had right after this step.")
    def product(self) -> "Product":
        if self.state is None:
            raise LookupError("this step was read without the state right after it")
        return Product.of(changed(self.unit, {"state": self.state}))


@strawberry.type(description="One page of a unit's journal.")
class StepConnection(Connection[Step]):
    unit: strawberry.Private[DomainProduct]
    stages: strawberry.Private[tuple[Stage, ...] | None]

    @strawberry.field(description="How many steps there are on all pages together.")
    async def total_count(self, info: Info) -> int:
        if self.stages is None:
            return self.unit.state.sequence
        return await info.context.load(info.context.deps.stores.steps.counts, self.unit.code, self.stages) or 0


@strawberry.type(
    description="A question to the customer that an inspection raised. No question is ever asked about a safety "
    "characteristic."
)
class Decision(DecisionFields):
    @strawberry.field(description="The unit that it is about.")
    def product(self) -> "Product":
        return Product.of(self.unit)


@strawberry.type(description="A nonconformance: a requirement that a unit did not fulfil. It may be open or closed.")
class Nonconformance(NonconformanceFields):
    @strawberry.field(description="The unit that it is about.")
    def product(self) -> "Product":
        return Product.of(self.unit)

    @strawberry.field(description="The question to the unit's customer, open or answered; null: none was asked.")
    def decision(self, info: Info) -> Decision | None:
        return Decision.of(info, self.unit, self.found.id) if self.found.id in self.unit.state.requested else None


@strawberry.type(
    description="What was measured on one unit. A report is issued when the unit is released, and never changes."
)
class PerformanceReport(PerformanceReportFields):
    @strawberry.field(description="The unit that it is about.")
    def product(self) -> "Product":
        return Product.of(self.unit)


@strawberry.type(description="One custom-made unit with its ID code.")
class Product(ProductState, ProductTimes, ProductProduction, ProductChange, ProductLogistics):
    @classmethod
    def of(cls, unit: DomainProduct) -> Self:
        return cls(
            id=global_id("Product", unit.code),
            unit=unit,
            code=ProductCode(unit.code),
            gtin=unit.gtin,
            serial=unit.code,
            last_sequence=unit.state.sequence,
        )

    @strawberry.field(description="The order to which the unit belongs; null: the viewer may not see orders.")
    async def order(self, info: Info) -> Order | None:
        orders, viewer = info.context.deps.stores.orders, info.context.viewer
        order = await info.context.load(orders.find_visible, self.unit.order, viewer)
        return Order.of(order, viewer) if order else None

    @strawberry.field(description="The unit's journal, the oldest step first.")
    async def steps(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        stages: Stages = None,
    ) -> StepConnection:
        page, wanted = page_asked(SEQUENCE, first, after, last, before), None if stages is None else tuple(stages)
        found = await self._read_steps(info, wanted, page)
        shown = connection(page, found, lambda step: step, lambda step: (step.sequence,))
        return StepConnection(**vars(shown), unit=self.unit, stages=wanted)

    async def _read_steps(self, info: Info, stages: tuple[Stage, ...] | None, page: Page) -> list[Step]:
        """Read a page of the journal, with the states between the steps only where they are selected."""
        context, steps = info.context, info.context.deps.stores.steps
        if selects(info, "product"):
            entries = await context.load(steps.entry_pages_of, self.unit.code, stages, page)
            return [Step.of(entry.step, self.unit, entry.state) for entry in entries or ()]
        found = await context.load(steps.pages_of, self.unit.code, stages, page)
        return [Step.of(step, self.unit) for step in found or ()]

    @strawberry.field(
        description="The unit's nonconformances, the oldest first: all that are open, and the latest that are "
        "closed; null for its carrier."
    )
    def nonconformances(self, info: Info) -> list[Nonconformance] | None:
        if not sees_inside(info.context.viewer):
            return None
        known = nonconformances(self.unit.state, info.context.deps.model_of(self.unit))
        return [Nonconformance.of(self.unit, found) for found in known]

    @strawberry.field(description="The questions that wait for an answer of the unit's customer.")
    def open_decisions(self, info: Info) -> list[Decision]:
        if not sees_inside(info.context.viewer):
            return []
        model, state = info.context.deps.model_of(self.unit), self.unit.state
        return [
            Decision.of(info, self.unit, failure.decision_id)
            for failure in open_failures(state, model)
            if failure.decision_id in state.requested
        ]

    @strawberry.field(
        description="The unit's performance report; null: the unit is not released yet, or there is no such revision."
    )
    async def performance_report(self, info: Info, revision: Revision = None) -> PerformanceReport | None:
        keys = [key for key in report_keys(self.unit) if revision in (None, key.revision)]
        found = await self._reports(info, keys[-1:])
        return found[0] if found else None

    @strawberry.field(
        description="All revisions of the unit's performance report, the oldest first; a re-test adds one."
    )
    async def performance_reports(self, info: Info) -> list[PerformanceReport]:
        return await self._reports(info, report_keys(self.unit))

    async def _reports(self, info: Info, keys: Sequence[ReportKey]) -> list[PerformanceReport]:
        told = keys if sees_inside(info.context.viewer) else ()
        found = await info.context.load_many(find_reports, told, info.context.deps)
        return [PerformanceReport.of(report, self.unit) for report in found]

    @strawberry.field(description="The scrapped unit that this one replaces; null: it replaces none.")
    async def replaces(self, info: Info) -> "Product | None":
        return await _other_unit(info, self.unit.replaces)

    @strawberry.field(description="The unit that replaces this one; null: it is not replaced.")
    async def replaced_by(self, info: Info) -> "Product | None":
        return await _other_unit(info, self.unit.replaced_by)


BRIEF = {
    *("id", "code", "gtin", "serial", "last_sequence", "digital_link", "qr_code", "model", "factory", "line"),
    *("status", "stage", "order", "steps", "signed_head", "replaces", "replaced_by"),
}
"""The fields of a product for which Extent.BRIEF is enough."""
WHOLE = {
    to_camel_case(field.python_name)
    for field in get_object_definition(Product, strict=True).fields
    if field.python_name not in BRIEF | {"plan"}
}


def extent_shown(info: Info) -> Extent:
    """Tell how much of the products below the present field has to be read."""
    names = selected(info)
    if not WHOLE.isdisjoint(names):
        return Extent.WHOLE
    return Extent.PLANNED if "plan" in names else Extent.BRIEF


async def _other_unit(info: Info, code: str | None) -> Product | None:
    products, viewer = info.context.deps.stores.products, info.context.viewer
    unit = await info.context.load(products.find_visible, code, viewer) if code else None
    return Product.of(unit) if unit else None


@strawberry.type(description="A step of one of an order's units, with its cursor in the stream of the order.")
class OrderStep:
    cursor: str = strawberry.field(description="The cursor of the step: send the last one that was seen as `after`.")
    step: Step = strawberry.field(description="The step.")


@strawberry.type(description="What happens on a line at this moment. An event that is missed is not repeated.")
class LineActivity:
    line: Line = strawberry.field(description="The line on which it happens.")
    station: Station | None = strawberry.field(description="The station at which it happens; null: it is not known.")
    kind: StepKind = strawberry.field(description="What kind of step it is.")
    occurred_at: datetime = strawberry.field(description="When it happened, as its source says (factory clock).")
    model: Model = strawberry.field(description="The model of the unit.")
    product: Product | None = strawberry.field(description="The unit; null: the viewer may not see it.")
