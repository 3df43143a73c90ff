"""When a line stands still: which stops may be told, and how one ends early."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.line.calendar import Stop
from app.domain.line.state import LineState
from app.domain.shared.refusal import InvalidInput

STOPS_MAX, STOP_DAYS_MAX, STOP_REASON_LENGTH_MAX = 20, 90, 200
STOP_PAST_MAX = timedelta(days=1)


def stopped(state: LineState, stop: Stop, now: datetime) -> LineState:
    """Add a stop to a line's state; raises InvalidInput for a time, a reason or a number of stops beyond the limits."""
    if len(stop.reason) > STOP_REASON_LENGTH_MAX or not stop.reason.strip():
        raise InvalidInput(f"A reason has 1 to {STOP_REASON_LENGTH_MAX} characters.", ("reason",))
    if stop.begins_at < now - STOP_PAST_MAX:
        raise InvalidInput("A stop began within the last 24 hours, or is still to begin.", ("beginsAt",))
    if stop.ends_at <= max(now, stop.begins_at):
        raise InvalidInput("A stop ends after it begins, and in the future.", ("until",))
    if stop.ends_at > now + timedelta(days=STOP_DAYS_MAX):
        raise InvalidInput(f"A stop ends within {STOP_DAYS_MAX} days.", ("until",))
    known = [other for other in state.stops if other.ends_at > now]
    if len(known) >= STOPS_MAX:
        raise InvalidInput(f"At most {STOPS_MAX} stops of a line are known at a time.", ("lineId",))
    return replace(state, stops=(*known, stop))


def resumed(state: LineState, now: datetime) -> LineState | None:
    """End the stops that last now; None where the line is running."""
    left = tuple(stop for stop in state.stops if stop.begins_at > now)
    runs = not any(stop.begins_at <= now < stop.ends_at for stop in state.stops)
    return None if runs else replace(state, stops=left)
