"""How fast the doctor reads a large journal: `python -m benchmarks.doctor --steps 1000000`.

Writes a journal as plants would: many units built side by side, so that the steps of one lie far apart, each step
appended by the domain to the state before. Then runs `python -m app doctor` over it. `--keep FOLDER` keeps the database
and adds only the steps that it does not have yet.
"""

import argparse
import asyncio
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.progress import track

from app.actions.place_order import Purchase, new_order
from app.actions.quote import make_quote
from app.actions.unit import projection
from app.deps import Deps
from app.domain.catalogue.catalogue import Model
from app.domain.configuration.configuration import choose
from app.domain.line.calendar import Plan, work_seconds
from app.domain.order.order import Address, Order, Product, QuoteRequest
from app.domain.shared.viewer import AccountKind
from app.domain.unit import journey
from app.domain.unit.code import new_code
from app.domain.unit.conclusion import inspected_upon
from app.domain.unit.event import Event
from app.domain.unit.journey import JournalEntry
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.planning import Planned, PlanningKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.quality import QualityKind, Release
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.performance import issue
from app.domain.unit.report import Report, ReportedValue, Reporter, TimeWindow, to_event
from app.ops.bootstrap import with_deps
from app.ops.embedded.mongod import embedded_mongod
from app.settings import Settings

SIDE_BY_SIDE = 2_000
"""Units that are built at the same time."""
STEPS_PER_UNIT = 24
ADDRESS = Address("Li Na", ("88 Garden Road",), "Foshan", "CN", "528000")
MACHINE = Reporter("machine-FOSHAN", AccountKind.FACTORY)
CARRIED = (TransportKind.PACKED, TransportKind.DISPATCHED, TransportKind.OUT_FOR_DELIVERY, TransportKind.DELIVERED)


def reports(model: Model, code: str, at: datetime, choice: random.Random) -> Iterator[Report]:
    """Tell what machines report of one unit, from the first operation to the door; a unit may be at any of it."""
    reporter = f"{code}:{choice.getrandbits(32):x}"
    for operation in model.routing:
        at += timedelta(seconds=operation.standard_seconds)
        yield Report(code, ProductionKind.OPERATION_COMPLETED, f"{reporter}:{operation.code}", at, operation.code)
        measured = tuple(
            ReportedValue(entry.code, _inside(entry.lower_limit, entry.upper_limit), entry.unit or "C62", "gauge-7")
            for entry in model.inspection_plan
            if entry.operation == operation.code
        )
        if measured:
            yield Report(
                code,
                InspectionKind.INSPECTION_PASSED,
                f"{reporter}:{operation.code}:i",
                at,
                operation.code,
                None,
                None,
                measured,
            )
    for kind in CARRIED:
        at += timedelta(hours=choice.randint(2, 12))
        yield Report(code, kind, f"{reporter}:{kind}", at, location="Foshan")


def _inside(lower: float | None, upper: float | None) -> float:
    known = [limit for limit in (lower, upper) if limit is not None]
    return sum(known) / len(known) if known else 1.0


def ordered(deps: Deps, account: str, model: Model) -> tuple[Order, Product, JournalEntry]:
    choices = [(code, [group.options[0].code]) for code, group in model.groups.items() if group.required]
    wanted = QuoteRequest(account, "benchmark", 1, model.sku, choose(model, {}, choices), None, 1, "CN", "CNY")
    quote = make_quote(deps, wanted)
    purchase = Purchase(quote.id, ADDRESS, f"key:{account}")
    placed = new_order(deps, quote, purchase, purchase.hash, new_code)
    return placed.order, placed.units[0], placed.entries[0]


