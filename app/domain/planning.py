"""When a unit is built: places in a line's sequence, turned into times by takt, shifts and standard times."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.catalogue import Line, Model


@dataclass(frozen=True)
class Plan:
    """A unit's place in its line's sequence and the times that follow from it (factory clock, UTC)."""

    position: int
    starts_at: datetime
    finishes_at: datetime


@dataclass(frozen=True)
class Calendar:
    """The working time of one line: its shifts in the factory's own time zone."""

    line: Line
    zone: ZoneInfo

    def windows(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working time after `moment` as spans (start, end, UTC), in order and without overlap, for ever.

        Shifts in the hour that a change to summer time leaves out would otherwise overlap, or end before they start.
        """
        day = moment.astimezone(self.zone).date()
        while True:
            for start, end in self._windows_of(day):
                begin = max(start, moment)
                if begin < end:
                    yield begin, end
                    moment = end
            day += timedelta(days=1)

    def _windows_of(self, day: date) -> list[tuple[datetime, datetime]]:
        shifts = (shift for shift in self.line.shifts if day.isoweekday() in shift.days)
        return sorted((self._utc(day, shift.start), self._utc(day, shift.end)) for shift in shifts)

    def _utc(self, day: date, local: time) -> datetime:
        return datetime.combine(day, local, self.zone).astimezone(UTC)

    def next_working(self, moment: datetime) -> datetime:
        """Return the first moment at or after `moment` at which the line works."""
        start, _ = next(self.windows(moment))
        return start

    def after_work(self, moment: datetime, seconds: float) -> datetime:
        """Return when `seconds` of working time have passed since `moment`."""
        left = timedelta(seconds=seconds)
        for start, end in self.windows(moment):
            if start + left <= end:
                return start + left
            left -= end - start
        raise AssertionError("a calendar never ends")


def work_seconds(model: Model) -> int:
    """Sum the standard times of a model's routing."""
    return sum(operation.standard_seconds for operation in model.routing)


def plan_unit(calendar: Calendar, model: Model, position: int, not_before: datetime, added_days: int = 0) -> Plan:
    """Plan a unit at a place of the line's sequence, at or after `not_before`.

    The days that special options add are spent off the line, so that they hold up nobody behind.
    """
    starts_at = calendar.next_working(not_before)
    finishes_at = calendar.after_work(starts_at, work_seconds(model)) + timedelta(days=added_days)
    return Plan(position, starts_at, finishes_at)


def operation_start(calendar: Calendar, model: Model, plan: Plan, operation: str) -> datetime:
    """Return the planned start of one operation of a planned unit."""
    seconds = 0
    for step in model.routing:
        if step.code == operation:
            break
        seconds += step.standard_seconds
    return calendar.next_working(calendar.after_work(plan.starts_at, seconds))
