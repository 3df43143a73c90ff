"""One socket of graphql-transport-ws or legacy graphql-ws, from its greeting to its close."""

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Any, Protocol

from graphql import GraphQLError, GraphQLFormattedError

from app.domain.shared.refusal import Unauthenticated
from app.domain.shared.viewer import Viewer
from app.transport.caller import Callers, Context
from app.transport.websocket.frame import BadFrame, Close, Dialect, encode, read
from app.transport.websocket.operation import Operation, Runner
from app.transport.websocket.wire import Wire

log = logging.getLogger(__name__)
Frame = Mapping[str, Any]


@dataclass(frozen=True)
class Times:
    """Seconds: for the greeting, between pings, over which goodbyes are spread, and for an answer before a goodbye."""

    init: float
    ping: float
    drain: float
    answer: float = 3.0


class Host(Protocol):
    """The hub that a socket belongs to, as the socket knows it."""

    def now(self) -> float:
        """Return the time of the hub's clock, in seconds."""

    def expect(self, socket: "Socket") -> None:
        """Call `act` when the socket is due, at `due_at`."""

    def admit(self, viewer: Viewer | None) -> tuple[Close, str] | None:
        """Count a caller in, or say why not."""

    def left(self, socket: "Socket") -> None:
        """Forget a socket that is gone."""


@dataclass(frozen=True)
class Surroundings:
    """What all sockets of a process share. `publish` makes errors fit for a client."""

    host: Host
    callers: Callers
    runner: Runner
    times: Times
    operations_max: Callable[[Viewer | None], int]
    publish: Callable[[Sequence[GraphQLError]], Sequence[GraphQLFormattedError]]


