"""GraphQL over HTTP and WebSocket: who is asking, in which language, and errors always as GraphQL errors."""

from typing import Any

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLRequestData, process_result

from app.auth.token import read_authorization
from app.context import Context
from app.deps import Deps
from app.domain.shared.refusal import Unauthenticated
from app.domain.shared.text import LANGUAGES
from app.execution.schema import ANSWERED_BY_THE_VIEW, Schema
from app.transport.sse import JSON, EventStreams
from app.transport.websocket.frame import is_unicode
from app.transport.websocket.hub import SocketHub
from subscriptions.streams import Streams

MAYBE = dict, type(None)


class TooLarge(Exception):
    """The request's body is over the limit."""


class GraphQLView(GraphQL[Context, None]):
    """Strawberry's ASGI view with our context, limits and error form; WebSockets have a door of their own."""

    def __init__(self, schema: Schema, deps: Deps, live: Streams) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            allowed_origins=deps.settings.allowed_origins,
        )
        self.hub = SocketHub(schema, deps, live)
        self._deps = deps
        self._live = live
        self._events = EventStreams(schema, deps.settings, self.parse_http_body, self.get_context, self.hub.is_over)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await self._answer(scope, receive)
            await response(scope, receive, send)
            return
        socket = WebSocket(scope, receive, send)
        if self._check_websocket_origin(socket):
            await self.hub.serve(scope, receive, send, accepted_locale(socket.headers.get("accept-language")))
        else:
            await self.reject_websocket(socket)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        limit = self._deps.settings.body_bytes_max
        try:
            request = Request(scope, limited(receive, limit))
            return await self._events.answer(request) or await self._plainly(request) or await self.run(request)
        except HTTPException as error:
            return failure(error.status_code, "BAD_REQUEST", error.reason)
        except TooLarge:
            return failure(413, "PAYLOAD_TOO_LARGE", f"A request body has at most {limit} bytes.")
        except Unauthenticated as error:
            return failure(200, "UNAUTHENTICATED", str(error))

    async def _plainly(self, request: Request) -> Response | None:
        """Answer one operation that is sent as plain JSON, as nearly all are; None: Strawberry judges what it is."""
        if request.method != "POST" or request.headers.get("content-type") != JSON:
            return None
        context = await self.get_context(request)
        asked = plain(self.parse_json(await request.body()))
        if asked is None:
            return None
        try:
            result = await self.schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
            )
        except ANSWERED_BY_THE_VIEW:
            return None
        return Response(self.encode_json(process_result(result)), media_type=JSON)

    async def get_context(self, request: Request | WebSocket, response: object = None) -> Context:
        """Make the context; the Authorization header names the viewer."""
        context = Context(self._deps, self._live, None, accepted_locale(request.headers.get("accept-language")))
        header = request.headers.get("authorization")
        context.viewer = read_authorization(self._deps.keys, self._deps.settings, header)
        if self.hub.is_over(context.viewer):
            raise Unauthenticated("The session is over.")
        request.scope["zero_distance.viewer"] = context.viewer
        return context

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData | list[GraphQLRequestData]:
        """Read one operation sent as plain JSON, as nearly all are; whatever else comes is Strawberry's to judge."""
        if request.method == "POST" and request.content_type == JSON:
            asked = plain(self.parse_json(await request.get_body()))
            if asked is not None:
                return asked
        return await super().parse_http_body(request)

    def parse_json(self, data: str | bytes) -> Any:
        try:
            text = data if isinstance(data, str) else data.decode()
            parsed = super().parse_json(text)
        except (ValueError, RecursionError) as error:  # a number of thousands of digits, say
            raise HTTPException(400, "Unable to parse request body as JSON") from error
        if "\\u" in text and not is_unicode(parsed):
            raise HTTPException(400, "A request body is Unicode text")
        if not isinstance(parsed, dict | list):
            raise HTTPException(400, "A request body is a JSON object")
        if isinstance(parsed, dict) and not isinstance(parsed.get("operationName"), str | None):
            raise HTTPException(400, "The GraphQL operation's `operationName` must be a string or null, if provided.")
        return parsed

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


def plain(data: Any) -> GraphQLRequestData | None:
    """Take one operation from a body; None where it is something else."""
    if isinstance(data, dict):
        query, variables, extensions = map(data.get, ("query", "variables", "extensions"))
        if isinstance(query, str) and isinstance(variables, MAYBE) and isinstance(extensions, MAYBE):
            return GraphQLRequestData(query, variables, data.get("operationName"), extensions)
    return None


def limited(receive: Receive, limit: int) -> Receive:
    """Count a request's body and raise TooLarge as soon as it is over the limit."""
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLarge
        return message

    return counting


def failure(status: int, code: str, message: str) -> JSONResponse:
    """Answer a request that did not get as far as an operation."""
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code}}]}, status_code=status)


def accepted_locale(header: str | None) -> str | None:
    """Choose the language that a browser likes best (RFC 9110) of those we speak; the whole tag is kept."""
    weighted = []
    for part in (header or "")[:256].split(","):
        tag, _, parameters = part.strip().partition(";")
        quality = parameters.strip().removeprefix("q=") or "1"
        try:
            weighted.append((-float(quality), tag))
        except ValueError:
            continue
    tags = [tag for quality, tag in sorted(weighted, key=lambda pair: pair[0]) if quality < 0]
    return next((tag for tag in tags if tag.partition("-")[0].lower() in LANGUAGES), None)
