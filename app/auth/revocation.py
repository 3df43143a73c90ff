"""Which sessions were revoked: read again and again, so that what their tokens opened is ended within a second."""

from collections.abc import Callable
from datetime import datetime, timedelta

from app.domain.shared.viewer import Viewer
from app.store.account import Sessions
from app.store.retry import run_forever

PAUSE_SECONDS = 0.5
"""Between two reads: a quarter of the two seconds that are promised, for a busy machine takes its share."""
MARGIN = timedelta(minutes=1)
"""For clocks of several machines."""


class Revocations:
    """The sessions revoked while access tokens of theirs may still be in use. `token_seconds`: how long those live."""

    def __init__(
        self,
        sessions: Sessions,
        wall: Callable[[], datetime],
        token_seconds: float,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._sessions = sessions
        self._wall = wall
        self._life = timedelta(seconds=token_seconds) + MARGIN
        self._pause_seconds = pause_seconds
        self._revoked: set[str] = set()
        self._listeners: list[Callable[[], None]] = []

    def is_over(self, viewer: Viewer | None) -> bool:
        """Tell whether a viewer's session was revoked, as was known at the last read."""
        return viewer is not None and viewer.session in self._revoked

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called after each read that found revoked sessions, new or known."""
        self._listeners.append(listener)

    async def read_forever(self) -> None:
        await run_forever("the question who signed out", self._pause_seconds, self._read)

    async def _read(self) -> None:
        self._revoked = await self._sessions.revoked_since(self._wall() - self._life)
        if self._revoked:
            for listener in self._listeners:
                listener()
