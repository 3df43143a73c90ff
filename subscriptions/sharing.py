"""What can be shared, and by whom: the streams and the subscribers that a group knows."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Awaitable, Callable, Hashable
from typing import Any, Protocol

from subscriptions.feed import Feed


class SharedSource(ABC, AsyncIterable[Any]):
    """A stream of events over one journal, each of which depends only on its entry, the view and the moment.

    So those who see alike may share it in a group; whoever shares with nobody iterates over it.
    """

    journal: str
    key: str

    @property
    @abstractmethod
    def view(self) -> Hashable:
        """Say who looks: two sources with equal views show the same."""

    @abstractmethod
    async def start(self, feed: Feed) -> int:
        """Find the cursor to start behind; raises a Refusal where it lies beyond the journal."""

    @abstractmethod
    async def check(self) -> None:
        """Raise a Refusal where the viewer may not, or no longer, see the journal."""

    @abstractmethod
    async def event(self, entry: Any) -> Any | None:
        """Make the event of an entry; None where it is filtered out."""


class Outlet(Protocol):
    """The way to a member's peer, as far as a group uses it. `clear` tells whether the peer keeps up."""

    clear: bool

    def write(self, *messages: bytes) -> None:
        """Send text messages in one go."""

    async def drained(self, seconds: float) -> None:
        """Wait until the peer keeps up; raises where it does not, which ends the member."""


class Member(Protocol):
    """One subscriber: the cursor it has reached, and how to reach it."""

    prefix: bytes
    cursor: int
    resume: Callable[[], Awaitable[None]] | None
    leave: Callable[[], None] | None

    @property
    def wire(self) -> Outlet:
        """The way to its peer."""

    def fell_behind(self) -> None:
        """Resume by itself: its peer does not keep up."""

    def failed(self, error: Exception) -> None:
        """End, and say why."""
