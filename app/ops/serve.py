"""Runs the API: the database it needs, the catalogue, and uvicorn with one worker or several."""

import asyncio
import json
import logging
import os
import signal
import sys

import uvicorn

from app.auth.keys import load_keys
from app.main import serving_app
from app.ops.bootstrap import seed, with_database, with_stores
from app.ops.logs import configure_logs
from app.settings import Settings
from app.store.retry import retry_until
from app.transport.sse import Connection
from app.transport.websocket.wire import DirectWire

log = logging.getLogger(__name__)
KEEP_ALIVE_SECONDS = 75
"""For longer than clients and proxies keep an idle connection, 60 s as a rule: else a request may meet its end."""


class SeveralWorkersNeedABell(Exception):
    """memory:// rings in one process only."""


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
        await retry_until(stores.build_indexes)
        changed = await retry_until(lambda: seed(stores, only_missing=True))
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
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": 10,
    }
    if settings.workers == 1:
        Server(uvicorn.Config(serving_app(settings), **options)).run()  # type: ignore[arg-type]
        return
    for name, value in settings.model_dump(mode="json", exclude_defaults=True).items():
        os.environ[f"ZERO_DISTANCE_{name.upper()}"] = value if isinstance(value, str) else json.dumps(value)
    uvicorn.run("app.main:app_from_environment", factory=True, **options)  # type: ignore[arg-type]
