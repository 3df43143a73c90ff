"""Checks of one unit: its record, its order and its whole journal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial

from app.actions.background.planner import plan_line
from app.actions.performance import issue_reports
from app.actions.schedule import announce_places, schedule
from app.actions.unit import conclude_and_project, projection
from app.actions.verify import Replayed, engraving_faults, replay
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.chain import has_digest
from app.domain.shared.refusal import InvalidInput
from app.domain.unit.code import parse_code
from app.domain.unit.conclusion import owes_successor
from app.domain.unit.performance import content, releases
from app.domain.unit.stage import ProductStatus
from app.domain.unit.status import product_status
from app.ops.doctor.chain import broken_chain
from app.ops.doctor.check import Check, Finding, Repair, diagnose
from app.store.database import Document
from app.store.product import Products, Projection
from app.store.snapshot import KeyList, KeyRange, Snapshot
from app.store.step import load_state

PATIENCE = timedelta(seconds=10)
"""On the wall: within so long whoever makes a unit also plans it."""


@dataclass(frozen=True)
class Unit:
    """All that is stored of one unit, as it was at one moment: its record, its order, its steps and its reports."""

    code: str
    record: Document | None
    order: Document | None
    steps: Sequence[Document]
    reports: Sequence[Document]
    products: Products

    @property
    def projected(self) -> Document:
        """The state that the record holds, as it is stored."""
        state: Document = (self.record or {}).get("state", {})
        return state

    @cached_property
    def replayed(self) -> Sequence[Replayed]:
        """The steps, followed as far as they can be."""
        return list(replay(self.steps))

    @cached_property
    def at_head(self) -> Product:
        """The unit with the state of its last step."""
        assert self.record is not None
        last = self.replayed[-1].entry if len(self.replayed) == len(self.steps) else None
        state = last.state if last else load_state(self.steps[-1])
        return replace(self.products.load({**self.record, "state": {}}), state=state)


def _identity(deps: Deps, unit: Unit) -> Iterator[str]:
    try:
        if parse_code(unit.code) != unit.code:
            yield "its code is not in its stored form"
    except InvalidInput:
        yield "its code is none"
    if unit.record is None:
        yield "there are steps, but no unit"
        return
    for field in ("model", "edition", "line"):
        if {step.get(field) for step in unit.steps} - {unit.record.get(field)}:
            yield f"a step names another {field} than the unit"


def _edition(deps: Deps, unit: Unit) -> Iterator[str]:
    """Find an edition that is not there, or is another one than the unit's journal says that it was sold as."""
    if unit.record is None:
        return
    sku, number = unit.record.get("model", ""), unit.record.get("edition", 0)
    if not deps.knows(sku, number):
        yield f"edition {number} of {sku}, which it was sold as, is not there"
        return
    first = next((step for step in unit.steps if step.get("sequence") == 1), {})
    if first and first.get("payload", {}).get("edition_hash") != deps.edition(sku, number).content_hash:
        yield f"edition {number} of {sku} is not as it was when the unit was ordered"


def _order(deps: Deps, unit: Unit) -> Iterator[str]:
    if unit.record is None:
        return
    if unit.order is None:
        yield "it has no order"
    elif unit.code not in unit.order["products"]:
        yield f"its order {unit.order['number']} does not name it"
    elif unit.order["account"] != unit.record["account"]:
        yield f"its order {unit.order['number']} is somebody else's"


def _numbering(deps: Deps, unit: Unit) -> Iterator[str]:
    found = [step["sequence"] for step in unit.steps]
    if not found:
        yield "it has no steps"
    expected = set(range(1, max(found, default=0) + 1))
    for missing in sorted(expected - set(found)):
        yield f"step {missing} is missing"
    if len(set(found)) != len(found) or set(found) - expected:
        yield "steps are numbered twice, or from before 1"


