"""Where a stream goes on: each event leaves its cursor, and the last one that a client saw stands for `after`."""

from app.context import Context
from app.domain.line.plan import PlanChange
from app.domain.shared.refusal import InvalidInput
from schema.design import DesignChange
from schema.links import OrderStep, Step

DIGITS_MAX = 10


def leave_cursor(context: Context, event: object) -> None:
    """Note what a client gives as `after` to go on behind an event; nothing for streams that only show the moment."""
    if isinstance(event, Step | DesignChange | PlanChange):
        context.cursor = str(event.sequence)
    elif isinstance(event, OrderStep):
        context.cursor = event.cursor


def after_sequence(context: Context, after: int | None) -> int | None:
    """Go on behind the last event seen, where the transport knows it, else where the operation says."""
    last = context.resume_after
    if last is None:
        return after
    if not (last.isascii() and last.isdecimal() and len(last) <= DIGITS_MAX):
        raise InvalidInput("Last-Event-ID is the id of an event of this stream: a sequence.", ("after",))
    return int(last)


def after_cursor(context: Context, after: str | None) -> str | None:
    return after if context.resume_after is None else context.resume_after
