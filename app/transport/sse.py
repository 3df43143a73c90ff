"""GraphQL over Server-Sent Events, for networks that block WebSockets: graphql-sse's distinct connections.

One URL serves it beside JSON: the Accept header decides. The id of each event is its cursor, and the Last-Event-ID of a
request stands for `after`. A stream that has to end before its operation does ends without `complete`, so that
clients come back: when the token expires, and when the server stops.
"""

import asyncio
import json
import logging
import random
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from math import inf
from typing import Any, Protocol

from cross_web import StarletteRequestAdapter
from graphql import GraphQLError, OperationType, get_operation_ast
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.http import GraphQLRequestData, process_result
from strawberry.types import ExecutionResult

from app.domain.shared.refusal import Unauthenticated
from app.domain.shared.viewer import Viewer
from app.execution.schema import Schema
from app.settings import Settings
from app.transport.caller import Context, Quota

log = logging.getLogger(__name__)
EVENTS, JSON = "text/event-stream", "application/json"
CONNECTION = "zero_distance.connection"
"""The key among a scope's extensions of a StreamConnection, where the server offers one."""
PING = b":\n\n"
RETRY_MILLISECONDS = 500, 3_000
BEAT_SECONDS = 1.0
Chunks = AsyncGenerator[bytes, None]
Wait = Callable[[], Coroutine[Any, Any, object]]


def never() -> Coroutine[Any, Any, object]:
    """Wait for ever."""
    return asyncio.Event().wait()


class StreamConnection(Protocol):
    """The connection of a stream, beyond what ASGI tells of it."""

    leave: Callable[[], None] | None
    """Called when the server stops."""

    def abort(self) -> None:
        """End the connection at once, whatever is still to be sent."""