def build(deps: Deps, product: Product, place: int, choice: random.Random) -> Iterator[tuple[JournalEntry, Product]]:
    """Append the steps of one unit behind its first."""
    model, now = deps.model_of(product), deps.now()
    starts_at = now + timedelta(seconds=place * deps.calendar(product.line).line.takt_seconds)
    finishes_at = starts_at + timedelta(seconds=work_seconds(model))
    plan = Plan(place, starts_at, finishes_at, finishes_at)
    scheduled = Event(kind=PlanningKind.SCHEDULED, event_id="scheduled:1", occurred_at=now, payload=Planned(plan))
    entry = journey.append(product.unit, model, product.state, scheduled, now, deps.sign)
    yield entry, (product := replace(product, state=entry.state))
    for report in reports(model, product.code, now - timedelta(days=9), choice):
        if report.kind == TransportKind.PACKED:
            released = Event(
                kind=QualityKind.RELEASED,
                event_id="released:1",
                occurred_at=now,
                operation=model.final_inspection,
                payload=Release(inspected_upon(product.state)),
            )
            entry = journey.append(product.unit, model, product.state, released, now, deps.sign)
            yield entry, (product := replace(product, state=entry.state))
        event = to_event(report, MACHINE, product.state, model, TimeWindow(report.occurred_at, now))
        entry = journey.append(product.unit, model, product.state, event, now, deps.sign)
        yield entry, (product := replace(product, state=entry.state))


async def write(deps: Deps, steps_wanted: int, seed: int) -> None:
    """Write units, in lots that are built side by side, until there are so many steps."""
    choice = random.Random(seed)
    models = [model for model in deps.catalogue.model.values() if model.sku.startswith("WM-")]
    written = await deps.stores.steps.collection.estimated_document_count()
    missing = max(0, steps_wanted - written)
    lots = -(-missing // (SIDE_BY_SIDE * STEPS_PER_UNIT))
    units = min(SIDE_BY_SIDE, missing // STEPS_PER_UNIT)
    for lot in track(range(lots), f"Writing {missing:,} steps", disable=not sys.stderr.isatty()):
        made = [ordered(deps, f"a{seed}-{written}-{lot}-{n}", choice.choice(models)) for n in range(units)]
        await write_lot(deps, made, choice)


async def write_lot(deps: Deps, made: Sequence[tuple[Order, Product, JournalEntry]], choice: random.Random) -> None:
    stores = deps.stores
    products = [product for _, product, _ in made]
    await stores.orders.collection.insert_many([stores.orders.dump(order) for order, _, _ in made])
    await stores.steps.collection.insert_many([stores.steps.dump(entry) for _, _, entry in made])
    reports = []
    building = {n: build(deps, product, n + 1, choice) for n, product in enumerate(products)}
    while building:
        documents = []
        for n, unit in list(building.items()):
            found = next(unit, None)
            if found is None:
                del building[n]
            else:
                products[n] = found[1]
                documents.append(stores.steps.dump(found[0]))
                if found[0].step.kind == QualityKind.RELEASED:
                    product = products[n]
                    reports.append(issue(found[0], product.gtin, deps.model_of(product), {}))
        if documents:
            await stores.steps.collection.insert_many(documents)
    records = [{**stores.products.dump(p), **stores.products.fields(projection(deps, p))["$set"]} for p in products]
    await stores.products.collection.insert_many(records)
    await asyncio.gather(*(stores.performance_reports.keep(report) for report in reports))


async def prepare(settings: Settings, steps: int, seed: int) -> None:
    async with with_deps(settings) as deps:
        await deps.stores.build_indexes()
        await write(deps, steps, seed)


def measure(folder: Path, steps: int, seed: int, processes: Sequence[int]) -> None:
    with embedded_mongod(folder) as running:
        settings = Settings(mongodb_url=running.url, data_dir=folder)
        started = time.monotonic()
        asyncio.run(prepare(settings, steps, seed))
        print(f"seed {seed}; written in {time.monotonic() - started:.0f} s")
        environment = {**os.environ, "ZERO_DISTANCE_MONGODB_URL": running.url, "ZERO_DISTANCE_DATA_DIR": str(folder)}
        for count, mode in product(processes, ([], ["--quick"])):
            started, cpu = time.monotonic(), _cpu_of_children()
            command = [sys.executable, "-m", "app", "doctor", "--processes", str(count), *mode]
            subprocess.run(command, env=environment, check=True)
            seconds, cpu = time.monotonic() - started, _cpu_of_children() - cpu
            how = " ".join((f"{count} processes", *mode))
            print(f"{how}: {seconds:.1f} s in all, {cpu:.1f} s of CPU without mongod's", flush=True)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--keep", type=Path, help="Folder of the database; the default is a temporary one.")
    given = parser.parse_args()
    with TemporaryDirectory() as temporary:
        measure(given.keep or Path(temporary), given.steps, given.seed, given.processes)
