"""What an operation knows that may subscribe: the streams of this process, and where a subscription goes on."""

from dataclasses import dataclass

import strawberry

from app.auth.token import read_authorization
from app.context import Context
from app.deps import Deps
from app.domain.shared.viewer import Viewer
from subscriptions.streams import Streams


class LiveContext(Context):
    """The context of every operation that is served: only the fields of Subscription need to know that it is live."""

    def __init__(
        self, deps: Deps, streams: Streams, viewer: Viewer | None = None, accepted_locale: str | None = None
    ) -> None:
        super().__init__(deps, viewer, accepted_locale)
        self.streams = streams
        self.resume_after: str | None = None
        """The cursor that the transport brought instead of `after`: Last-Event-ID."""
        self.cursor: str | None = None
        """The cursor behind a subscription's last event."""

    def _for(self, viewer: Viewer | None) -> "LiveContext":
        return LiveContext(self.deps, self.streams, viewer, self._accepted_locale)


LiveInfo = strawberry.Info[LiveContext, None]


@dataclass(frozen=True)
class Callers:
    """Tells who calls, and makes the contexts of their operations."""

    deps: Deps
    streams: Streams

    def identify(self, authorization: str | None) -> Viewer | None:
        """Name the bearer of an Authorization header, None without one; raises Unauthenticated."""
        return read_authorization(self.deps.keys, self.deps.settings, authorization)

    def context(self, viewer: Viewer | None, accepted_locale: str | None) -> LiveContext:
        """Make the context of one operation."""
        return LiveContext(self.deps, self.streams, viewer, accepted_locale)
