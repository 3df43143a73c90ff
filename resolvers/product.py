"""product, products, recordSteps, changeProduct and decide."""

from typing import Annotated

import strawberry

from app.actions.change_product import change_product
from app.actions.choose_delivery_slot import choose_delivery_slot
from app.actions.decide import decide
from app.actions.record_steps import Recorded, record_steps
from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.shared.money import Money as DomainMoney
from app.domain.unit.stage import ProductStatus
from app.store.paging import TimeRange
from app.store.visibility import visible_products
from resolvers.node import decision_of, find_product
from resolvers.order import PlacedAfter, PlacedBefore
from schema.arguments import Input
from schema.change import ChangeProductInput
from schema.configuration import choices_of
from schema.connection import NEWEST, After, Connection, First, connection, page_asked
from schema.decision import DecideInput
from schema.delivery_slot import ChooseDeliverySlotInput
from schema.links import Product, Step, extent_shown
from schema.node import key_of
from schema.refusal import answered, refusal_of
from schema.result import ChangeProductResult, ChooseDeliverySlotResult, DecideResult, RecordStepResult
from schema.scalars import ProductCode
from schema.step import RecordStepInput

Code = Annotated[ProductCode, strawberry.argument(description="The unit's ID code.")]
InStatuses = Annotated[
    list[ProductStatus] | None, strawberry.argument(description="Only units with one of these statuses.")
]
Reports = Annotated[list[RecordStepInput], strawberry.argument(description="The reports: 1 to 100.")]


@strawberry.type
class ProductQuery:
    @strawberry.field(description="A unit; null: it does not exist, or the viewer may not see it.")
    async def product(self, info: Info, code: Code) -> Product | None:
        info.context.signed_in  # noqa: B018 — who is nobody sees nothing
        unit = await find_product(info, code, extent_shown(info))
        return Product.of(unit) if unit else None

    @strawberry.field(description="The units that the viewer may see, the newest first.")
    async def products(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        statuses: InStatuses = None,
        placed_after: PlacedAfter = None,
        placed_before: PlacedBefore = None,
    ) -> Connection[Product]:
        page, visible = page_asked(NEWEST, first, after), visible_products(info.context.signed_in)
        products, ordered = info.context.deps.stores.products, TimeRange(placed_after, placed_before)
        found = await products.page(visible, page, statuses, ordered, extent_shown(info))
        return connection(page, found, Product.of, lambda unit: (unit.ordered_at, unit.code))


@strawberry.type
class ProductMutation:
    @strawberry.mutation(
        description="Records 1 to 100 reports of machines or carriers, and answers each of them, in the same order. "
        "It is safe to repeat."
    )
    async def record_steps(self, info: Info, input: Reports) -> list[RecordStepResult]:
        answers = await record_steps(info.context.deps, info.context.viewer, [report.to_domain() for report in input])
        return [
            Step.of(answer.entry.step, answer.product, answer.entry.state)
            if isinstance(answer, Recorded)
            else refusal_of(answer)
            for answer in answers
        ]

    @strawberry.mutation(description="Changes a unit's options, each until the operation that freezes it begins.")
    async def change_product(self, info: Info, input: Input[ChangeProductInput]) -> ChangeProductResult:
        async def work() -> DomainProduct:
            delta = DomainMoney(input.accept_price_delta.amount, input.accept_price_delta.currency)
            choices = choices_of(input.selections) or ()
            return await change_product(info.context.deps, info.context.viewer, input.code, choices, delta)

        return await answered(work(), Product.of)

    @strawberry.mutation(description="Chooses or changes a unit's delivery slot, until it is out for delivery.")
    async def choose_delivery_slot(self, info: Info, input: Input[ChooseDeliverySlotInput]) -> ChooseDeliverySlotResult:
        work = choose_delivery_slot(
            info.context.deps, info.context.viewer, input.code, input.slot, input.idempotency_key
        )
        return await answered(work, Product.of)

    @strawberry.mutation(description="Answers a question that an inspection raised. It is safe to repeat.")
    async def decide(self, info: Info, input: Input[DecideInput]) -> DecideResult:
        code, _, decision_id = key_of("Decision", input.decision_id).partition(".")
        work = decide(info.context.deps, info.context.viewer, code, decision_id, input.choice, input.idempotency_key)
        return await answered(work, lambda unit: decision_of(info, unit, decision_id))
