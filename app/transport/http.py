"""GraphQL over HTTP and WebSocket: who is asking, in which language, and errors always as GraphQL errors."""

from typing import Any

import orjson
from cross_web import HTTPException, StarletteRequestAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLRequestData, process_result

from app.auth.revocation import Revocations
from app.auth.token import VIEWER
from app.domain.shared.refusal import Unauthenticated
from app.domain.shared.text import accepted_locale
from app.domain.shared.viewer import Viewer
from app.execution.errors import error_body
from app.execution.layer import Layer
from app.execution.schema import Schema
from app.settings import Settings
from app.transport.caller import Callers, Context
from app.transport.sse import JSON, EventStreams
from app.transport.websocket.frame import is_unicode
from app.transport.websocket.hub import SocketHub
from app.transport.websocket.operation import Sharing


class TooLarge(Exception):
    """The request's body is over the limit."""


class GraphQLView(GraphQL[Context, None]):
    """Strawberry's ASGI view with our contexts, limits and form of errors; WebSockets go to a hub of their own."""

    def __init__(
        self, schema: Schema, callers: Callers, sharing: Sharing, revocations: Revocations, settings: Settings
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            allowed_origins=settings.allowed_origins,
        )
        self._callers = callers
        self._revocations = revocations
        self._body_bytes_max = settings.body_bytes_max
        self._straight = Layer.STRAIGHT_HTTP in settings.layers
        self.hub = SocketHub(schema, callers, sharing, revocations, settings)
        self._events = EventStreams(schema, settings, self.parse_http_body, self._called, revocations.is_over)

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
        try:
            request = Request(scope, limited(receive, self._body_bytes_max))
            if stream := await self._events.answer(request):
                return stream
            if self._straight and request.method == "POST":
                return await self._answer_straight(request)
            return await self.run(request)
        except HTTPException as error:
            return failure(error.status_code, "BAD_REQUEST", error.reason)
        except TooLarge:
            return failure(413, "PAYLOAD_TOO_LARGE", f"A request body has at most {self._body_bytes_max} bytes.")
        except Unauthenticated as error:
            return failure(200, "UNAUTHENTICATED", str(error))

    async def _answer_straight(self, request: Request) -> Response:
        """Answer a POST as `run` does, without what it does for other requests."""
        _, context = self._called(request)
        adapter = StarletteRequestAdapter(request)
        asked = await self.parse_http_body(adapter)
        assert isinstance(asked, GraphQLRequestData), "batches are refused while parsing"
        result = await self.execute_single(request, adapter, Response(), context, None, asked)
        return Response(self.encode_json(process_result(result)), media_type=JSON)

    def _called(self, request: Request | WebSocket) -> tuple[Viewer | None, Context]:
        """Name who calls and make the context of the operation; raises Unauthenticated."""
        viewer = self._callers.identify(request.headers.get("authorization"))
        if self._revocations.is_over(viewer):
            raise Unauthenticated("The session is over.")
        request.scope[VIEWER] = viewer
        return viewer, self._callers.context(viewer, accepted_locale(request.headers.get("accept-language")))

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Make the context; the Authorization header names the viewer."""
        return self._called(request)[1]

    def parse_json(self, data: str | bytes) -> Any:
        """Parse the body of a request: a JSON object or list of Unicode text (RFC 8259)."""
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
    return JSONResponse(error_body(code, message), status_code=status)
