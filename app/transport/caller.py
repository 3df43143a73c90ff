"""What transport knows of callers and of the contexts of their operations; the composition root hands in both."""

from typing import Protocol

from app.domain.shared.viewer import AccountKind, Viewer
from app.execution.context import OperationContext


class Context(OperationContext, Protocol):
    """The context of an operation, with where a subscription goes on."""

    resume_after: str | None
    """The cursor that the transport brought instead of `after`: Last-Event-ID."""
    cursor: str | None
    """The cursor behind a subscription's last event."""


class Callers(Protocol):
    """Tells who calls, and makes the contexts of their operations."""

    def identify(self, authorization: str | None) -> Viewer | None:
        """Name the bearer of an Authorization header, None without one; raises Unauthenticated."""

    def context(self, viewer: Viewer | None, accepted_locale: str | None) -> Context:
        """Make the context of one operation."""


class Quota:
    """How many of something each account has open just now, in one process, of how many it may have.

    All callers who are not signed in share one number.
    """

    def __init__(self, for_account: int, for_partner: int, for_nobody: int) -> None:
        self._for_account = for_account
        self._for_partner = for_partner
        self._for_nobody = for_nobody
        self._open: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._open)

    def maximum(self, viewer: Viewer | None) -> int:
        if viewer is None:
            return self._for_nobody
        return self._for_partner if viewer.kind == AccountKind.PARTNER else self._for_account

    def enter(self, viewer: Viewer | None) -> bool:
        """Count one more; tell whether there was room for it."""
        account = _account_of(viewer)
        taken = self._open.get(account, 0)
        if taken >= self.maximum(viewer):
            return False
        self._open[account] = taken + 1
        return True

    def leave(self, viewer: Viewer | None) -> None:
        """Count one less; an account that has none is forgotten."""
        account = _account_of(viewer)
        self._open[account] -= 1
        if not self._open[account]:
            del self._open[account]


def _account_of(viewer: Viewer | None) -> str:
    return viewer.account if viewer else ""