def _events(deps: Deps, unit: Unit) -> Iterator[str]:
    names = [(step.get("reporter"), step.get("event_id")) for step in unit.steps]
    if len(set(names)) != len(names):
        yield "an event is in the journal twice"


def _states(deps: Deps, unit: Unit) -> Iterator[str]:
    for replayed in unit.replayed:
        yield from replayed.faults


def _chain(deps: Deps, unit: Unit) -> Iterator[str]:
    return broken_chain(deps.keys, [replayed.entry for replayed in unit.replayed])


def _engraving(deps: Deps, unit: Unit) -> Iterator[str]:
    if unit.record and unit.steps:
        yield from engraving_faults(unit.at_head, unit.steps)


def _projection(deps: Deps, unit: Unit) -> Iterator[str]:
    if unit.record is None or not unit.steps:
        return
    behind = unit.steps[-1]["sequence"] - unit.projected.get("sequence", 0)
    if behind < 0:
        yield f"its record knows {-behind} steps that the journal does not have"
    elif behind > 0:
        yield f"its record is {behind} steps behind the journal"
    elif unit.projected != unit.steps[-1].get("state"):
        yield "its record differs from the journal"
    else:
        yield from _derived(deps, unit)


def _derived(deps: Deps, unit: Unit) -> Iterator[str]:
    """Compare what lists and the sweep look for; a time that has come is as good as any other that has."""
    assert unit.record is not None
    expected = projection(deps, unit.at_head)
    fields = deps.stores.products.listed(expected)
    for name in sorted(fields.keys() - {"due_at"}):
        value = list(fields[name]) if isinstance(fields[name], tuple) else fields[name]
        if unit.record.get(name) != value:
            yield f"its record says otherwise than the journal: {name}"
    due_at = unit.record.get("due_at")
    waits_for_its_order = expected.status == ProductStatus.ORDERED and due_at is not None
    if not waits_for_its_order and due_at != expected.due_at:
        now = deps.now()
        if due_at is None or expected.due_at is None or max(due_at, expected.due_at) > now:
            yield "its record is due at another time than the journal says"


def _plan(deps: Deps, unit: Unit) -> Iterator[str]:
    """A unit that was ordered a moment ago is planned by the request that ordered it, a successor by the planner."""
    if unit.record is None or not unit.steps:
        return
    due_at = unit.record.get("due_at")
    if due_at is not None and due_at > deps.now():
        return
    product = unit.at_head
    if product.replaces and product.ordered_at > deps.now() - PATIENCE * deps.clock.speed:
        return
    if product.state.plan is None and not product.state.cancelled_at and not product.state.scrapped_at:
        yield "it has no plan"
    elif product.plan is None and product_status(product.state, deps.model_of(product)) == ProductStatus.PLANNED:
        yield "it is planned, but has no place on its line"


def _successor(deps: Deps, unit: Unit) -> Iterator[str]:
    if unit.record and unit.steps and owes_successor(unit.at_head.state):
        yield "it was scrapped and nothing replaced it"


def _reports(deps: Deps, unit: Unit) -> Iterator[str]:
    """A performance report is issued with each release."""
    if unit.record and unit.steps:
        kept = {report.get("revision") for report in unit.reports}
        for revision in range(1, releases(unit.at_head.state) + 1):
            if revision not in kept:
                yield f"its performance report {revision} is missing"


def _contents(deps: Deps, unit: Unit) -> Iterator[str]:
    for document in unit.reports:
        report = deps.stores.performance_reports.load(document)
        if not has_digest(content(report), report.content_hash):
            yield f"its performance report {report.revision} was altered"


CHECKS: Mapping[str, Check[Unit]] = {
    "identity": _identity,
    "edition": _edition,
    "order": _order,
    "numbering": _numbering,
    "events": _events,
    "states": _states,
    "chain": _chain,
    "engraving": _engraving,
    "projection": _projection,
    "plan": _plan,
    "successor": _successor,
    "reports": _reports,
    "report contents": _contents,
}


