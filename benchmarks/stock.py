"""The baseline: Strawberry's own WebSocket handler and broadcaster, as their documentation shows them.

The same types, resolvers and mutations, on the same uvicorn: only how a step reaches its subscribers is stock. It takes
no cursor, replays nothing and loses what is published while nobody listens.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import strawberry
import uvicorn
from broadcaster import Broadcast
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig

from app.auth.token import read_authorization
from app.context import Context, Info
from app.deps import Deps
from app.domain.unit.journey import JournalEntry
from app.ops.bootstrap import build_deps
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from app.store.visibility import visible_products
from resolvers.root import Mutation, Query
from schema.links import Step
from schema.scalars import SCALARS, ProductCode

broadcast = Broadcast("memory://")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def product_steps(
        self, info: Info, code: ProductCode, after: int | None = None
    ) -> AsyncGenerator[Step, None]:
        unit = await info.context.deps.stores.products.find(code, visible_products(info.context.viewer))
        assert unit is not None
        async with broadcast.subscribe(channel=code) as subscriber:
            async for event in subscriber:  # type: ignore[union-attr]
                entry: JournalEntry = event.message  # type: ignore[assignment, union-attr]
                yield Step.of(entry.step, replace(unit, state=entry.state), entry.state)


class View(GraphQL[Context, None]):
    deps: Deps

    async def get_context(self, request: Any, response: Any) -> Context:
        context = Context(self.deps)
        header = request.headers.get("authorization")
        context.viewer = read_authorization(self.deps.keys, self.deps.settings, header)
        context.connection_params = None  # type: ignore[attr-defined]
        return context

    async def on_ws_connect(self, context: Context) -> Any:
        header = context.connection_params["Authorization"]  # type: ignore[attr-defined]
        context.viewer = read_authorization(self.deps.keys, self.deps.settings, header)
        return await super().on_ws_connect(context)


def stock_view() -> View:
    """Make Strawberry's view of a schema with our types; it still needs its world."""
    schema = strawberry.Schema(Query, Mutation, Subscription, config=StrawberryConfig(scalar_map=SCALARS))
    return View(schema, graphql_ide=None)


def create_stock_app(settings: Settings) -> Starlette:
    view = stock_view()

    async def publish(journal: str, key: str, entry: Any) -> None:
        await broadcast.publish(channel=key, message=entry)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = Database.connect(settings.mongodb_url, settings.database)
        view.deps = await build_deps(settings, Stores(database, publish))
        await broadcast.connect()
        yield
        await broadcast.disconnect()
        database.close()

    routes: list[BaseRoute] = [Route("/graphql", view, methods=["POST"]), WebSocketRoute("/graphql", view)]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    settings = Settings()
    uvicorn.run(
        create_stock_app(settings), host="127.0.0.1", port=settings.port, log_level="error", ws="websockets-sansio"
    )


if __name__ == "__main__":
    main()
