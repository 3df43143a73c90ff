"""Issues performance reports: with each release, by whichever process is alive, once."""

from app.domain.event import OURSELVES
from app.domain.order import Product
from app.domain.performance import ANNOUNCED, PerformanceReport, issue, ranked_values, releases
from app.world import World


async def find_report(world: World, product: Product, revision: int | None = None) -> PerformanceReport | None:
    """Find one revision of a released unit's report, without a number the newest; a missing one is issued now."""
    newest = releases(product.state)
    wanted = newest if revision is None else revision
    if not 1 <= wanted <= newest:
        return None
    reports = world.stores.performance_reports
    return await reports.find(product.code, wanted) or await _issue(world, product, wanted)


async def issue_reports(world: World, product: Product) -> list[PerformanceReport]:
    """Return all revisions of a unit's report, oldest first; those that a crash left out are issued."""
    found = [await find_report(world, product, revision + 1) for revision in range(releases(product.state))]
    return [report for report in found if report is not None]


async def _issue(world: World, product: Product, revision: int) -> PerformanceReport | None:
    """Judge a release among its siblings and keep the report. The first one kept counts, whoever made it."""
    released = await world.stores.steps.find_event(product.code, OURSELVES, f"{ANNOUNCED}{revision}")
    if released is None:
        return None
    model, reports = world.model(product.model), world.stores.performance_reports
    values = ranked_values(released, model)
    ranks = await reports.ranks(model.sku, product.code, released.recorded_at, values)
    return await reports.keep(issue(released, product.gtin, model, ranks))
