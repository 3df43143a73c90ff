"""What execution needs of an operation's context, which the product makes."""

from typing import Protocol, Self


class OperationContext(Protocol):
    """What the resolvers of one operation know: execution passes it on, and asks for a fresh one for each event."""

    def afresh(self) -> Self:
        """Return the same context with nothing remembered from the event before."""