class Socket:
    """What one connection has said and started. It acts when a message comes, and on the hub's beat when it is due."""

    __slots__ = (
        "_accepted_locale",
        "_beats_at",
        "_expires_at",
        "_leaves_at",
        "_shared",
        "closed_with",
        "dialect",
        "due_at",
        "greeted",
        "opened_at",
        "operations",
        "viewer",
        "wire",
    )

    def __init__(self, shared: Surroundings, wire: Wire, dialect: Dialect, accepted_locale: str | None) -> None:
        self.wire = wire
        self.dialect = dialect
        self.viewer: Viewer | None = None
        self.greeted = False
        self.operations: dict[str, Operation] = {}
        self.opened_at = shared.host.now()
        self.closed_with = 0
        self._shared = shared
        self._accepted_locale = accepted_locale
        self._beats_at = self.opened_at + shared.times.ping
        self._expires_at = self.opened_at + shared.times.init
        self._leaves_at = inf
        self._expect()

    def context(self) -> Context:
        """Make the context of one operation."""
        return self._shared.callers.context(self.viewer, self._accepted_locale)

    # What a peer and the server do to it

    def on_message(self, data: bytes | str | None) -> None:
        if self.closed_with:
            return
        try:
            frame = read(self.dialect, data)
            HANDLERS[frame["type"]](self, frame)
        except BadFrame as error:
            self.close(Close.BAD_FRAME, str(error))
        except Exception:
            log.exception("a message could not be handled")
            self.close(Close.FAILED, "Something went wrong here")

    def lost(self) -> None:
        """End all operations: the connection is gone."""
        self._end_operations()
        self._shared.host.left(self)

    def leave(self) -> None:
        """Go within the time that the server has for all its sockets, each at another moment."""
        self._leaves_at = self._shared.host.now() + random.uniform(0, self._shared.times.drain)
        self._expect()

    def close(self, code: Close, reason: str) -> None:
        if not self.closed_with:
            self.closed_with = code
            self.wire.close(code, reason)
            self._end_operations()

    def act(self, now: float) -> None:
        """Do what is due: say goodbye, expire, or show that we live."""
        if now >= self._leaves_at + (self._shared.times.answer if self._is_answering() else 0):
            self.close(Close.RESTARTING, "The server restarts")
        elif now >= self._expires_at:
            if self.greeted:
                self.close(Close.FORBIDDEN, "The access token has expired")
            else:
                self.close(Close.SILENT, "No connection_init in time")
        elif now >= self._beats_at:
            self._beats_at = now + self._shared.times.ping
            if self.greeted and self.wire.clear:
                self.wire.write(self.dialect.beat)
        self._expect()

    def _expect(self) -> None:
        """Have the hub call when the next thing is due."""
        self.due_at = min(self._beats_at, self._expires_at, self._leaves_at)
        self._shared.host.expect(self)

    def _is_answering(self) -> bool:
        return any(operation.answering for operation in self.operations.values())

    def _end_operations(self) -> None:
        operations, self.operations = self.operations, {}
        for operation in operations.values():
            operation.end()

    # What it says

    def complete(self, operation: Operation) -> None:
        """Say that an operation has ended; its id is free again."""
        if self._forget(operation):
            self.wire.write(encode({"id": operation.id, "type": "complete"}))

    def fail(self, operation: Operation, errors: Sequence[GraphQLError]) -> None:
        """Say that an operation has ended, and why."""
        if self._forget(operation):
            self._refuse(operation.id, errors)

    def _refuse(self, id: str, errors: Sequence[GraphQLError]) -> None:
        payload = self.dialect.errors(self._shared.publish(errors))
        self.wire.write(encode({"id": id, "type": "error", "payload": payload}))

    def _forget(self, operation: Operation) -> bool:
        if self.operations.get(operation.id) is not operation:
            return False
        del self.operations[operation.id]
        operation.left()
        return True

    # What a peer says

    def _init(self, frame: Frame) -> None:
        if self.greeted:
            self.close(Close.GREETED_TWICE, "Too many initialisation requests")
            return
        try:
            self.viewer = self._viewer_of(frame.get("payload") or {})
        except Unauthenticated as error:
            self.close(Close.FORBIDDEN, str(error)[:100])
            return
        if refused := self._shared.host.admit(self.viewer):
            self.close(*refused)
            return
        self.greeted = True
        self._expires_at = inf
        if self.viewer is not None and self.viewer.token_expires_at is not None:
            left = (self.viewer.token_expires_at - datetime.now(UTC)).total_seconds()
            self._expires_at = self._shared.host.now() + left
        self._expect()
        self.wire.write(b'{"type":"connection_ack"}')

    def _viewer_of(self, payload: Mapping[str, Any]) -> Viewer | None:
        """Read `{"Authorization": "Bearer …"}`, the key in any case."""
        header = {key.lower(): value for key, value in payload.items()}.get("authorization")
        if not isinstance(header, str | None):
            raise Unauthenticated("Authorization must be a string.")
        viewer = self._shared.callers.identify(header)
        if viewer and viewer.token_expires_at is not None and viewer.token_expires_at <= datetime.now(UTC):
            raise Unauthenticated("The access token has expired.")
        return viewer

    def _ping(self, frame: Frame) -> None:
        self.wire.write(b'{"type":"pong"}')

    def _pong(self, frame: Frame) -> None:
        """The peer lives."""

    def _terminate(self, frame: Frame) -> None:
        self.close(Close.NORMAL, "")

    def _subscribe(self, frame: Frame) -> None:
        id, limit = frame["id"], self._shared.operations_max(self.viewer)
        if not self.greeted:
            self.close(Close.NOT_GREETED, "Unauthorized")
        elif id in self.operations:
            self.close(Close.ID_TAKEN, "Subscriber for this id already exists")
        elif len(self.operations) >= limit:
            message = f"A socket has at most {limit} operations."
            self._refuse(id, [GraphQLError(message, extensions={"code": "TOO_MANY_OPERATIONS", "limit": limit})])
        else:
            operation = self.operations[id] = Operation(self, self._shared.runner, id)
            operation.start(frame["payload"])

    def _complete(self, frame: Frame) -> None:
        operation = self.operations.pop(frame["id"], None)
        if operation is not None:
            operation.end()


HANDLERS: Mapping[str, Callable[[Socket, Frame], None]] = {
    "connection_init": Socket._init,
    "ping": Socket._ping,
    "pong": Socket._pong,
    "subscribe": Socket._subscribe,
    "start": Socket._subscribe,
    "complete": Socket._complete,
    "stop": Socket._complete,
    "connection_terminate": Socket._terminate,
}
