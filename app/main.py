"""The composition root: the only place that knows everything."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from app import graphiql
from app.actions.sweep import sweep_forever
from app.auth.keys import load_keys
from app.domain.catalogue import Catalogue
from app.domain.clock import FactoryClock
from app.domain.planning import Calendar
from app.graphql import Schema
from app.logs import RequestLog, configure_logs
from app.settings import Settings
from app.store.database import UNAVAILABLE, Database
from app.store.stores import Stores
from app.view import GraphQLView
from app.world import World
from subscriptions.bell import Bell
from subscriptions.streams import Streams

log = logging.getLogger(__name__)


async def build_world(settings: Settings, stores: Stores, clock_speed: float | None = None) -> World:
    """Load what an action needs: keys, catalogue and clock. Without a speed, the clock runs as it does."""
    clock = await stores.plant.clock(datetime.now(UTC), clock_speed)
    return world_of(settings, stores, await stores.catalogue.load(), clock)


def world_of(settings: Settings, stores: Stores, catalogue: Catalogue, clock: FactoryClock) -> World:
    calendars = {
        line.code: Calendar(line, ZoneInfo(factory.timezone))
        for factory in catalogue.factories
        for line in factory.lines
    }
    return World(settings, load_keys(settings.data_dir), stores, catalogue, clock, calendars)


class Application:
    """One process's world, live side and schema, from start to stop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.schema = Schema(settings)
        self.view: GraphQLView | None = None
        self.streams: Streams | None = None
        self.database: Database | None = None

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Connect, load, start the live side and the sweep; stop them in the opposite order."""
        settings = self.settings
        self.database = Database.connect(settings.mongodb_url, settings.database)
        bell = Bell(settings.bell_url or "memory://")
        stores = Stores(self.database, bell.ring)
        streams = self.streams = Streams(stores, bell, settings.position_check_seconds)
        await stores.build_indexes()
        world = await build_world(settings, stores, settings.clock_speed)
        await streams.start()
        sweeping = asyncio.create_task(sweep_forever(world))
        self.view = GraphQLView(self.schema, world, streams)
        try:
            yield
        finally:
            self.view = None
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping
            await streams.stop()
            self.database.close()

    async def graphql(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.view is not None, "requests come after the start"
        await self.view(scope, receive, send)

    async def healthz(self, request: Request) -> Response:
        """Say that the process lives."""
        return PlainTextResponse("ok")

    async def readyz(self, request: Request) -> Response:
        """Say whether requests can be served: 200, degraded or not, or 503."""
        if self.view is None or self.database is None or self.streams is None:
            return JSONResponse({"ready": False}, status_code=503)
        try:
            await self.database.ping()
        except UNAVAILABLE:
            return JSONResponse({"ready": False, "database": "unavailable"}, status_code=503)
        bell = "degraded" if self.streams.bell.degraded else "ok"
        return JSONResponse({"ready": True, "bell": bell})


class Endpoint:
    """An ASGI application for one path, over HTTP and WebSocket."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._application.graphql(scope, receive, send)


def create_app(settings: Settings) -> Starlette:
    """Make the ASGI application. It needs `mongodb_url`: `python -m app serve` starts the embedded one and sets it."""
    application = Application(settings)
    endpoint = Endpoint(application)
    routes: list[BaseRoute] = [
        Route("/graphql", endpoint, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", endpoint),
        Route("/healthz", application.healthz),
        Route("/readyz", application.readyz),
    ]
    if settings.graphiql:
        routes += graphiql.routes()
    middleware = [Middleware(RequestLog)]
    if settings.allowed_origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.allowed_origins,
                allow_methods=["POST"],
                allow_headers=["Authorization", "Content-Type", "Accept-Language"],
            )
        )
    return Starlette(routes=routes, middleware=middleware, lifespan=application.lifespan)


def app_from_environment() -> Starlette:
    """Make the application for one of several workers, whose parent has set the environment."""
    settings = Settings()
    configure_logs(settings.log_format)
    return create_app(settings)
