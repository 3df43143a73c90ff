"""The factory clock: domain time, which may run faster than the wall for demonstrations."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_WITHOUT_ZONE = _EPOCH.replace(tzinfo=None)


@dataclass(frozen=True)
class FactoryClock:
    """At the wall's `wall_origin` the factory's time was `factory_origin`; since then it runs `speed` times faster."""

    wall_origin: datetime
    factory_origin: datetime
    speed: float = 1.0

    def at(self, wall: datetime) -> datetime:
        return self.factory_origin + (wall - self.wall_origin) * self.speed

    def wall_seconds(self, factory_time: timedelta) -> float:
        """Convert a span of factory time to seconds on the wall."""
        return factory_time.total_seconds() / self.speed

    def continued(self, wall: datetime, speed: float) -> "FactoryClock":
        """Change the speed now, without a jump: factory time never goes back."""
        return FactoryClock(wall, self.at(wall), speed)


def to_millisecond(moment: datetime) -> datetime:
    """Cut to the millisecond: the resolution at which the database keeps time."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def without_zone(moment: datetime) -> datetime:
    """Return the naive UTC datetime of an aware one, in a seventh of the time that `astimezone` takes."""
    return _EPOCH_WITHOUT_ZONE + (moment - _EPOCH)
