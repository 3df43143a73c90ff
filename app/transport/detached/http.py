"""uvicorn's HTTP protocol, which tells an event stream that the server stops, and which a stream may cut."""

from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.transport.sse import CONNECTION


class DirectHttp(HttpToolsProtocol):
    """uvicorn's protocol, known to the application as an extension of the request's scope."""

    leave: Callable[[], None] | None = None
    """Called when the server stops."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: self}  # type: ignore[dict-item]

    def handle_websocket_upgrade(self) -> None:
        """Make way for a WebSocket, and let go of what is tied to this connection, so that it goes at once."""
        super().handle_websocket_upgrade()
        self.parser = self.scope = None  # type: ignore[assignment]

    def shutdown(self) -> None:
        super().shutdown()
        if self.leave is not None:
            self.leave()

    def abort(self) -> None:
        """End the connection at once, whatever is still to be sent."""
        self.transport.abort()
