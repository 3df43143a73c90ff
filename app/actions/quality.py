"""What staff, machines and customers look up of quality: components, what waits for somebody, and a line's figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.deps import Deps
from app.domain.line.quality import LineQuality, check_period, pareto
from app.domain.order.order import Product
from app.domain.shared.refusal import InvalidInput
from app.domain.shared.viewer import Viewer, works_at
from app.domain.unit.listing import listing
from app.domain.unit.nonconformance import open_nonconformances
from app.domain.unit.sscc import checked_sscc
from app.domain.unit.status import open_failures
from app.store.paging import Page
from app.store.visibility import NOTHING, visible_products

CODE_LENGTH_MAX = 64


@dataclass(frozen=True)
class OpenMatter:
    """A decision or nonconformance of a unit, by its id; `since`: that unit's oldest, which orders the list."""

    unit: Product
    id: str
    since: datetime | None


async def units_with_component(
    deps: Deps, viewer: Viewer, part: str | None, serial: str | None, lot: str | None, page: Page
) -> Sequence[Product]:
    """Find the units that have a component fitted now; for staff and machines of their factory, nobody else."""
    for name, value in (("part", part), ("serial", serial), ("lot", lot)):
        if value is not None and not 1 <= len(value) <= CODE_LENGTH_MAX:
            raise InvalidInput(f"{name} has 1 to {CODE_LENGTH_MAX} characters.", (name,))
    if serial is None and lot is None:
        raise InvalidInput("Name a serial number or a lot.", ("lot",))
    visible = visible_products(viewer) if works_at(viewer, viewer.factory) else NOTHING
    return await deps.stores.quality.page_with_component(visible, part, serial, lot, page)


async def units_with_package(deps: Deps, viewer: Viewer, sscc: str) -> Sequence[Product]:
    """Find the units packed under an SSCC, among those the viewer may see."""
    return await deps.stores.quality.units_with_package(visible_products(viewer), checked_sscc(sscc))


async def open_decisions(deps: Deps, viewer: Viewer, page: Page) -> Sequence[OpenMatter]:
    """List the questions that wait for a customer, over all their units, the unit that waits longest first."""
    if not viewer.buys:
        return ()
    units = await deps.stores.quality.page_asked(viewer.account, page)
    found: list[OpenMatter] = []
    for unit in units:
        model = deps.model_of(unit)
        asked = [f.decision_id for f in open_failures(unit.state, model) if f.decision_id in unit.state.requested]
        found += [OpenMatter(unit, id, listing(unit.state, model).asked_since) for id in sorted(asked)]
    return _behind(found, page)


async def line_nonconformances(deps: Deps, viewer: Viewer, line: str, page: Page) -> Sequence[OpenMatter]:
    """List what waits for the engineers of a line, the unit that waits longest first; for those who work there."""
    if not _sees_line(deps, viewer, line):
        return ()
    units = await deps.stores.quality.page_nonconforming(line, page)
    found: list[OpenMatter] = []
    for unit in units:
        model = deps.model_of(unit)
        ids = sorted(each.id for each in open_nonconformances(unit.state, model))
        found += [OpenMatter(unit, id, listing(unit.state, model).nonconforming_since) for id in ids]
    return _behind(found, page)


async def line_quality(deps: Deps, viewer: Viewer, line: str, since: datetime, until: datetime) -> LineQuality | None:
    """Count a line's first-pass yield and defects in a period; None: not there for the viewer."""
    check_period(since, until)
    if not _sees_line(deps, viewer, line):
        return None
    operations, units = await deps.stores.quality.first_passes(line, since, until)
    defects = await deps.stores.quality.defects(line, since, until)
    models = (model for model in deps.catalogue.model.values() if model.line == line)
    order = list(dict.fromkeys(code for model in models for code in model.operations))
    operations.sort(key=lambda tally: (order.index(tally.code) if tally.code in order else len(order), tally.code))
    return LineQuality(since, until, units, operations, list(pareto(defects)))


def _sees_line(deps: Deps, viewer: Viewer, line: str) -> bool:
    factory = deps.catalogue.factory_of_line.get(line)
    return factory is not None and works_at(viewer, factory.code)


def _behind(found: Sequence[OpenMatter], page: Page) -> Sequence[OpenMatter]:
    """Drop what a cursor, of a time, a unit and an id, has passed of the unit that it stands in."""
    if page.after is not None:
        _, code, id = page.after.values
        found = [each for each in found if each.unit.code != code or each.id > str(id)]
    return found[: page.size + 1]
