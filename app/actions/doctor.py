"""doctor: checks every invariant of the stored data and repairs what is derived."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.actions.journal import at_head, projection
from app.domain.journey import Step, follow
from app.domain.order import Product
from app.world import World

PAGE = 500


@dataclass(frozen=True)
class Finding:
    """A violated invariant; `repaired` where it was derived data that could be written anew."""

    subject: str
    problem: str
    repaired: bool = False


async def examine(world: World) -> AsyncIterator[Finding | None]:
    """Examine all units and orders; yields None for each that is sound, so that progress can be shown."""
    async for product in world.stores.products.all():
        findings = [finding async for finding in _examine_product(world, product)]
        for finding in findings:
            yield finding
        if not findings:
            yield None
    async for document in world.stores.orders.collection.find({}):
        order = world.stores.orders.load(document)
        units = await world.stores.products.find_all(list(order.products))
        missing = [code for code in order.products if code not in units]
        yield Finding(order.number, f"units are missing: {', '.join(missing)}") if missing else None


async def _examine_product(world: World, product: Product) -> AsyncIterator[Finding]:
    before: Step | None = None
    while steps := await world.stores.steps.read(product.code, before.sequence if before else 0, PAGE):
        for step in steps:
            expected = before.sequence + 1 if before else 1
            if step.sequence != expected:
                yield Finding(product.code, f"step {expected} is missing")
            elif before is not None and follow(before.state, step, step.recorded_at) != step.state:
                yield Finding(product.code, f"the state at step {step.sequence} does not follow from the one before")
            before = step
    if before is None:
        yield Finding(product.code, "it has no steps")
    elif before.state != product.state:
        await world.stores.products.project([projection(world, await at_head(world, product))])
        yield Finding(product.code, "the projection differed from the journal", repaired=True)
    elif product.state.plan is None and product.state.cancelled_at is None:
        yield Finding(product.code, "it has no plan")
