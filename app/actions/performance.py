"""Issues performance reports: with each release, by whichever process is alive, once."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.deps import Deps
from app.domain.order.order import Product
from app.domain.unit.event import OURSELVES
from app.domain.unit.performance import ANNOUNCED, PerformanceReport, issue, ranked_values, releases


class ReportKey(NamedTuple):
    """One revision of a unit's report, with what it takes to issue it."""

    product: str
    revision: int
    model: str
    edition: int
    gtin: str


def report_keys(product: Product) -> list[ReportKey]:
    """List all revisions of a unit's report, oldest first: one for each release."""
    return [
        ReportKey(product.code, revision + 1, product.model, product.edition, product.gtin)
        for revision in range(releases(product.state))
    ]


async def find_report(deps: Deps, product: Product, revision: int | None = None) -> PerformanceReport | None:
    """Find one revision of a released unit's report, without a number the newest."""
    keys = report_keys(product)
    wanted = keys[-1:] if revision is None else [key for key in keys if key.revision == revision]
    found = await find_reports(deps, wanted)
    return next(iter(found.values()), None)


async def find_reports(deps: Deps, keys: Sequence[ReportKey]) -> Mapping[ReportKey, PerformanceReport]:
    """Find the reports of many units in one command; those that a crash left out are issued, one after the other."""
    if not keys:
        return {}
    known = await deps.stores.performance_reports.find_many([(key.product, key.revision) for key in keys])
    found: dict[ReportKey, PerformanceReport] = {}
    for key in keys:
        report = known.get((key.product, key.revision)) or await _issue(deps, key)
        if report is not None:
            found[key] = report
    return found


async def issue_reports(deps: Deps, product: Product) -> Sequence[PerformanceReport]:
    """Return all revisions of a unit's report, oldest first; those that are missing are issued."""
    return list((await find_reports(deps, report_keys(product))).values())


async def _issue(deps: Deps, key: ReportKey) -> PerformanceReport | None:
    """Judge a release among its siblings and keep the report. The first one kept counts, whoever made it."""
    released = await deps.stores.steps.find_event(key.product, OURSELVES, f"{ANNOUNCED}{key.revision}")
    if released is None:
        return None
    model, reports = deps.model_of(key), deps.stores.performance_reports
    values = ranked_values(released, model)
    ranks = await reports.ranks(model.sku, key.product, released.step.recorded_at, values)
    return await reports.keep(issue(released, key.gtin, model, ranks))
