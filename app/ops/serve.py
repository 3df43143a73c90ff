"""Runs the API: the database it needs, the catalogue, and uvicorn with one worker or several."""

import asyncio
import json
import logging
import os
import signal
import sys
from typing import Any

import uvicorn

from app.auth.keys import load_keys
from app.execution.layer import Layer
from app.ops.bootstrap import seed, with_database, with_stores
from app.ops.logs import configure_logs
from app.ops.problem import OperatorProblem
from app.settings import Settings
from app.store.retry import retry_until
from app.transport.detached.http import DirectHttp
from app.transport.detached.websocket import DirectWire

log = logging.getLogger(__name__)
APP = "app.main:app_from_environment"
KEEP_ALIVE_SECONDS = 75
"""For longer than clients and proxies keep an idle connection, 60 s as a rule: else a request may meet its end."""


class SeveralWorkersNeedABell(OperatorProblem):
    """The bell in memory reaches one process only."""


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
                "Several workers need a bell that reaches all of them: leave ZERO_DISTANCE_BELL_URL empty, or set it "
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
        load = await retry_until(lambda: seed(stores))
        if load is not None:
            log.info("catalogue loaded", extra={"parts": len(load.changes), "models": len(load.editions)})


def _run(settings: Settings) -> None:
    """Run the application, which every worker makes for itself of the settings in its environment."""
    for name, value in settings.model_dump(mode="json").items():
        os.environ[f"ZERO_DISTANCE_{name.upper()}"] = value if isinstance(value, str) else json.dumps(value)
    options = server_options(settings)
    if settings.workers == 1:
        Server(uvicorn.Config(APP, **options)).run()
    else:
        uvicorn.run(APP, **options)


def server_options(settings: Settings) -> dict[str, Any]:
    """Say how uvicorn is to run the application."""
    detached = Layer.DETACHED_CONNECTIONS in settings.layers
    return {
        "factory": True,
        "host": settings.host,
        "port": settings.port,
        "workers": settings.workers,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "http": DirectHttp if detached else "httptools",
        "ws": DirectWire if detached else "websockets-sansio",
        "ws_max_size": settings.frame_bytes_max,
        "ws_per_message_deflate": False,
        "ws_ping_interval": 20.0,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": 10,
    }
