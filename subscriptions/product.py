"""productSteps: the journal of one unit, replayed and then live."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from app.context import Context
from app.domain.event import Stage
from app.domain.order import Product as DomainProduct
from app.domain.refusal import InvalidInput, NotFound
from app.store.visibility import visible_products
from schema.step import Step
from subscriptions.feed import BeyondHead
from subscriptions.streams import streams_of, until_expired


async def product_steps(
    context: Context, code: str, after: int | None, stages: Sequence[Stage] | None
) -> AsyncGenerator[Step, None]:
    """Yield every step behind `after`, then each new one; the right to see it is checked for each."""
    if after is not None and after < 0:
        raise InvalidInput(f"after is a sequence, 0 or greater, not {after}.", ("after",))
    viewer = context.signed_in
    unit = await context.world.stores.products.find(code, visible_products(viewer))
    if unit is None:
        raise NotFound("There is no such unit.", ("code",))
    async with aclosing(until_expired(context, _steps(context, unit, after))) as steps:
        async for step in steps:
            if stages is None or step.stage in stages:
                yield step


async def _steps(context: Context, unit: DomainProduct, after: int | None) -> AsyncGenerator[Step, None]:
    streams = streams_of(context)
    try:
        async with aclosing(streams.feeds.follow("steps", unit.code, after)) as entries:
            async for entry in entries:
                await streams.check_product(context.signed_in, unit.code)
                yield Step.of(entry, unit)
    except BeyondHead as error:
        raise InvalidInput(f"after is beyond the head of this journal, which is {error.head}.", ("after",)) from error
