"""Does the factory clock run at its speed, without a jump, and never back?"""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from app.domain.shared.clock import FactoryClock, to_millisecond, without_zone
from tests.rows import rows

WALL = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
FACTORY = datetime(2027, 1, 1, tzinfo=UTC)
speeds = st.sampled_from((0.5, 1.0, 2.0, 60.0, 1000.0))
seconds = st.integers(0, 100_000).map(lambda count: timedelta(seconds=count))


@rows(("speed", "passed"), [(1.0, 60), (60.0, 3600), (0.5, 30)])
def test_a_minute_on_the_wall_is_speed_minutes_in_the_factory(speed: float, passed: int) -> None:
    clock = FactoryClock(WALL, FACTORY, speed)
    assert clock.at(WALL) == FACTORY
    assert clock.at(WALL + timedelta(minutes=1)) == FACTORY + timedelta(seconds=passed)
    assert clock.wall_seconds(timedelta(seconds=passed)) == 60


@given(speeds, speeds, seconds, seconds)
def test_a_change_of_speed_makes_no_jump(before: float, after: float, change: timedelta, later: timedelta) -> None:
    first = FactoryClock(WALL, FACTORY, before)
    second = first.continued(WALL + change, after)
    assert second.at(WALL + change) == first.at(WALL + change)
    assert second.at(WALL + change + later) - first.at(WALL + change) == later * after
    assert second.at(WALL + change + later) >= first.at(WALL + change)


@rows(("microsecond", "kept"), [(0, 0), (999, 0), (1000, 1000), (123_999, 123_000)])
def test_time_is_cut_to_the_millisecond(microsecond: int, kept: int) -> None:
    assert to_millisecond(WALL.replace(microsecond=microsecond)) == WALL.replace(microsecond=kept)


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)), st.integers(-23, 23))  # noqa: DTZ001
def test_a_moment_is_told_by_its_time_in_utc(time: datetime, offset: int) -> None:
    moment = time.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=offset)))
    assert without_zone(moment) == time
