"""lineActivity: what happens on a line just now, without any promise."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.context import Context
from app.domain.journey import Step
from app.domain.refusal import NotFound
from schema.catalogue import Line, Model, Station
from schema.product import Product
from schema.step import LineActivity
from subscriptions.streams import streams_of, until_expired


async def line_activity(context: Context, line: str) -> AsyncGenerator[LineActivity, None]:
    """Yield what happens on a line; a unit is named only to those who may see it."""
    if line not in context.world.catalogue.line:
        raise NotFound("There is no such line.", ("lineId",))
    async with aclosing(until_expired(context, streams_of(context).line_steps(line))) as steps:
        async for step in steps:
            yield await _activity(context, step)


async def _activity(context: Context, step: Step) -> LineActivity:
    catalogue = context.world.catalogue
    line = catalogue.line[step.line]
    station = line.find_station(step.station or "")
    unit = await context.products.load(step.product)
    return LineActivity(
        line=Line.of(line),
        station=Station.of(station) if station else None,
        kind=step.kind,
        occurred_at=step.occurred_at,
        model=Model.of(catalogue.model[step.model], catalogue),
        product=Product.of_step(step, unit) if unit else None,
    )
