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
from app.domain.chain import Head, hash_of
from app.domain.configuration import choose
from app.domain.event import StepKind
from app.domain.order import Address, Wanted
from app.domain.report import Report, ReportedValue
from app.domain.viewer import AccountKind, Viewer
from app.embedded.mongod import embedded_mongod
from app.opening import build_world, seed
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from app.world import World

ROUNDS, STEPS, SKU = 7, 200, "WM-FRONT-9"
LATER = datetime(2999, 1, 1, tzinfo=UTC)
BUYER = Viewer("buyer", AccountKind.CUSTOMER, LATER)
MACHINE = Viewer("machine", AccountKind.FACTORY, LATER, factory="FOSHAN")
ADDRESS = Address("Li Na", ("88 Garden Road",), "Foshan", "CN", "528000")


async def new_unit(world: World, key: str) -> str:
    model = world.model(SKU)
    chosen = choose(model, {}, [(g.code, (g.options[0].code,)) for g in model.option_groups if g.required])
    quote = make_quote(world, Wanted(BUYER.account, "d", 1, SKU, chosen, None, 1, "CN", "CNY"))
    await world.stores.quotes.insert(quote)
    return (await place_order(world, BUYER, Purchase(quote.id, ADDRESS, key))).products[0]


def reports(world: World, code: str, values: bool) -> Sequence[Report]:
    plan = world.model(SKU).inspection_plan
    read = tuple(ReportedValue(c.code, c.nominal or c.lower_limit or 1.0, c.unit or "C62") for c in plan)
    kind = StepKind.INSPECTION_PASSED if values else StepKind.COMPONENT_FITTED
    measured = read if values else ()
    return [Report(code, kind, f"{values}{n}", world.now(), measurements=measured) for n in range(STEPS)]


async def measure(world: World, sent: Sequence[Report]) -> tuple[float, float]:
    """Return wall and CPU milliseconds of one step."""
    wall, cpu = time.perf_counter(), time.process_time()
    for report in sent:
        (answer,) = await record_steps(world, MACHINE, [report])
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


async def chaining(world: World, code: str) -> str:
    """Measure hashing and signing alone, for the last step of a unit."""
    step = await world.stores.steps.head(code)
    assert step is not None and step.hash is not None
    head = Head(step.product, step.sequence, step.hash)
    return f"hashing {alone(lambda: hash_of(step)):.3f} ms, signing {alone(lambda: world.sign(head)):.3f} ms"


async def main() -> None:
    with TemporaryDirectory() as folder, embedded_mongod(Path(folder)) as mongod:
        settings = Settings(mongodb_url=mongod.url, data_dir=Path(folder))
        stores = Stores(Database.connect(settings.mongodb_url, settings.database))
        await stores.build_indexes()
        await seed(stores)
        world = await build_world(settings, stores)
        for values in (False, True):
            units = [await new_unit(world, f"{values}{n}") for n in range(ROUNDS + 1)]
            rounds = [await measure(world, reports(world, unit, values)) for unit in units][1:]
            wall, cpu = (statistics.median(column) for column in zip(*rounds, strict=True))
            kind = "an inspection" if values else "a short report"
            print(f"{kind}: {wall:.2f} ms, of it CPU here {cpu:.2f} ms; {await chaining(world, units[-1])}")
        stores.database.close()


if __name__ == "__main__":
    asyncio.run(main())
