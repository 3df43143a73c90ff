"""recordSteps: what machines and carriers report, one answer each, whatever the network did to it."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from app.actions.journal import EventKey, append, conclude_and_project
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.refusal import InvalidInput, NotAllowed, NotFound, Refusal, Unauthenticated
from app.domain.shared.viewer import AccountKind, Viewer, may_see_product
from app.domain.unit.event import REPORTED_BY, Event
from app.domain.unit.journey import State, Step
from app.domain.unit.report import Report, Reporter, check_form, differing, possible_times, to_event

log = logging.getLogger(__name__)
REPORTS_MAX = 100


@dataclass(frozen=True)
class Recorded:
    step: Step
    product: Product


async def record_steps(deps: Deps, viewer: Viewer | None, reports: Sequence[Report]) -> list[Recorded | Refusal]:
    """Record 1 to 100 reports; each gets its own answer, in the same order. Those of one unit are taken in order."""
    if viewer is None:
        raise Unauthenticated("Sign in to report steps.")
    if not 1 <= len(reports) <= REPORTS_MAX:
        refusal = InvalidInput(f"recordSteps takes 1 to {REPORTS_MAX} reports, not {len(reports)}.", ("input",))
        return [refusal] * max(1, len(reports))
    if viewer.kind not in REPORTED_BY:
        return [NotAllowed("Only a factory's machines and carriers report steps.", ("input",))] * len(reports)
    async with deps.stores.turns:
        answers = await _record_all(deps, viewer, reports)
    await _note_shared(deps, answers)
    return answers


async def _record_all(deps: Deps, viewer: Viewer, reports: Sequence[Report]) -> list[Recorded | Refusal]:
    """Record the reports, those of several units at the same time."""
    codes = list(dict.fromkeys(report.code for report in reports))
    products = {
        code: product
        for code, product in (await deps.stores.products.find_together(codes)).items()
        if may_see_product(viewer, product.access)
    }
    answers: list[Recorded | Refusal] = [
        NotFound("There is no such unit.", ("input", str(index), "code")) for index in range(len(reports))
    ]
    places: dict[str, list[int]] = {code: [] for code in products}
    for index, report in enumerate(reports):
        places.get(report.code, []).append(index)
    after = await asyncio.gather(
        *(_record(deps, viewer, product, reports, places[code], answers) for code, product in products.items())
    )
    await conclude_and_project(deps, after)
    return answers


async def _note_shared(deps: Deps, answers: Sequence[Recorded | Refusal]) -> None:
    """Log for staff where a package's number is on another unit too; whichever comes second sees the first."""
    for sscc in {answer.step.sscc for answer in answers if isinstance(answer, Recorded) and answer.step.sscc}:
        units = await deps.stores.quality.units_with_package({}, sscc)
        if len(units) > 1:
            log.warning("package number on several units", extra={"sscc": sscc, "products": [u.code for u in units]})


async def _record(
    deps: Deps,
    viewer: Viewer,
    product: Product,
    reports: Sequence[Report],
    places: Sequence[int],
    answers: list[Recorded | Refusal],
) -> Product:
    """Record the reports of one unit and put each answer in its place."""
    for index in places:
        try:
            step, product = await _record_one(deps, viewer, product, reports[index])
            answers[index] = Recorded(step, product)
        except Refusal as refusal:
            answers[index] = refusal.below("input", str(index))
    return product


async def _record_one(deps: Deps, viewer: Viewer, product: Product, report: Report) -> tuple[Step, Product]:
    if viewer.kind == AccountKind.CARRIER and report.kind not in REPORTED_BY[viewer.kind]:
        raise NotAllowed(f"A carrier does not report {report.kind}.", ("kind",))
    check_form(report)
    reporter = Reporter(viewer.account, viewer.kind)
    model = deps.model(product.model)

    def decide(state: State) -> Event:
        possible = possible_times(product.ordered_at, deps.now(), deps.clock.speed)
        return to_event(report, reporter, state, model, possible)

    name = EventKey(viewer.account, report.event_id, lambda step: differing(report, step))
    return await append(deps, product, decide, name)
