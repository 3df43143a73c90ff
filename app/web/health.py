"""Whether the process lives, and whether it can serve: /healthz and /readyz."""

from collections.abc import Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.store.database import UNAVAILABLE, Database
from subscriptions.bell import Bell


class Vitals(NamedTuple):
    """What serving depends on."""

    database: Database
    bell: Bell


def routes(vitals: Callable[[], Vitals | None]) -> list[BaseRoute]:
    """List both routes. `vitals` is asked at each request: None before the start is done, and once it stops."""

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(request: Request) -> Response:
        """Say whether requests can be served: 200, degraded or not, or 503."""
        running = vitals()
        if running is None:
            return JSONResponse({"ready": False}, status_code=503)
        try:
            await running.database.ping()
        except UNAVAILABLE:
            return JSONResponse({"ready": False, "database": "unavailable"}, status_code=503)
        return JSONResponse({"ready": True, "bell": "degraded" if running.bell.degraded else "ok"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
