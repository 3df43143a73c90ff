"""Opens what is stored, for the server and for commands beside it: database, stores, and what actions need."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.actions.seed import Load, load_catalogue
from app.auth.keys import load_keys
from app.deps import Deps
from app.domain.shared.clock import FactoryClock
from app.mail.sender import sender_of
from app.ops.embedded.mongod import embedded_mongod, find_running
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from seeds.files import read_catalogue

log = logging.getLogger(__name__)
CATALOGUE = Path(__file__).parents[2] / "seeds" / "catalogue"


@contextmanager
def with_database(settings: Settings, owner: bool = False) -> Iterator[Settings]:
    """Complete the settings with a database: the one named, the one a running server has, or one started here.

    The owner is the server: it starts the embedded one and refuses to share a data directory with another server.
    """
    if settings.mongodb_url:
        yield settings
        return
    running = None if owner else find_running(settings.data_dir)
    if running is not None:
        yield settings.model_copy(update={"mongodb_url": running.url})
        return
    with embedded_mongod(settings.data_dir, log.info) as started:
        yield settings.model_copy(update={"mongodb_url": started.url})


@asynccontextmanager
async def with_stores(settings: Settings) -> AsyncIterator[Stores]:
    database = Database.connect(settings.mongodb_url, settings.database)
    try:
        yield Stores(database)
    finally:
        database.close()


@asynccontextmanager
async def with_deps(settings: Settings) -> AsyncIterator[Deps]:
    """Make what actions need for a command that runs beside the server; the catalogue is loaded if there is none."""
    async with with_stores(settings) as stores:
        await seed(stores)
        yield await build_deps(settings, stores)


async def seed(stores: Stores, folder: Path = CATALOGUE) -> Load | None:
    """Load the catalogue's files where there is no catalogue yet; None where there is one. Raises CatalogueError."""
    await stores.catalogue.refresh()
    return None if stores.catalogue.version else await load_catalogue(stores, read_catalogue(folder))


async def build_deps(settings: Settings, stores: Stores, clock_speed: float | None = None) -> Deps:
    """Load what an action needs: keys, catalogue and clock. Without a speed, the clock runs as it does."""
    clock = await stores.plant.clock(datetime.now(UTC), clock_speed)
    await stores.catalogue.refresh()
    return deps_of(settings, stores, clock)


def deps_of(settings: Settings, stores: Stores, clock: FactoryClock) -> Deps:
    sender = sender_of(settings.mail_url, settings.data_dir)
    return Deps(settings, load_keys(settings.data_dir), stores, clock, sender)
