"""recordSteps: what machines and carriers report, one answer each, whatever the network did to it."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from app.actions.access import signed_in
from app.actions.unit import EventKey, append_step, conclude, project
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.refusal import InvalidInput, NotAllowed, Refusal, no_such
from app.domain.shared.viewer import AccountKind, Viewer, may_see_product
from app.domain.unit.event import Event
from app.domain.unit.journey import JournalEntry
from app.domain.unit.kinds.table import REPORTED_BY
from app.domain.unit.kinds.transport import Package
from app.domain.unit.report import Report, Reporter, check_form, differing, possible_times, to_event
from app.domain.unit.state import State
from app.store.database import UNAVAILABLE

log = logging.getLogger(__name__)
REPORTS_MAX = 100
MAX_WAIT_SECONDS = 0.05
"""Nobody waits longer for reports that are just being recorded."""


@dataclass(frozen=True)
class Recorded:
    """The step that a report made, now or when it first came, with the state right after it; and the unit after it."""

    entry: JournalEntry
    product: Product


Sent = tuple[Viewer, Report]
Outcome = Recorded | Exception


async def record_steps(deps: Deps, viewer: Viewer | None, reports: Sequence[Report]) -> list[Recorded | Refusal]:
    """Record 1 to 100 reports; each gets its own answer, in the same order. Those of one unit are taken in order.

    Reports that come one at a time are recorded together with others that come just now.
    """
    viewer = signed_in(viewer)
    if not 1 <= len(reports) <= REPORTS_MAX:
        refusal = InvalidInput(f"recordSteps takes 1 to {REPORTS_MAX} reports, not {len(reports)}.", ("input",))
        return [refusal] * max(1, len(reports))
    if viewer.kind not in REPORTED_BY:
        return [NotAllowed("Only a factory's machines and carriers report steps.", ("input",))] * len(reports)
    if len(reports) == 1:
        outcomes = [await _record_with_others(deps, (viewer, reports[0]))]
    else:
        outcomes = await record_all(deps, [(viewer, report) for report in reports])
    answers = [_answer(outcome, index) for index, outcome in enumerate(outcomes)]
    await _note_shared(deps, answers)
    return answers


def _answer(outcome: Outcome, index: int) -> Recorded | Refusal:
    """Answer what became of a report; what is neither recorded nor refused is raised."""
    if isinstance(outcome, Refusal):
        return outcome.below("input", str(index))
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def _record_with_others(deps: Deps, sent: Sent) -> Outcome:
    together = deps.coalesced(record_all, REPORTS_MAX, MAX_WAIT_SECONDS)
    try:
        return await together.submit(sent)
    except Refusal as refusal:
        return refusal


async def record_all(deps: Deps, sent: Sequence[Sent]) -> list[Outcome]:
    """Record reports of any senders, those of several units at the same time; return what became of each.

    What goes wrong with one unit is the outcome of its own reports alone.
    """
    units = await deps.stores.products.find_reported({report.code for _, report in sent})
    indexes: dict[str, list[int]] = {}
    for index, (viewer, report) in enumerate(sent):
        if report.code in units and may_see_product(viewer, units[report.code].access):
            indexes.setdefault(report.code, []).append(index)
    done = await asyncio.gather(
        *(_record_unit(deps, units[code], [sent[index] for index in mine]) for code, mine in indexes.items())
    )
    failed = await _project(deps, [unit for unit, _ in done if unit is not None])
    outcomes: list[Outcome] = [no_such("unit", "code") for _ in sent]
    for (code, mine), (_, theirs) in zip(indexes.items(), done, strict=True):
        for index, outcome in zip(mine, theirs, strict=True):
            outcomes[index] = failed.get(code, outcome)
    return outcomes


async def _record_unit(deps: Deps, unit: Product, sent: Sequence[Sent]) -> tuple[Product | None, list[Outcome]]:
    """Record one unit's reports in order and announce what follows; no unit: something went wrong with it."""
    outcomes: list[Outcome] = []
    try:
        for viewer, report in sent:
            try:
                entry, unit = await _record(deps, viewer, unit, report)
                outcomes.append(Recorded(entry, unit))
            except Refusal as refusal:
                outcomes.append(refusal)
        return await conclude(deps, unit), outcomes
    except Exception as error:
        return None, [error] * len(sent)


async def _record(deps: Deps, viewer: Viewer, unit: Product, report: Report) -> tuple[JournalEntry, Product]:
    if viewer.kind == AccountKind.CARRIER and report.kind not in REPORTED_BY[viewer.kind]:
        raise NotAllowed(f"A carrier does not report {report.kind}.", ("kind",))
    check_form(report)
    reporter = Reporter(viewer.account, viewer.kind)
    model = deps.model_of(unit)

    def decide(state: State) -> Event:
        possible = possible_times(unit.ordered_at, deps.now(), deps.clock.speed)
        return to_event(report, reporter, state, model, possible)

    entry, after = await append_step(deps, unit, decide, EventKey(viewer.account, report.event_id))
    assert entry is not None, "a report makes a step or is refused"
    if fields := differing(report, entry.step):
        extra = {"product": unit.code, "event_id": report.event_id, "fields": fields}
        log.warning("event repeated with other content", extra=extra)
    return entry, after


async def _project(deps: Deps, units: Sequence[Product]) -> dict[str, Exception]:
    """Write the projections of units, one by one where that goes wrong; return what went wrong, by unit."""
    try:
        await project(deps, units)
    except Exception as error:
        if len(units) == 1 or isinstance(error, UNAVAILABLE):
            return {unit.code: error for unit in units}
        alone = [await _project(deps, [unit]) for unit in units]
        return {code: error for failed in alone for code, error in failed.items()}
    return {}


async def _note_shared(deps: Deps, answers: Sequence[Recorded | Refusal]) -> None:
    """Log for staff where a package's number is on another unit too; whichever comes second sees the first."""
    payloads = (answer.entry.step.payload for answer in answers if isinstance(answer, Recorded))
    for sscc in {payload.sscc for payload in payloads if isinstance(payload, Package)}:
        units = await deps.stores.quality.units_with_package({}, sscc)
        if len(units) > 1:
            log.warning("package number on several units", extra={"sscc": sscc, "products": [u.code for u in units]})