class EventStreams:
    """Answers requests that accept an event stream. `parse` and `context_of` are the view's, as for JSON."""

    def __init__(
        self,
        schema: Schema,
        settings: Settings,
        parse: Callable[[StarletteRequestAdapter], Awaitable[Any]],
        context_of: Callable[[Request], tuple[Viewer | None, Context]],
        is_over: Callable[[Viewer | None], bool],
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._parse = parse
        self._context_of = context_of
        self._is_over = is_over
        self._beat_seconds = beat_seconds
        self._quota = Quota(
            settings.event_streams_per_account_max, settings.event_streams_per_partner_max, for_nobody=sys.maxsize
        )

    async def answer(self, request: Request) -> Response | None:
        """Make the stream that a request asks for; None where JSON will do, or is all that it accepts."""
        accepted = media_types(request.headers.get("accept", ""))
        if EVENTS not in accepted:
            return None
        asked: GraphQLRequestData = await self._parse(StarletteRequestAdapter(request))
        kind = self._kind(asked)
        if not asked.query or (kind is not OperationType.SUBSCRIPTION and JSON in accepted):
            return None
        if kind is not OperationType.SUBSCRIPTION and request.method == "GET":
            return self._stream(refusal("BAD_REQUEST", "Over GET, only subscriptions are answered."))
        try:
            viewer, context = self._context_of(request)
        except Unauthenticated as error:
            return self._stream(refusal("UNAUTHENTICATED", str(error)))
        context.resume_after = request.headers.get("last-event-id") or None
        return self._stream_for(viewer, context, asked, kind is OperationType.SUBSCRIPTION)

    def _kind(self, asked: GraphQLRequestData) -> OperationType | None:
        try:
            document = self._schema.documents.parsed(asked.query or "").document
        except GraphQLError:
            return None
        operation = get_operation_ast(document, asked.operation_name)
        return operation.operation if operation else None

    def _stream_for(
        self, viewer: Viewer | None, context: Context, asked: GraphQLRequestData, lasting: bool
    ) -> "EventStream":
        if not self._quota.enter(viewer):
            message = f"An account has at most {self._quota.maximum(viewer)} event streams at a time."
            return self._stream(refusal("RATE_LIMITED", message))
        over = partial(self._until_over, viewer) if lasting and viewer else never
        return self._stream(self._results(viewer, context, asked), lambda: self._quota.leave(viewer), over)

    async def _until_over(self, viewer: Viewer) -> None:
        """Wait for the second at which the viewer's token ends, or for the end of its session."""
        while not self._is_over(viewer):
            left = (viewer.token_expires_at - datetime.now(UTC)).total_seconds() if viewer.token_expires_at else inf
            if left <= 0:
                return
            await asyncio.sleep(min(left, self._beat_seconds))

    def _stream(self, chunks: Chunks, closed: Callable[[], None] = lambda: None, over: Wait = never) -> "EventStream":
        return EventStream(chunks, self._settings, closed, over)

    async def _results(self, viewer: Viewer | None, context: Context, asked: GraphQLRequestData) -> Chunks:
        results = await self._schema.stream(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            operation_extensions=asked.extensions,
        )
        async with aclosing(results):
            async for result in results:
                if self._is_over(viewer):
                    return
                yield next_event(result, context.cursor)
                context.cursor = None
        yield COMPLETE


class EventStream(Response):
    """Sends chunks as they come, and pings between them, to a peer that has to keep up; until it is `over`."""

    media_type = EVENTS

    def __init__(self, chunks: Chunks, settings: Settings, closed: Callable[[], None], over: Wait) -> None:
        super().__init__(headers={"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._chunks = chunks
        self._settings = settings
        self._closed = closed
        self._over = over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection: StreamConnection | None = scope.get("extensions", {}).get(CONNECTION)
        stopping = asyncio.Event()
        if connection is not None:
            connection.leave = stopping.set
        tasks: list[asyncio.Task[Any]] = []
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            parts = self._write(send), self._ping(send), left(receive), stopping.wait(), self._over()
            tasks += [asyncio.create_task(part) for part in parts]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if connection is not None and any(map(stalled, tasks)):
                log.info("a reader of events does not keep up and is cut off")
                connection.abort()
                await tasks[2]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._closed()
        writing, _, leaving, *_ = tasks
        if leaving.cancelled():
            if not writing.cancelled():
                writing.result()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, send: Send) -> None:
        async with aclosing(self._chunks) as chunks:
            async for chunk in chunks:
                await self._send(send, chunk)

    async def _ping(self, send: Send) -> None:
        """Say when to come back, and then something now and then, so that nothing in between calls it a dead line."""
        await self._send(send, f"retry: {random.randint(*RETRY_MILLISECONDS)}\n\n".encode())
        while True:
            await asyncio.sleep(self._settings.event_ping_seconds)
            await self._send(send, PING)

    async def _send(self, send: Send, chunk: bytes) -> None:
        async with asyncio.timeout(self._settings.send_seconds_max):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})


def media_types(accept: str) -> set[str]:
    """List the media types of an Accept header (RFC 9110) that are wanted at all."""
    parts = (part.strip().lower().replace(" ", "") for part in accept[:1024].split(","))
    return {part.partition(";")[0] for part in parts if not part.endswith((";q=0", ";q=0.0"))}


def next_event(result: ExecutionResult, id: str | None = None) -> bytes:
    """Write a result as an event; its id is the cursor behind it, where it has one."""
    data = json.dumps(process_result(result), separators=(",", ":"), ensure_ascii=False)
    cursor = f"id: {id}\n" if id is not None else ""
    return f"event: next\n{cursor}data: {data}\n\n".encode()


COMPLETE = b"event: complete\ndata:\n\n"


async def refusal(code: str, message: str) -> Chunks:
    """Refuse as the protocol wants it: with an event, for a browser's EventSource shows nothing of a status."""
    yield next_event(ExecutionResult(data=None, errors=[GraphQLError(message, extensions={"code": code})]))
    yield COMPLETE


def stalled(task: asyncio.Task[Any]) -> bool:
    return task.done() and not task.cancelled() and isinstance(task.exception(), TimeoutError)


async def left(receive: Receive) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
