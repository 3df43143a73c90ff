"""Issues performance reports: with each release, by whichever process is alive, once."""

from app.deps import Deps
from app.domain.order.order import Product
from app.domain.unit.event import OURSELVES
from app.domain.unit.performance import ANNOUNCED, PerformanceReport, issue, ranked_values, releases


async def issue_reports(deps: Deps, unit: Product) -> list[PerformanceReport]:
    """Return all revisions of a unit's report, oldest first; those that are not there yet are issued."""
    found = [await issue_report(deps, unit, revision + 1) for revision in range(releases(unit.state))]
    return [report for report in found if report is not None]


async def issue_report(deps: Deps, unit: Product, revision: int) -> PerformanceReport | None:
    """Return one revision of a unit's report; one that is not there yet is issued, if its release is in the journal.

    It judges the release among its siblings. The first report that is kept counts, whoever made it.
    """
    reports, steps = deps.stores.performance_reports, deps.stores.steps
    if known := await reports.find(unit.code, revision):
        return known
    released = await steps.find_event(unit.code, OURSELVES, f"{ANNOUNCED}{revision}")
    if released is None:
        return None
    model = deps.model(unit.model)
    values = ranked_values(released, model)
    ranks = await reports.ranks(model.sku, unit.code, released.recorded_at, values)
    return await reports.keep(issue(released, unit.gtin, model, ranks))
