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
    strawberry.argument(description="The last sequence seen; 0: from the first; null: only what is new."),
]
AfterCursor = Annotated[
    str | None,
    strawberry.argument(description='The last cursor seen; "0": from the first step; null: only what is new.'),
]


@strawberry.type(description="What happens, as it happens.")
class Subscription:
    @strawberry.subscription(
        description="Replays every step after `after` (0: from the first; null: only what is new), then stays live. "
        "Never skips, never repeats, always in sequence (with `stages`, of those that match)."
    )
    async def product_steps(
        self, info: LiveInfo, code: Code, after: AfterSequence = None, stages: Stages = None
    ) -> AsyncIterable[Step]:
        return await product_steps(info.context, code, after_sequence(info.context, after), stages)

    @strawberry.subscription(
        description="The same for all products of one order; the cursor is opaque. In sequence for each product."
    )
    def order_steps(self, info: LiveInfo, order_id: Id, after: AfterCursor = None) -> AsyncGenerator[OrderStep, None]:
        steps = order_steps(info.context, key_of("Order", order_id), after_cursor(info.context, after))
        return resumable(info.context, steps)

    @strawberry.subscription(description="The same for the changes of a design.")
    def design_changes(
        self, info: LiveInfo, design_id: Id, after: AfterSequence = None
    ) -> AsyncGenerator[DesignChange, None]:
        changes = design_changes(info.context, key_of("Design", design_id), after_sequence(info.context, after))
        return resumable(info.context, changes)

    @strawberry.subscription(
        description="Who is looking at a design just now, at first and whenever it changes. Best effort, no cursor."
    )
    def design_presence(self, info: LiveInfo, design_id: Id) -> AsyncGenerator[list[Member], None]:
        return design_presence(info.context, key_of("Design", design_id))

    @strawberry.subscription(
        description="What may still change on a unit and until when: now, and whenever the line or its plan alters it."
    )
    async def change_window(self, info: LiveInfo, code: Code) -> AsyncGenerator[list[ChangeWindow], None]:
        async with aclosing(change_window(info.context, code)) as windows:
            async for unit, found in windows:
                yield ChangeWindow.all_of(info.context.deps, unit, found)

    @strawberry.subscription(
        description="The changes of a line's plan, gap-free and resumable like steps; for its plant and engineers."
    )
    def line_plan_changes(
        self, info: LiveInfo, line_id: Id, after: AfterSequence = None
    ) -> AsyncGenerator[LinePlanChange, None]:
        changes = line_plan_changes(info.context, key_of("Line", line_id), after_sequence(info.context, after))
        return resumable(info.context, changes)

    @strawberry.subscription(
        description="What happens on a line now; customers see only units that are not theirs without code or person."
    )
    def line_activity(self, info: LiveInfo, line_id: Id) -> AsyncGenerator[LineActivity, None]:
        return line_activity(info.context, key_of("Line", line_id))
