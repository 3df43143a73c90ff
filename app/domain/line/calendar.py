"""When a unit is built: places in a line's sequence, turned into times by takt, shifts, stops and standard times."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.catalogue.catalogue import Line, Model


class PlanReason(StrEnum):
    """Why a unit's plan is another one than before."""

    LEVELLED = "LEVELLED"
    LINE_STOPPED = "LINE_STOPPED"
    LINE_DRIFTED = "LINE_DRIFTED"
    ON_HOLD = "ON_HOLD"
    IN_REWORK = "IN_REWORK"
    CHANGED = "CHANGED"


@dataclass(frozen=True)
class Plan:
    """A unit's place in its line's sequence and the times that follow from it (factory clock, UTC).

    `promised_at`: the latest finish that the customer was promised; it stays when the plan moves.
    `previous_finish_at`: the finish that was announced before this one; None for the first. `added_days`: those of
    special options that the finish counts in.
    """

    position: int
    starts_at: datetime
    finishes_at: datetime
    promised_at: datetime
    previous_finish_at: datetime | None = None
    reason: PlanReason | None = None
    added_days: int = 0


@dataclass(frozen=True)
class Stop:
    """A time in which a line stands still, with the plant's own reason, which customers never see."""

    begins_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True)
class Calendar:
    """The working time of one line: its shifts in the factory's own time zone, less the stops that are known."""

    line: Line
    zone: ZoneInfo
    stops: tuple[Stop, ...] = ()

    def windows(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working time after `moment` as (start, end) in UTC, in order, without overlap and without end."""
        for start, end, _ in self.spans(moment):
            yield start, end

    def spans(self, moment: datetime) -> Iterator[tuple[datetime, datetime, int]]:
        """Yield the same with the number of the shift; a stop divides a shift into several spans of one number."""
        for number, (begin, end) in enumerate(self._shifts(moment)):
            start = begin
            for stop in sorted(self.stops, key=lambda stop: stop.begins_at):
                if stop.begins_at < end and stop.ends_at > start:
                    if start < stop.begins_at:
                        yield start, stop.begins_at, number
                    start = stop.ends_at
            if start < end:
                yield start, end, number

    def _shifts(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the shifts after `moment`.

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


class Timeline:
    """Working time from an origin on, counted in seconds of work: a calendar unrolled once for many questions."""

    def __init__(self, calendar: Calendar, origin: datetime) -> None:
        self._spans = calendar.spans(origin)
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        self._shifts: list[int] = []
        self._worked: list[float] = []
        """The seconds of work before each span."""
        self._whole = 0.0

    def _extend(self) -> None:
        start, end, shift = next(self._spans)
        self._starts.append(start)
        self._ends.append(end)
        self._shifts.append(shift)
        self._worked.append(self._whole)
        self._whole += (end - start).total_seconds()

    def worked(self, moment: datetime) -> float:
        """Return the seconds of work between the origin and a moment; nothing for one before it."""
        while not self._ends or self._ends[-1] < moment:
            self._extend()
        index = bisect_left(self._ends, moment)
        return self._worked[index] + max(0.0, (moment - self._starts[index]).total_seconds())

    def start_of(self, seconds: float) -> tuple[datetime, int]:
        """Return the moment at which work begins after so many seconds of work, and the number of its shift."""
        while self._whole <= seconds:
            self._extend()
        index = bisect_right(self._worked, seconds) - 1
        return self._starts[index] + timedelta(seconds=seconds - self._worked[index]), self._shifts[index]

    def shift_at(self, moment: datetime) -> int:
        """Return the number of the shift in which a moment lies, or of the next one that works."""
        return self.start_of(self.worked(moment))[1]

    def end_of(self, seconds: float) -> datetime:
        """Return the moment at which so many seconds of work are done."""
        while self._whole < seconds or not self._starts:
            self._extend()
        index = max(0, bisect_left(self._worked, seconds) - 1)
        return self._starts[index] + timedelta(seconds=seconds - self._worked[index])


def operation_start(calendar: Calendar, model: Model, plan: Plan, operation: str) -> datetime:
    """Return the planned start of one operation of a planned unit."""
    seconds = 0
    for step in model.routing:
        if step.code == operation:
            break
        seconds += step.standard_seconds
    return calendar.next_working(calendar.after_work(plan.starts_at, seconds))
