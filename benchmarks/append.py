"""What one step costs to record: `python -m benchmarks.append`.

recordSteps as the API calls it, one report at a time, on the embedded database: wall time and our own CPU, for a short
report and for an inspection with all its values. And what of it is hashing and signing, alone, without a database.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from app.actions.place_order import Purchase, place_order
from app.actions.quote import make_quote
from app.actions.record_steps import Recorded, record_steps
from app.deps import Deps
from app.domain.configuration.configuration import choose
from app.domain.order.order import Address, QuoteRequest
from app.domain.shared.chain import Head, hash_of
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.report import Report, ReportedValue
from app.ops.bootstrap import build_deps, seed
from app.ops.embedded.mongod import embedded_mongod
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores

ROUNDS, STEPS, SKU = 7, 200, "WM-FRONT-9"
LATER = datetime(2999, 1, 1, tzinfo=UTC)
BUYER = Viewer("buyer", AccountKind.CUSTOMER, LATER)
MACHINE = Viewer("machine", AccountKind.FACTORY, LATER, factory="FOSHAN")
ADDRESS = Address("Li Na", ("88 Garden Road",), "Foshan", "CN", "528000")


async def new_unit(deps: Deps, key: str) -> str:
    model = deps.model(SKU)
    chosen = choose(model, {}, [(g.code, (g.options[0].code,)) for g in model.option_groups if g.required])
    quote = make_quote(deps, QuoteRequest(BUYER.account, "d", 1, SKU, chosen, None, 1, "CN", "CNY"))
    await deps.stores.quotes.insert(quote)
    return (await place_order(deps, BUYER, Purchase(quote.id, ADDRESS, key))).products[0]


def reports(deps: Deps, code: str, values: bool) -> Sequence[Report]:
    plan = deps.model(SKU).inspection_plan
    read = tuple(ReportedValue(c.code, c.nominal or c.lower_limit or 1.0, c.unit or "C62") for c in plan)
    kind = InspectionKind.INSPECTION_PASSED if values else ProductionKind.COMPONENT_FITTED
    measured = read if values else ()
    return [Report(code, kind, f"{values}{n}", deps.now(), measurements=measured) for n in range(STEPS)]


async def measure(deps: Deps, sent: Sequence[Report]) -> tuple[float, float]:
    """Return wall and CPU milliseconds of one step."""
    wall, cpu = time.perf_counter(), time.process_time()
    for report in sent:
        (answer,) = await record_steps(deps, MACHINE, [report])
        assert isinstance(answer, Recorded)
    return (time.perf_counter() - wall) * 1000 / len(sent), (time.process_time() - cpu) * 1000 / len(sent)


def alone(work: Callable[[], object]) -> float:
    """Return the CPU milliseconds of one call, the least of several rounds: others' work only ever adds to it."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(STEPS):
            work()
        rounds.append((time.process_time() - start) * 1000 / STEPS)
    return min(rounds)


async def chaining(deps: Deps, code: str) -> str:
    """Measure hashing and signing alone, for the last step of a unit."""
    entry = await deps.stores.steps.head(code)
    assert entry is not None
    step = entry.step
    head = Head(step.product, step.sequence, step.hash)
    return f"hashing {alone(lambda: hash_of(step)):.3f} ms, signing {alone(lambda: deps.sign(head)):.3f} ms"


async def main() -> None:
    with TemporaryDirectory() as folder, embedded_mongod(Path(folder)) as mongod:
        settings = Settings(mongodb_url=mongod.url, data_dir=Path(folder))
        stores = Stores(Database.connect(settings.mongodb_url, settings.database))
        await stores.build_indexes()
        await seed(stores)
        deps = await build_deps(settings, stores)
        for values in (False, True):
            units = [await new_unit(deps, f"{values}{n}") for n in range(ROUNDS + 1)]
            rounds = [await measure(deps, reports(deps, unit, values)) for unit in units][1:]
            wall, cpu = (statistics.median(column) for column in zip(*rounds, strict=True))
            kind = "an inspection" if values else "a short report"
            print(f"{kind}: {wall:.2f} ms, of it CPU here {cpu:.2f} ms; {await chaining(deps, units[-1])}")
        stores.database.close()


if __name__ == "__main__":
    asyncio.run(main())
