"""A haulier as they are: tells some events late, some twice, and none in order."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from seeds.carrier import Parcel, Tracking
from seeds.delivery import deliver

LATE, LATE_HOURS = 0.3, 6.0
TWICE, TWICE_HOURS = 0.25, 12.0
"""The share of events, and by how much: a scanner without a network, a queue that delivers at least once."""
APART = timedelta(milliseconds=1)


class SimulatedCarrier:
    """Drives each parcel by the rules of `deliver`. The same seed and code give the same reports."""

    def __init__(self, now: Callable[[], datetime], seed: int = 1, pace: float = 1.0) -> None:
        self._now, self._seed, self._pace = now, seed, pace
        self._order = Random(f"{seed}:order")
        self._parcels: set[str] = set()
        self._ahead: list[tuple[datetime, Tracking]] = []

    async def hand_over(self, parcel: Parcel) -> None:
        if parcel.code not in self._parcels:
            self._parcels.add(parcel.code)
            self._ahead += self._drive(parcel)

    async def poll(self) -> Sequence[Tracking]:
        now = self._now()
        due = [tracking for at, tracking in self._ahead if at <= now]
        self._ahead = [entry for entry in self._ahead if entry[0] > now]
        self._order.shuffle(due)
        return due

    def _drive(self, parcel: Parcel) -> Iterator[tuple[datetime, Tracking]]:
        """Yield what will be reported of a parcel, and when."""
        at, random = self._now(), Random(f"{self._seed}:{parcel.code}:telling")
        expected = (max(0.0, (moment - at).total_seconds()) for moment in (parcel.earliest, parcel.latest))
        for event in deliver(parcel.code, self._seed, parcel.city, parcel.history, *expected):
            at += max(APART, timedelta(seconds=event.after_seconds * self._pace))
            tracking = Tracking(parcel.code, at, event)
            reported_at = at + self._delay(random, LATE_HOURS) if random.random() < LATE else at
            yield reported_at, tracking
            if random.random() < TWICE:
                yield reported_at + self._delay(random, TWICE_HOURS), tracking

    def _delay(self, random: Random, hours_max: float) -> timedelta:
        return timedelta(hours=random.uniform(0.0, hours_max) * self._pace)
