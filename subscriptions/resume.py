"""Where a stream goes on: each event comes with its cursor, and the last one that a client saw stands for `after`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

from app.domain.shared.refusal import InvalidInput
from subscriptions.context import LiveContext

T = TypeVar("T")
DIGITS_MAX = 10


async def resumable(context: LiveContext, source: AsyncGenerator[tuple[str, T], None]) -> AsyncGenerator[T, None]:
    """Yield the events of a source of (cursor, event), leaving each one's cursor in the context for the transport."""
    async with aclosing(source):
        async for cursor, event in source:
            context.cursor = cursor
            yield event


def after_sequence(context: LiveContext, after: int | None) -> int | None:
    """Go on behind the last event seen, where the transport knows it, else where the operation says."""
    last = context.resume_after
    if last is None:
        return after
    if not (last.isascii() and last.isdecimal() and len(last) <= DIGITS_MAX):
        raise InvalidInput("Last-Event-ID is the id of an event of this stream: a sequence.", ("after",))
    return int(last)


def after_cursor(context: LiveContext, after: str | None) -> str | None:
    """The same for a stream whose cursors are opaque."""
    return after if context.resume_after is None else context.resume_after
