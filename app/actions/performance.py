"""Issues performance reports: with each release, by whichever process is alive, once."""

from app.deps import Deps
from app.domain.order.order import Product
from app.domain.unit.event import OURSELVES
from app.domain.unit.performance import ANNOUNCED, PerformanceReport, issue, ranked_values, releases


async def find_report(deps: Deps, product: Product, revision: int | None = None) -> PerformanceReport | None:
    """Find one revision of a released unit's report, without a number the newest; a missing one is issued now."""
    newest = releases(product.state)
    wanted = newest if revision is None else revision
    if not 1 <= wanted <= newest:
        return None
    reports = deps.stores.performance_reports
    return await reports.find(product.code, wanted) or await _issue(deps, product, wanted)


async def issue_reports(deps: Deps, product: Product) -> list[PerformanceReport]:
    """Return all revisions of a unit's report, oldest first; those that a crash left out are issued."""
    found = [await find_report(deps, product, revision + 1) for revision in range(releases(product.state))]
    return [report for report in found if report is not None]


async def _issue(deps: Deps, product: Product, revision: int) -> PerformanceReport | None:
    """Judge a release among its siblings and keep the report. The first one kept counts, whoever made it."""
    released = await deps.stores.steps.find_event(product.code, OURSELVES, f"{ANNOUNCED}{revision}")
    if released is None:
        return None
    model, reports = deps.model(product.model), deps.stores.performance_reports
    values = ranked_values(released, model)
    ranks = await reports.ranks(model.sku, product.code, released.recorded_at, values)
    return await reports.keep(issue(released, product.gtin, model, ranks))
