"""One operation on a socket, from its first message to its last."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from graphql import GraphQLError

from app.execution.selection import Executable, Refused, Selection
from app.transport.caller import Context
from app.transport.websocket.frame import Dialect, next_prefix
from app.transport.websocket.wire import Stalled, Wire

Work = Callable[[], Awaitable[None]]


class Peer(Protocol):
    """The socket that an operation runs on, as the operation knows it."""

    wire: Wire
    dialect: Dialect

    def context(self) -> Context:
        """Make the context of an operation."""

    def complete(self, operation: "Operation") -> None:
        """Say that an operation has ended; its id is free again."""

    def fail(self, operation: "Operation", errors: Sequence[GraphQLError]) -> None:
        """Say that an operation has ended, and why."""


class Sharing(Protocol):
    """Whoever executes an event once for all operations that see the same of it."""

    async def follow(self, source: AsyncIterable[Any], selection: Selection, context: Any, member: "Operation") -> bool:
        """Deliver a source's events to a member; False where they can't be shared: it has to follow them alone."""


class Runner:
    """Runs the operations of all sockets: what executes them, and the tasks in which they are."""

    def __init__(self, api: Executable, sharing: Sharing, send_seconds: float) -> None:
        self.api = api
        self.sharing = sharing
        self.send_seconds = send_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """End what still runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Operation:
    """A query, a mutation or a subscription. One that is at the head of a group has no task."""

    __slots__ = ("_peer", "_runner", "_task", "answering", "cursor", "id", "leave", "prefix", "resume", "wire")

    def __init__(self, peer: Peer, runner: Runner, id: str) -> None:
        self.id = id
        self.wire = peer.wire
        self.prefix = next_prefix(peer.dialect, id)
        self.answering = False
        self.cursor = 0
        self.leave: Callable[[], None] | None = None
        self.resume: Work | None = None
        self._peer = peer
        self._runner = runner
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
        self._peer.fail(self, Refused.because(error).errors)

    def _run(self, work: Work) -> None:
        self._task = self._runner.run(self._guarded(work))

    async def _guarded(self, work: Work) -> None:
        try:
            await work()
        except Stalled:
            self.wire.abort()
        except Exception as error:
            self.failed(error)
        self._task = None

    async def _execute(self, payload: Mapping[str, Any]) -> None:
        api, context = self._runner.api, self._peer.context()
        selection = api.select(payload["query"], payload.get("variables"), payload.get("operationName"), context)
        if selection is None:
            await self._answer(payload, context)
            return
        source = await selection.source()
        if not await self._runner.sharing.follow(source, selection, context, self):
            await self._follow_alone(source, selection, context)

    async def _answer(self, payload: Mapping[str, Any], context: Context) -> None:
        """Answer a query or mutation. What a mutation has begun is finished, even if nobody waits for the answer."""
        api, self.answering = self._runner.api, True
        result = await api.execute_to_the_end(
            payload["query"],
            variable_values=payload.get("variables"),
            operation_name=payload.get("operationName"),
            context_value=context,
            operation_extensions=payload.get("extensions"),
        )
        await self._send(api.payload(result))
        self._peer.complete(self)

    async def _follow_alone(self, source: AsyncIterable[Any], selection: Selection, context: Context) -> None:
        async with aclosing(aiter(source)) as events:  # type: ignore[type-var]
            async for event in events:
                result = await selection.execute(event, context)
                await self._send(self._runner.api.payload(result))
        self._peer.complete(self)

    async def _send(self, payload: bytes) -> None:
        await self.wire.drained(self._runner.send_seconds)
        self.wire.write(self.prefix + payload + b"}")
