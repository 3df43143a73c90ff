"""What parsing and validating each document once is worth: `python -m benchmarks.documents`.

The same plain query is executed with the cache as it is and with a cache that keeps nothing, in turns, in one process.
"""

import asyncio
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

from app.context import Context
from app.deps import Deps
from app.domain.shared.clock import FactoryClock
from app.execution.documents import DocumentCache
from app.execution.schema import Schema
from app.ops.bootstrap import CATALOGUE, deps_of
from app.ops.schema import build_schema
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from seeds.files import read_catalogue

QUERY = """query Browse($first: Int) { models(first: $first) { nodes { sku category
    optionGroups { code required options { code addedDays } } } pageInfo { hasNextPage endCursor } } }"""
ROUNDS, OPERATIONS = 10, 50


async def measure(schema: Schema, context: Context) -> float:
    """Return the CPU milliseconds that one operation takes."""
    start = time.process_time()
    for _ in range(OPERATIONS):
        result = await schema.execute(QUERY, variable_values={"first": 1}, context_value=context)
        assert result.errors is None
    return (time.process_time() - start) * 1000 / OPERATIONS


def world_in_memory() -> Deps:
    """Make a world with the catalogue and without a database: for what asks none."""
    settings = Settings(data_dir=Path(mkdtemp()))
    stores = Stores(Database.connect("mongodb://127.0.0.1:1", "unused"))
    clock = FactoryClock(datetime.now(UTC), datetime.now(UTC))
    stores.catalogue.adopt(read_catalogue(CATALOGUE), clock.factory_origin)
    return deps_of(settings, stores, clock)


async def main() -> None:
    deps = world_in_memory()
    schema = build_schema(deps.settings)
    kept, nothing = schema.documents, DocumentCache(0, deps.settings.document_tokens_max)
    context = Context(deps)
    cached, fresh = [], []
    for _ in range(ROUNDS):
        schema.documents = kept
        cached.append(await measure(schema, context))
        schema.documents = nothing
        fresh.append(await measure(schema, context))
    with_cache, without = statistics.median(cached), statistics.median(fresh)
    print(f"anew each time {without:.3f} ms, once {with_cache:.3f} ms: {without / with_cache:.1f} times as fast")


if __name__ == "__main__":
    asyncio.run(main())
