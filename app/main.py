"""The composition root: settings in, ASGI application out. The only module that knows everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from app.actions.background.outbox import send_forever
from app.actions.background.planner import plan_forever
from app.actions.background.sweep import sweep_forever
from app.auth.revocation import Revocations
from app.deps import Deps
from app.ops.bootstrap import build_deps
from app.ops.interpreter import favour_latency
from app.ops.logs import RequestLog, configure_logs
from app.ops.schema import build_schema
from app.settings import Settings
from app.store.database import Database
from app.store.retry import retry_until, run_forever
from app.store.stores import Stores
from app.transport.http import GraphQLView
from app.transport.websocket.hub import BEAT_SECONDS
from app.web import graphiql, health, journal, keys, qr, report
from subscriptions.bell import Bell
from subscriptions.context import Callers
from subscriptions.group import Groups
from subscriptions.streams import Streams


@dataclass(frozen=True)
class Parts:
    """What a started process is made of."""

    deps: Deps
    database: Database
    streams: Streams
    view: GraphQLView


class Application:
    """One process's parts, from start to stop. There are none before the start is done, and once it stops."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.schema = build_schema(settings)
        self.parts: Parts | None = None

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Start everything; stop what was started in the opposite order."""
        async with AsyncExitStack() as started:
            self.parts = await self._start(started)
            started.callback(setattr, self, "parts", None)
            yield

    async def _start(self, started: AsyncExitStack) -> Parts:
        """Connect, load, start the live side and the work in the background."""
        settings, schema = self.settings, self.schema
        database = Database.connect(settings.mongodb_url, settings.database)
        started.callback(database.close)
        bell = Bell(settings.bell_url or "memory://", settings.database)
        stores = Stores(database, bell.ring)
        streams = Streams(stores, bell, settings.position_check_seconds, settings.rights_seconds)
        await retry_until(stores.build_indexes)
        deps = await retry_until(lambda: build_deps(settings, stores, settings.clock_speed))
        await streams.start()
        started.push_async_callback(streams.stop)
        revocations = Revocations(stores.sessions, deps.wall, settings.access_token_seconds)
        groups = Groups(streams.feeds, schema, settings.send_seconds_max)
        view = GraphQLView(schema, Callers(deps, streams), groups, revocations, settings)
        background = [
            sweep_forever(deps),
            plan_forever(deps),
            send_forever(deps),
            run_forever("the catalogue", settings.catalogue_seconds, stores.catalogue.refresh),
            revocations.read_forever(),
            run_forever("the sockets' beat", BEAT_SECONDS, view.hub.beat),
        ]
        started.push_async_callback(_end, [asyncio.create_task(work) for work in background])
        started.push_async_callback(schema.stop)
        started.push_async_callback(view.hub.stop)
        return Parts(deps, database, streams, view)

    def running(self) -> Parts:
        assert self.parts is not None, "requests come after the start"
        return self.parts

    def deps(self) -> Deps:
        return self.running().deps

    def vitals(self) -> health.Vitals | None:
        return health.Vitals(self.parts.database, self.parts.streams.bell) if self.parts else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at /graphql, over HTTP and WebSocket."""
        await self.running().view(scope, receive, send)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def create_app(settings: Settings) -> Starlette:
    """Make the ASGI application. It needs `mongodb_url`: `python -m app serve` starts the embedded one and sets it."""
    application = Application(settings)
    routes: list[BaseRoute] = [
        Route("/graphql", application, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", application),
        *health.routes(application.vitals),
        *keys.routes(application.deps),
        *journal.routes(application.deps),
        *report.routes(application.deps),
        *qr.routes(settings.resolver_url),
        *(graphiql.routes() if settings.graphiql else ()),
    ]
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


def app_from_environment() -> Starlette:
    """Make the application of a process that does nothing else; its environment holds all settings."""
    settings = Settings()
    configure_logs(settings.log_format)
    app = create_app(settings)
    favour_latency()
    return app
