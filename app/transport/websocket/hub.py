"""All sockets of this process: who comes in, how many, and until when.

One beat serves them all, so that an idle socket has neither task nor timer.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count

from starlette.types import Receive, Scope, Send

from app.deps import Deps
from app.domain.shared.viewer import AccountKind, Viewer
from app.execution.selection import Executable
from app.settings import Settings
from app.store.retry import run_forever
from app.transport.websocket.frame import DIALECTS, Close
from app.transport.websocket.socket import Socket
from app.transport.websocket.wire import take_over
from subscriptions.group import Groups
from subscriptions.streams import Streams

requests = logging.getLogger("app.request")
BEAT_SECONDS = 0.2
REVOCATION_SECONDS = 0.5  # a quarter of what is promised: a busy machine takes its share
MARGIN = timedelta(minutes=1)  # for clocks of several machines


@dataclass(frozen=True)
class Limits:
    sockets: int
    operations: int


def account_of(viewer: Viewer | None) -> str:
    """Name whom a socket counts for; all who are not signed in count as one."""
    return viewer.account if viewer else ""


class SocketHub:
    """The way in for WebSockets."""

    def __init__(self, api: Executable, deps: Deps, live: Streams) -> None:
        settings: Settings = deps.settings
        self.api = api
        self.deps = deps
        self.live = live
        self.settings = settings
        self.groups = Groups(live.feeds, api, settings.send_seconds_max)
        self.sockets: set[Socket] = set()
        self._counted: Counter[str] = Counter()
        self._partner = Limits(settings.sockets_per_partner_max, settings.operations_per_partner_socket_max)
        self._others = Limits(settings.sockets_per_account_max, settings.operations_per_socket_max)
        self._nobody = Limits(settings.sockets_of_nobody_max, settings.operations_per_socket_max)
        self._expected: list[tuple[float, int, Socket]] = []
        self._numbers = count()
        self._revoked: set[str] = set()
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._beating = [
            asyncio.create_task(run_forever("the sockets' beat", BEAT_SECONDS, self._beat)),
            asyncio.create_task(run_forever("the question who signed out", REVOCATION_SECONDS, self._ask)),
        ]

    async def stop(self) -> None:
        """End what is left; uvicorn has let the sockets go by now."""
        for socket in tuple(self.sockets):
            socket.lost()
        for task in (*self._beating, *self._tasks):
            task.cancel()
        await asyncio.gather(*self._beating, *self._tasks, return_exceptions=True)

    async def serve(self, scope: Scope, receive: Receive, send: Send, locale: str | None) -> None:
        """Accept a WebSocket in the first of its protocols that we speak, and serve it."""
        await receive()
        dialect = next((DIALECTS[name] for name in scope["subprotocols"] if name in DIALECTS), None)
        await send({"type": "websocket.accept", "subprotocol": dialect and dialect.name})
        if dialect is None:
            await send({"type": "websocket.close", "code": Close.NO_PROTOCOL, "reason": "Subprotocol not acceptable"})
        else:
            await take_over(scope, receive, send, lambda wire: self._enter(Socket(self, wire, dialect, locale)))

    def _enter(self, socket: Socket) -> Socket:
        self.sockets.add(socket)
        if len(self.sockets) > self.settings.sockets_max:
            socket.close(Close.OVERLOADED, "Too many sockets here: try again later")
        return socket

    def left(self, socket: Socket) -> None:
        """Forget a socket that is gone, and log it."""
        if socket not in self.sockets:
            return
        self.sockets.discard(socket)
        viewer = socket.viewer
        if socket.greeted:
            account = account_of(viewer)
            self._counted[account] -= 1
            if not self._counted[account]:
                del self._counted[account]
        fields = {
            "method": "WS",
            "path": "/graphql",
            "status": socket.closed_with or 1000,
            "ms": round((self.now() - socket.opened_at) * 1000, 1),
            "viewer": viewer.kind.value if viewer else None,
        }
        requests.info("request", extra=fields)

    def is_over(self, viewer: Viewer | None) -> bool:
        """Tell whether the session of a viewer was revoked, as was known half a second ago."""
        return viewer is not None and viewer.session in self._revoked

    def refuses(self, socket: Socket) -> tuple[Close, str] | None:
        """Count a socket's account in, or say why not."""
        viewer = socket.viewer
        if self.is_over(viewer):
            return Close.FORBIDDEN, "The session is over"
        account, limit = account_of(viewer), self.limits(viewer).sockets
        if self._counted[account] >= limit:
            whose = "An account has" if viewer else "Those who are not signed in have"
            return Close.OVERLOADED, f"{whose} at most {limit} sockets"
        self._counted[account] += 1
        return None

    def limits(self, viewer: Viewer | None) -> Limits:
        if viewer is None:
            return self._nobody
        return self._partner if viewer.kind == AccountKind.PARTNER else self._others

    def now(self) -> float:
        return self._loop.time()

    def expect(self, socket: Socket) -> None:
        """Have a socket act when it is due; what was expected of it before is kept, and found to be early."""
        heappush(self._expected, (socket.due_at, next(self._numbers), socket))

    @staticmethod
    def some_of(seconds: float) -> float:
        return random.uniform(0, seconds)

    def run(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _beat(self) -> None:
        """Let the sockets act that are due."""
        now = self.now()
        for socket in self._due(now):
            if socket.due_at <= now and socket in self.sockets:
                socket.act(now)

    def _due(self, now: float) -> list[Socket]:
        due = []
        while self._expected and self._expected[0][0] <= now:
            due.append(heappop(self._expected)[2])
        return due

    async def _ask(self) -> None:
        """Ask which sessions were revoked while access tokens of theirs may still be about, and close their sockets."""
        life = timedelta(seconds=self.settings.access_token_seconds) + MARGIN
        self._revoked = await self.deps.stores.sessions.revoked_since(self.deps.wall() - life)
        if self._revoked:
            for socket in tuple(self.sockets):
                if self.is_over(socket.viewer):
                    socket.close(Close.FORBIDDEN, "The session is over")
