"""What a request costs in the server besides its action: `python -m benchmarks.request`.

A query that the catalogue in memory answers, and a report that is refused at once, from the ASGI application's call to
the last byte of its answer: by our view, and by Strawberry's with the same resolvers, in turns, in one process.
"""

import argparse
import asyncio
import logging
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import Message
from strawberry.asgi import GraphQL

from app.auth.revocation import Revocations
from app.auth.token import issue_token
from app.deps import Deps
from app.domain.shared.viewer import AccountKind
from app.domain.unit.code import new_code
from app.execution.layer import Layer
from app.ops.logs import JsonFormatter, RequestLog
from app.ops.schema import build_schema
from app.store.account import Account
from app.transport.http import GraphQLView
from benchmarks.bench import RECORD
from benchmarks.documents import QUERY, world_in_memory
from benchmarks.stock import stock_view
from subscriptions.bell import Bell
from subscriptions.context import Callers
from subscriptions.group import Groups
from subscriptions.streams import Streams

ROUNDS, REQUESTS = 300, 10
OFF: Mapping[str, frozenset[Layer]] = {f"without {layer}": frozenset((layer,)) for layer in sorted(Layer)} | {
    "with none": frozenset(Layer)
}
"""Which layers are left out to see what each is worth."""
REPORT = {
    "code": new_code(),
    "kind": "COMPONENT_FITTED",
    "eventId": "5f2c",
    "occurredAt": datetime.now(UTC).isoformat(),
}
BODIES = {
    "a query of 15 lines": {"query": QUERY, "variables": {"first": 1}},
    "a report, refused": {"query": RECORD, "variables": {"input": [REPORT]}},
}


def asked(app: Starlette, body: bytes, token: str) -> Callable[[], Awaitable[bytes]]:
    """Make what sends one request and returns the body of its answer."""
    headers = {
        "host": "localhost",
        "authorization": f"Bearer {token}",
        "accept": "*/*",
        "content-type": "application/json",
    }
    given = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def ask() -> bytes:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/graphql", "query_string": b""}
        await app({**scope, "headers": given, "scheme": "http", "client": None, "server": None}, receive, send)
        answer: bytes = sent[-1]["body"]
        return answer

    return ask


def our_view(deps: Deps, off: frozenset[Layer]) -> GraphQLView:
    """Make our view, without some of its layers."""
    settings = deps.settings.model_copy(update={"engine_off": off})
    streams = Streams(deps.stores, Bell("memory://", "bench"), 2.0, 10.0)
    schema = build_schema(settings)
    groups = Groups(streams.feeds, schema, settings.send_seconds_max)
    revocations = Revocations(deps.stores.sessions, deps.wall, settings.access_token_seconds)
    return GraphQLView(schema, Callers(deps, streams), groups, revocations, settings)


def apps(deps: Deps, layers: bool) -> dict[str, Starlette]:
    """Make the application with Strawberry's view and with ours, each logging; `layers`: also without each of them."""
    stock = stock_view()
    stock.deps = deps
    off = {"ours": frozenset[Layer](), **(OFF if layers else {})}
    views: dict[str, GraphQL[Any, None]] = {"stock": stock}
    views |= {name: our_view(deps, left_out) for name, left_out in off.items()}
    log = [Middleware(RequestLog)]
    return {
        name: Starlette(routes=[Route("/graphql", view, methods=["POST"])], middleware=log)
        for name, view in views.items()
    }


async def measure(ask: Callable[[], Awaitable[bytes]]) -> float:
    """Return the CPU microseconds that one request takes."""
    began = time.process_time()
    for _ in range(REQUESTS):
        await ask()
    return (time.process_time() - began) / REQUESTS * 1e6


async def main() -> None:
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    deps = world_in_memory()
    partner = Account("partner-bench", AccountKind.PARTNER, "Benchmark", datetime.now(UTC))
    token, _ = issue_token(deps.keys, deps.settings, partner, 3600, datetime.now(UTC))
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", action="store_true", help="also without each layer over the libraries, and none")
    served = apps(deps, parser.parse_args().layers)
    chance = random.Random(1)
    for what, body in BODIES.items():
        asks = {name: asked(app, orjson.dumps(body), token) for name, app in served.items()}
        answers = {orjson.dumps(orjson.loads(await ask())) for ask in asks.values()}
        assert len(answers) == 1 and b'"errors"' not in min(answers), answers
        taken: dict[str, list[float]] = {name: [] for name in asks}
        for _ in range(ROUNDS):
            for name in chance.sample(
                list(asks), len(asks)
            ):  # whoever follows on stock finds the processor's caches cold
                await asks[name]()
                taken[name].append(await measure(asks[name]))
        for name in asks:
            ratios = [used / ours for used, ours in zip(taken[name], taken["ours"], strict=True)]
            low, middle, high = statistics.quantiles(ratios, n=4)
            used = statistics.median(taken[name])
            print(
                f"{what}: {used:4.0f} µs {name}, {middle:.2f} times ours (half of the rounds {low:.2f} to {high:.2f})"
            )


if __name__ == "__main__":
    asyncio.run(main())