async def _project(deps: Deps, unit: Unit) -> bool:
    if unit.projected.get("sequence", 0) > unit.steps[-1]["sequence"]:
        return False  # the record is the last trace of steps that are gone
    await deps.stores.products.correct(_projected(deps, unit), unit.projected.get("sequence"))
    return True


def _projected(deps: Deps, unit: Unit) -> Projection:
    return projection(deps, unit.at_head)


async def _schedule(deps: Deps, unit: Unit) -> bool:
    """Give it a place on its line, or tell its journal of the place that it has."""
    product = unit.at_head
    if product.replaces and product.state.plan is None:
        await plan_line(deps, product.line, also_working=False)
    elif product.plan is None:
        await schedule(deps, [product])
    else:
        await conclude_and_project(deps, await announce_places(deps, [product], {product.code: product.plan}))
    planned = await deps.stores.products.find(product.code)
    return planned is not None and planned.plan is not None and planned.state.plan is not None


async def _replace(deps: Deps, unit: Unit) -> bool:
    (product,) = await conclude_and_project(deps, [unit.at_head])
    return not owes_successor(product.state)


async def _issue(deps: Deps, unit: Unit) -> bool:
    return len(await issue_reports(deps, unit.at_head)) == releases(unit.at_head.state)


HASHED = ("chain", "report contents")
"""Expensive checks: they compute hashes anew. `verify` does the same, and more, for the chain."""
QUICK = {name: check for name, check in CHECKS.items() if name not in HASHED}


REPAIRS: Mapping[str, Repair[Unit]] = {
    "projection": _project,
    "plan": _schedule,
    "successor": _replace,
    "reports": _issue,
}


async def examine_units(
    deps: Deps, snapshot: Snapshot, keys: KeyList, checks: Mapping[str, Check[Unit]] = CHECKS
) -> tuple[int, Sequence[Finding]]:
    """Examine units; return how many steps they have, and what was found."""
    stores = deps.stores
    records = {row["_id"]: row for row in await snapshot.find(stores.products.collection, keys.of("_id"), "_id")}
    named = {"_id": {"$in": [record.get("order") for record in records.values()]}}
    found = await snapshot.find(stores.orders.collection, named, fields=("number", "account", "products"))
    orders = {order["_id"]: order for order in found}
    steps = await snapshot.find(stores.steps.collection, keys.of("product"), "product", "sequence")
    journals = _by_product(steps)
    reports = _by_product(
        await snapshot.find(stores.performance_reports.collection, keys.of("product"), "product", "revision")
    )
    findings: list[Finding] = []
    for code in dict.fromkeys((*records, *journals)):
        record = records.get(code)
        order = orders.get(record.get("order")) if record else None
        unit = Unit(code, record, order, journals.get(code, ()), reports.get(code, ()), stores.products)
        findings += await diagnose(deps, code, unit, checks, REPAIRS)
    return len(steps), findings


def _by_product(documents: Sequence[Document]) -> Mapping[str, Sequence[Document]]:
    found: dict[str, list[Document]] = {}
    for document in documents:
        found.setdefault(str(document.get("product")), []).append(document)
    return found


examine_quickly = partial(examine_units, checks=QUICK)
"""All but what is computed anew for the hashes."""


async def examine_strays(deps: Deps, snapshot: Snapshot, span: KeyRange) -> tuple[int, Sequence[Finding]]:
    """Look for steps in a span that have no unit, and examine them; return how many there are, and what was found."""
    stores = deps.stores
    named = await snapshot.distinct(stores.steps.collection, "product", span)
    records = await snapshot.find(stores.products.collection, KeyList(named).of("_id"), fields=("_id",))
    strays = set(named) - {record["_id"] for record in records}
    return await examine_units(deps, snapshot, KeyList(list(strays))) if strays else (0, [])
