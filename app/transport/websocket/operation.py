"""One operation on a socket, from its first message to its last."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from app.context import Context
from app.execution.selection import Refused, Selection
from app.transport.websocket.frame import next_prefix
from app.transport.websocket.wire import Stalled

if TYPE_CHECKING:
    from app.transport.websocket.socket import Socket

SHAREABLE = ("view", "start", "check", "event")


class Operation:
    """A query, a mutation or a subscription. One that is at the head of a group has no task."""

    __slots__ = ("_socket", "_task", "answering", "cursor", "id", "leave", "prefix", "resume", "wire")

    def __init__(self, socket: "Socket", id: str) -> None:
        self.id = id
        self.wire = socket.wire
        self.prefix = next_prefix(socket.dialect, id)
        self.answering = False
        self.cursor = 0
        self.leave: Callable[[], None] | None = None
        self.resume: Callable[[], Awaitable[None]] | None = None
        self._socket = socket
        self._task: asyncio.Task[None] | None = None

    def start(self, payload: Mapping[str, Any]) -> None:
        self._run(lambda: self._execute(payload))

    def end(self) -> None:
        """Stop at once; nothing more is sent."""
        self.left()
        if self._task is not None:
            self._task.cancel()

    def left(self) -> None:
        """Leave its group, and let go of it."""
        if self.leave is not None:
            self.leave()
        self.leave = self.resume = None

    def fell_behind(self) -> None:
        assert self.resume is not None, "a member of a group knows how to catch up"
        self._run(self.resume)

    def failed(self, error: Exception) -> None:
        """End because of an error that belongs to the operation, and tell the client."""
        self._socket.fail(self, Refused.because(error).errors)

    def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        self._task = self._socket.hub.run(self._guarded(work))

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Stalled:
            self.wire.abort()
        except Exception as error:
            self.failed(error)
        self._task = None

    async def _execute(self, payload: Mapping[str, Any]) -> None:
        api, context = self._socket.hub.api, self._socket.context()
        selection = api.select(payload["query"], payload.get("variables"), payload.get("operationName"), context)
        if selection is None:
            await self._answer(payload, context)
            return
        source = await selection.source()
        if all(hasattr(source, name) for name in SHAREABLE):
            await self._socket.hub.groups.follow(source, selection, context, self)  # type: ignore[arg-type]
        else:
            await self._follow_alone(source, selection, context)

    async def _answer(self, payload: Mapping[str, Any], context: Context) -> None:
        """Answer a query or mutation. What a mutation has begun is finished, even if nobody waits for the answer."""
        api, self.answering = self._socket.hub.api, True
        result = await api.execute_to_the_end(
            payload["query"],
            variable_values=payload.get("variables"),
            operation_name=payload.get("operationName"),
            context_value=context,
            operation_extensions=payload.get("extensions"),
        )
        await self._send(api.payload(result))
        self._socket.complete(self)

    async def _follow_alone(self, source: AsyncIterable[Any], selection: Selection, context: Context) -> None:
        async with aclosing(aiter(source)) as events:  # type: ignore[type-var]
            async for event in events:
                result = await selection.execute(event, context)
                await self._send(self._socket.hub.api.payload(result))
        self._socket.complete(self)

    async def _send(self, payload: bytes) -> None:
        await self.wire.drained(self._socket.hub.settings.send_seconds_max)
        self.wire.write(self.prefix + payload + b"}")
