"""The subscription root: one field for each stream."""

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from typing import Annotated

import strawberry

from schema.arguments import Id
from schema.change import ChangeWindow
from schema.design import DesignChange
from schema.line_plan import LinePlanChange
from schema.links import LineActivity, OrderStep, Stages, Step
from schema.node import key_of
from schema.people import Member
from schema.scalars import ProductCode
from subscriptions.change_window import change_window
from subscriptions.context import LiveInfo
from subscriptions.design import design_changes
from subscriptions.line import line_activity
from subscriptions.line_plan import line_plan_changes
from subscriptions.order import order_steps
from subscriptions.presence import design_presence
from subscriptions.product import product_steps
from subscriptions.resume import after_cursor, after_sequence, resumable

Code = Annotated[ProductCode, strawberry.argument(description="The unit's ID code.")]
AfterSequence = Annotated[
    int | None,
    strawberry.argument(
        description="The last sequence that was seen; 0: begin with the first entry; null: only what is new."
    ),
]
AfterCursor = Annotated[
    str | None,
    strawberry.argument(
        description='The last cursor that was seen; "0": begin with the first step; null: only what is new.'
    ),
]


@strawberry.type(description="What happens, as it happens.")
class Subscription:
    @strawberry.subscription(
        description="Delivers every step after `after`, then each new one as it is recorded: in sequence, without "
        "gaps or repetitions. With `stages`, it delivers those that match."
    )
    async def product_steps(
        self, info: LiveInfo, code: Code, after: AfterSequence = None, stages: Stages = None
    ) -> AsyncIterable[Step]:
        return await product_steps(info.context, code, after_sequence(info.context, after), stages)

    @strawberry.subscription(
        description="Delivers the steps of all units of one order in the same way, in sequence for each unit. Its "
        "cursor is opaque."
    )
    def order_steps(self, info: LiveInfo, order_id: Id, after: AfterCursor = None) -> AsyncGenerator[OrderStep, None]:
        steps = order_steps(info.context, key_of("Order", order_id), after_cursor(info.context, after))
        return resumable(info.context, steps)

    @strawberry.subscription(description="Delivers the changes of a design in the same way as productSteps.")
    def design_changes(
        self, info: LiveInfo, design_id: Id, after: AfterSequence = None
    ) -> AsyncGenerator[DesignChange, None]:
        changes = design_changes(info.context, key_of("Design", design_id), after_sequence(info.context, after))
        return resumable(info.context, changes)

    @strawberry.subscription(
        description="Who is looking at a design: at first, and whenever this changes. It has no cursor, and nothing "
        "that is missed is repeated."
    )
    def design_presence(self, info: LiveInfo, design_id: Id) -> AsyncGenerator[list[Member], None]:
        return design_presence(info.context, key_of("Design", design_id))

    @strawberry.subscription(
        description="Until when a unit's options may still change: at first, and whenever the line or its plan "
        "changes this."
    )
    async def change_window(self, info: LiveInfo, code: Code) -> AsyncGenerator[list[ChangeWindow], None]:
        async with aclosing(change_window(info.context, code)) as windows:
            async for unit, found in windows:
                yield ChangeWindow.all_of(info.context.deps, unit, found)

    @strawberry.subscription(
        description="Delivers the changes of a line's plan in the same way as productSteps. Only its factory and its "
        "engineers may subscribe."
    )
    def line_plan_changes(
        self, info: LiveInfo, line_id: Id, after: AfterSequence = None
    ) -> AsyncGenerator[LinePlanChange, None]:
        changes = line_plan_changes(info.context, key_of("Line", line_id), after_sequence(info.context, after))
        return resumable(info.context, changes)

    @strawberry.subscription(
        description="Delivers what happens on a line at this moment. The unit is named only to those who may see it."
    )
    def line_activity(self, info: LiveInfo, line_id: Id) -> AsyncGenerator[LineActivity, None]:
        return line_activity(info.context, key_of("Line", line_id))
