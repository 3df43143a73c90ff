"""The composition root: the only place that knows everything."""

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from app.actions.background.outbox import send_forever
from app.actions.background.planner import plan_forever
from app.actions.background.sweep import sweep_forever
from app.actions.export import export_journal
from app.auth.keys import key_set
from app.auth.token import read_authorization
from app.deps import Deps
from app.domain.shared.refusal import InvalidInput, NotFound, Unauthenticated
from app.domain.unit.code import parse_code
from app.execution.schema import Schema
from app.ops.bootstrap import build_deps
from app.ops.logs import RequestLog, configure_logs
from app.settings import Settings
from app.store.database import UNAVAILABLE, Database
from app.store.retry import retry_until
from app.store.stores import Stores
from app.transport.http import GraphQLView, failure
from app.web import graphiql, qr, report
from subscriptions.bell import Bell
from subscriptions.streams import Streams

log = logging.getLogger(__name__)

SWITCH_SECONDS = 0.0005
GARBAGE = 10_000, 20, 50
"""How many new objects, and how many looks at younger ones, until garbage is looked for."""


class Application:
    """One process's world, live side and schema, from start to stop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.schema = Schema(settings)
        self.deps: Deps | None = None
        self.view: GraphQLView | None = None
        self.streams: Streams | None = None
        self.database: Database | None = None

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Connect, load, start the live side and the sweep; stop what was started in the opposite order."""
        settings = self.settings
        async with AsyncExitStack() as started:
            self.database = Database.connect(settings.mongodb_url, settings.database)
            started.callback(self.database.close)
            bell = Bell(settings.bell_url or "memory://", settings.database)
            stores = Stores(self.database, bell.ring)
            streams = self.streams = Streams(stores, bell, settings.position_check_seconds, settings.rights_seconds)
            await retry_until(stores.build_indexes)
            deps = self.deps = await retry_until(lambda: build_deps(settings, stores, settings.clock_speed))
            await streams.start()
            started.push_async_callback(streams.stop)
            keeping = [asyncio.create_task(work(deps)) for work in (sweep_forever, plan_forever, send_forever)]
            started.push_async_callback(_end, keeping)
            view = self.view = GraphQLView(self.schema, deps, streams)
            started.callback(setattr, self, "view", None)
            started.push_async_callback(self.schema.stop)
            started.push_async_callback(view.hub.stop)
            yield

    async def graphql(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.view is not None, "requests come after the start"
        await self.view(scope, receive, send)

    async def journal(self, request: Request) -> Response:
        """Answer a unit's journal as JSON, to be checked offline; absent and forbidden answer alike."""
        deps = self.running_deps()
        try:
            header = request.headers.get("authorization")
            viewer = request.scope["zero_distance.viewer"] = read_authorization(deps.keys, self.settings, header)
            found = await export_journal(deps, viewer, parse_code(request.path_params["code"]))
        except Unauthenticated as error:
            return failure(401, "UNAUTHENTICATED", str(error))
        except (NotFound, InvalidInput):
            return failure(404, "NOT_FOUND", "There is no such unit.")
        return JSONResponse(found, headers={"Cache-Control": "private, no-store"})

    async def key_set(self, request: Request) -> Response:
        """Answer the public keys that journals and tokens are signed with."""
        return JSONResponse(key_set(self.running_deps().keys), headers={"Cache-Control": "public, max-age=300"})

    def running_deps(self) -> Deps:
        assert self.deps is not None, "requests come after the start"
        return self.deps

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


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


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
        Route("/products/{code}/journal.json", application.journal),
        Route("/.well-known/jwks.json", application.key_set),
        Route("/healthz", application.healthz),
        Route("/readyz", application.readyz),
        *qr.routes(settings.resolver_url),
        *report.routes(application.running_deps),
    ]
    if settings.graphiql:
        routes += graphiql.routes()
    middleware = [Middleware(RequestLog)]
    if settings.allowed_origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.allowed_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["Authorization", "Content-Type", "Accept-Language", "Last-Event-ID"],
            )
        )
    return Starlette(routes=routes, middleware=middleware, lifespan=application.lifespan)


def serving_app(settings: Settings) -> Starlette:
    """Make the application of a process that does nothing else, and let its interpreter heed latency.

    A thread that computes, as the planner's, hands over to the event loop after half a millisecond instead of five.
    Garbage is looked for a tenth as often, and never in the schema, which stays for good.
    """
    app = create_app(settings)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*GARBAGE)
    gc.collect()
    gc.freeze()
    return app


def app_from_environment() -> Starlette:
    """Make the application for one of several workers, whose parent has set the environment."""
    settings = Settings()
    configure_logs(settings.log_format)
    return serving_app(settings)
