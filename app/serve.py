"""Runs the API: the database it needs, the catalogue, and uvicorn with one worker or several."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn

from app.actions.seed import load_catalogue
from app.auth.keys import load_keys
from app.domain.catalogue import Catalogue
from app.embedded.mongod import embedded_mongod, find_running
from app.logs import configure_logs
from app.main import build_world, patiently, serving_app
from app.settings import Settings
from app.sse import Connection
from app.store.database import Database
from app.store.stores import Stores
from app.world import World
from seeds.files import read_catalogue
from subscriptions.wire import DirectWire

log = logging.getLogger(__name__)
CATALOGUE = Path(__file__).parent.parent / "seeds" / "catalogue"


class SeveralWorkersNeedABell(Exception):
    """memory:// rings in one process only."""


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
async def with_world(settings: Settings) -> AsyncIterator[World]:
    """Open the world for a command that runs beside the server; the catalogue is loaded if there is none."""
    async with with_stores(settings) as stores:
        await seed(stores, only_missing=True)
        yield await build_world(settings, stores)


async def seed(stores: Stores, folder: Path = CATALOGUE, only_missing: bool = False) -> int:
    """Load the catalogue's files; return how many parts changed. Raises CatalogueError and then changes nothing.

    With `only_missing`, only the kinds of parts of which there are none: in a database from before there were markets,
    the markets, while factories and carriers stay as they are.
    """
    if not only_missing:
        return await load_catalogue(stores, read_catalogue(folder))
    present = await stores.catalogue.load()
    if present.factories and present.carriers and present.markets:
        return 0
    files = read_catalogue(folder)
    missing = Catalogue(
        () if present.factories else files.factories,
        () if present.carriers else files.carriers,
        () if present.markets else files.markets,
    )
    return await load_catalogue(stores, missing)


class Server(uvicorn.Server):
    """Says in one line when it answers."""

    async def startup(self, sockets: object = None) -> None:
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            log.info("ready", extra={"url": f"http://{self.config.host}:{self.config.port}/graphql"})


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; then finish what is under way for ten seconds at most."""
    if settings.workers > 1:
        if settings.bell_url == "memory://":
            raise SeveralWorkersNeedABell(
                "Several workers need a bell that rings in all of them: leave ZERO_DISTANCE_BELL_URL empty, or set it "
                "to mongodb:// or redis://HOST."
            )
        settings = settings.model_copy(update={"bell_url": settings.bell_url or "mongodb://"})
    configure_logs(settings.log_format)
    load_keys(settings.data_dir)
    # uvicorn raises the signal again when it has stopped; as an exit, it lets the database be stopped in order too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with with_database(settings, owner=True) as complete:
        asyncio.run(_prepare(complete))
        _run(complete)


async def _prepare(settings: Settings) -> None:
    async with with_stores(settings) as stores:
        await patiently(stores.build_indexes)
        changed = await patiently(lambda: seed(stores, only_missing=True))
        if changed:
            log.info("catalogue loaded", extra={"parts": changed})


def _run(settings: Settings) -> None:
    options = {
        "host": settings.host,
        "port": settings.port,
        "workers": settings.workers,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "http": Connection,
        "ws": DirectWire,
        "ws_max_size": settings.frame_bytes_max,
        "ws_per_message_deflate": False,
        "ws_ping_interval": 20.0,
        "timeout_keep_alive": 5,
        "timeout_graceful_shutdown": 10,
    }
    if settings.workers == 1:
        Server(uvicorn.Config(serving_app(settings), **options)).run()  # type: ignore[arg-type]
        return
    for name, value in settings.model_dump(mode="json", exclude_defaults=True).items():
        os.environ[f"ZERO_DISTANCE_{name.upper()}"] = value if isinstance(value, str) else json.dumps(value)
    uvicorn.run("app.main:app_from_environment", factory=True, **options)  # type: ignore[arg-type]
