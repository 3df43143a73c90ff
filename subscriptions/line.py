"""lineActivity: what happens on a line just now, without any promise."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from app.domain.shared.refusal import no_such
from app.domain.shared.viewer import Viewer
from app.domain.unit.journey import JournalEntry
from app.store.retry import retry_forever
from app.store.visibility import visible_products
from schema.catalogue import Line, Model, Station
from schema.links import LineActivity, Product
from schema.step import StepKind
from subscriptions.context import LiveContext


async def line_activity(context: LiveContext, line: str) -> AsyncGenerator[LineActivity, None]:
    """Yield what happens on a line; a unit is named only to those who may see it."""
    viewer = context.signed_in
    if line not in context.deps.catalogue.line:
        raise no_such("line", "lineId")
    async with aclosing(context.streams.line_steps(line)) as entries:
        async for entry in entries:
            yield await _activity(context, viewer, entry)


async def _activity(context: LiveContext, viewer: Viewer, entry: JournalEntry) -> LineActivity:
    step, deps = entry.step, context.deps
    await retry_forever(lambda: deps.stores.catalogue.know([(step.model, step.edition)]))
    line = deps.catalogue.line[step.line]
    station = line.find_station(step.station or "")
    visible = visible_products(viewer)
    unit = await retry_forever(lambda: deps.stores.products.find(step.product, visible))
    return LineActivity(
        line=Line.of(line),
        station=Station.of(station) if station else None,
        kind=StepKind[step.kind.value],
        occurred_at=step.occurred_at,
        model=Model.as_sold(deps.edition_of(step), deps.catalogue),
        product=Product.of(replace(unit, state=entry.state)) if unit else None,
    )
