"""python -m app serve: the API, until it is stopped."""

from typing import Annotated

import typer

from app.ops.command.outcome import reported_problems
from app.ops.serve import serve
from app.settings import Settings


def run(
    host: Annotated[str | None, typer.Option(help="Address to listen on [ZERO_DISTANCE_HOST, 127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [ZERO_DISTANCE_PORT, 8000].")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer [ZERO_DISTANCE_WORKERS, 1].")] = None,
) -> None:
    """Serve the API at /graphql, over HTTP and WebSocket. Starts a database of its own where none is named."""
    given = {"host": host, "port": port, "workers": workers}
    with reported_problems():
        serve(Settings(**{name: value for name, value in given.items() if value is not None}))  # type: ignore[arg-type]
