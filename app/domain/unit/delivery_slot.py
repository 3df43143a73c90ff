"""When a customer wants to be at home: the slots that a carrier offers, as local time at the delivery address."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.domain.catalogue.catalogue import Carrier, SlotWindow

LEAD = timedelta(days=1)
DAYS_MIN, DAYS_MAX = 3, 31
"""Slots are offered for at least and at most so many days."""


@dataclass(frozen=True)
class DeliverySlot:
    """A day and the hours, local at the delivery address."""

    day: date
    start: time
    end: time

    @property
    def id(self) -> str:
        """Name the slot among those of one carrier: 2026-11-25T08:00."""
        return f"{self.day.isoformat()}T{self.start:%H:%M}"


def offered_slots(
    carrier: Carrier, earliest: datetime, latest: datetime, now: datetime
) -> Iterator[tuple[DeliverySlot, SlotWindow]]:
    """Yield the slots of the days on which a unit is expected, in order, with the window of the calendar each is from.

    The first day is the one after the earliest arrival: whatever the time there, the unit is there by then.
    """
    first = max(earliest, now + LEAD).date() + timedelta(days=1)
    days = min(DAYS_MAX, max(DAYS_MIN, (latest.date() - first).days + 1))
    for day in (first + timedelta(days=n) for n in range(days)):
        for window in sorted(carrier.slots, key=lambda window: window.start):
            if day.isoweekday() in window.days:
                yield DeliverySlot(day, window.start, window.end), window
