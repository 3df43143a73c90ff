"""Servers for experiments only: the product's own, its bell made to lose, double and shuffle, and the stock one.

`python -m experiments.live_server` takes the words of `python -m app`. The stock one is Strawberry's handler on
broadcaster alone: no journal is read and no cursor taken, which must not do.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from random import Random
from typing import Any
from unittest.mock import patch

import uvicorn
from broadcaster import Broadcast
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.__main__ import main as run_command_line
from app.ops.bootstrap import seed, with_stores
from app.settings import Settings
from app.transport.detached.websocket import DirectWire
from benchmarks import stock
from subscriptions.bell import Bell, Listener
from subscriptions.notification import Notification

LATE_SECONDS_MAX = 0.5
LOST, DOUBLED, SHUFFLED = "EXPERIMENT_LOST", "EXPERIMENT_DOUBLED", "EXPERIMENT_SHUFFLED"
SEED, STOCK, NARROW = "EXPERIMENT_SEED", "EXPERIMENT_STOCK", "EXPERIMENT_NARROW"


class Fate:
    """What becomes of each ring: the environment says how likely it is lost, doubled, or late and so out of order."""

    def __init__(self) -> None:
        self._random = Random(os.environ.get(SEED))
        self._lost, self._doubled, self._shuffled = (
            float(os.environ.get(name, "0")) for name in (LOST, DOUBLED, SHUFFLED)
        )

    def delays(self) -> Sequence[float]:
        """Draw when a ring is heard, in seconds from now: never, once, or twice."""
        drawn, late = self._random.random(), self._random.uniform(0, LATE_SECONDS_MAX)
        if drawn < self._lost:
            return ()
        if drawn < self._lost + self._doubled:
            return (0, late)
        return (late,) if drawn < self._lost + self._doubled + self._shuffled else (0,)


class FaultyBell(Bell):
    """A bell that is heard as its fate has it."""

    def listen(self, listener: Listener) -> None:
        fate = Fate()

        def on_notification(notification: Notification) -> None:
            for delay in fate.delays():
                if delay:
                    asyncio.get_running_loop().call_later(delay, listener, notification)
                else:
                    listener(notification)

        super().listen(on_notification)


class FaultyBroadcast(Broadcast):
    """The same for broadcaster by itself."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._fate = Fate()
        self._late: set[asyncio.Task[None]] = set()

    async def publish(self, channel: str, message: Any) -> None:
        for delay in self._fate.delays():
            task = asyncio.create_task(self._publish(delay, channel, message))
            self._late.add(task)
            task.add_done_callback(self._late.discard)

    async def _publish(self, delay: float, channel: str, message: Any) -> None:
        await asyncio.sleep(delay)
        await super().publish(channel, message)


class NarrowWire(DirectWire):
    """A socket for which the system keeps little: on loopback it would take in hundreds of KiB for each."""

    def connection_made(self, transport: Any) -> None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, int(os.environ[NARROW]))
        super().connection_made(transport)


def serve_stock(port: int) -> None:
    async def ready(request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    async def prepare() -> None:
        async with with_stores(Settings()) as stores:
            await stores.build_indexes()
            await seed(stores)

    asyncio.run(prepare())
    with patch.object(stock, "broadcast", FaultyBroadcast("memory://")):
        app = stock.create_stock_app(Settings())
        app.router.routes.append(Route("/readyz", ready))
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", ws="websockets-sansio")


def main() -> None:
    if os.environ.get(STOCK) and sys.argv[1] == "serve":
        serve_stock(int(sys.argv[sys.argv.index("--port") + 1]))
    else:
        wire = NarrowWire if os.environ.get(NARROW) else DirectWire
        with patch("app.main.Bell", FaultyBell), patch("app.ops.serve.DirectWire", wire):
            run_command_line()


if __name__ == "__main__":
    main()
