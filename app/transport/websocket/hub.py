"""All sockets of this process: which may come in, how many, and when each is due to act.

One beat serves them all, so that an idle socket has neither task nor timer.
"""

import asyncio
import logging
from functools import partial
from heapq import heappop, heappush
from itertools import count

from starlette.types import Receive, Scope, Send

from app.auth.revocation import Revocations
from app.domain.shared.viewer import AccountKind, Viewer
from app.execution.selection import Executable
from app.settings import Settings
from app.transport.caller import Callers, Quota
from app.transport.websocket.frame import DIALECTS, Close, Dialect
from app.transport.websocket.operation import Runner, Sharing
from app.transport.websocket.socket import Socket, Surroundings, Times
from app.transport.websocket.wire import Wire, take_over

requests = logging.getLogger("app.request")
BEAT_SECONDS = 0.2
"""How often `beat` is to be called: a socket acts so much later than it is due."""


class SocketHub:
    """The way in for WebSockets. Made inside the event loop; whoever makes it calls `beat` again and again."""

    def __init__(
        self,
        api: Executable,
        callers: Callers,
        sharing: Sharing,
        revocations: Revocations,
        settings: Settings,
    ) -> None:
        self.sockets: set[Socket] = set()
        self._revocations = revocations
        self._sockets_max = settings.sockets_max
        self._quota = Quota(
            settings.sockets_per_account_max, settings.sockets_per_partner_max, settings.sockets_of_nobody_max
        )
        self._runner = Runner(api, sharing, settings.send_seconds_max)
        self._shared = Surroundings(
            host=self,
            callers=callers,
            runner=self._runner,
            times=Times(settings.init_seconds_max, settings.ping_seconds, settings.drain_seconds),
            operations_max=partial(_operations_max, settings),
            publish=api.errors,
        )
        self._due_sockets: list[tuple[float, int, Socket]] = []
        self._numbers = count()
        self._loop = asyncio.get_running_loop()
        revocations.listen(self._close_revoked)

    async def stop(self) -> None:
        """End what is left; the server has let the sockets go by now."""
        for socket in tuple(self.sockets):
            socket.lost()
        await self._runner.stop()

    async def serve(self, scope: Scope, receive: Receive, send: Send, accepted_locale: str | None) -> None:
        """Accept a WebSocket in the first of its protocols that we speak, and serve it."""
        await receive()
        dialect = next((DIALECTS[name] for name in scope["subprotocols"] if name in DIALECTS), None)
        await send({"type": "websocket.accept", "subprotocol": dialect and dialect.name})
        if dialect is None:
            await send({"type": "websocket.close", "code": Close.NO_PROTOCOL, "reason": "Subprotocol not acceptable"})
        else:
            await take_over(scope, receive, send, lambda wire: self._enter(wire, dialect, accepted_locale))

    def _enter(self, wire: Wire, dialect: Dialect, accepted_locale: str | None) -> Socket:
        socket = Socket(self._shared, wire, dialect, accepted_locale)
        self.sockets.add(socket)
        if len(self.sockets) > self._sockets_max:
            socket.close(Close.OVERLOADED, "Too many sockets here: try again later")
        return socket

    # What its sockets ask of it

    def now(self) -> float:
        return self._loop.time()

    def expect(self, socket: Socket) -> None:
        """Push a socket's next deadline; older entries of the heap are ignored when they come up."""
        heappush(self._due_sockets, (socket.due_at, next(self._numbers), socket))

    def admit(self, viewer: Viewer | None) -> tuple[Close, str] | None:
        """Count a caller in, or say why not."""
        if self._revocations.is_over(viewer):
            return Close.FORBIDDEN, "The session is over"
        if not self._quota.enter(viewer):
            whose = "An account has" if viewer else "Those who are not signed in have"
            return Close.OVERLOADED, f"{whose} at most {self._quota.maximum(viewer)} sockets"
        return None

    def left(self, socket: Socket) -> None:
        """Forget a socket that is gone, and log it."""
        if socket not in self.sockets:
            return
        self.sockets.discard(socket)
        viewer = socket.viewer
        if socket.greeted:
            self._quota.leave(viewer)
        fields = {
            "method": "WS",
            "path": "/graphql",
            "status": socket.closed_with or 1000,
            "ms": round((self.now() - socket.opened_at) * 1000, 1),
            "viewer": viewer.kind.value if viewer else None,
        }
        requests.info("request", extra=fields)

    async def beat(self) -> None:
        """Let the sockets act that are due."""
        now = self.now()
        for socket in self._due(now):
            if socket.due_at <= now and socket in self.sockets:
                socket.act(now)

    def _due(self, now: float) -> list[Socket]:
        due = []
        while self._due_sockets and self._due_sockets[0][0] <= now:
            due.append(heappop(self._due_sockets)[2])
        return due

    def _close_revoked(self) -> None:
        for socket in tuple(self.sockets):
            if self._revocations.is_over(socket.viewer):
                socket.close(Close.FORBIDDEN, "The session is over")


def _operations_max(settings: Settings, viewer: Viewer | None) -> int:
    """Say how many operations a caller's socket may have at a time."""
    partner = viewer is not None and viewer.kind == AccountKind.PARTNER
    return settings.operations_per_partner_socket_max if partner else settings.operations_per_socket_max
