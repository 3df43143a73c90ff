"""Is working time counted as the shifts say: across nights, weekends and changes of the clocks?"""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Model, Shift
from app.domain.line.calendar import Calendar, Plan, Stop, Timeline, operation_start, work_seconds
from tests.domain.build import CALENDAR, MODEL, OPERATIONS, PLAN, calendar, catalogue
from tests.rows import rows

WEEK = (1, 2, 3, 4, 5, 6, 7)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = "Europe/Berlin"
OFFICE = calendar(
    "Asia/Shanghai", Shift((1, 2, 3, 4, 5), time(8), time(12)), Shift((1, 2, 3, 4, 5), time(13), time(17))
)
NIGHTS = calendar(BERLIN, Shift(WEEK, time(0), time(6)), Shift((1, 2, 3, 4, 5), time(22), time(23, 30)))
GAP = calendar(
    BERLIN,
    Shift(WEEK, time(0, 30), time(2, 45)),
    Shift(WEEK, time(3), time(8)),
    Shift(WEEK, time(20), time(21)),
)
IN_GAP = calendar(BERLIN, Shift(WEEK, time(2, 15), time(2, 45)), Shift(WEEK, time(2, 50), time(3, 10)))
CALENDARS = (
    CALENDAR,
    OFFICE,
    NIGHTS,
    GAP,
    IN_GAP,
    *(Calendar(line, SHANGHAI) for line in catalogue().line.values()),
)


def local(day: int, hour: int, minute: int = 0, month: int = 11, zone: str = "Asia/Shanghai") -> datetime:
    """Name a moment of November 2026, where the 2nd is a Monday, on the factory's own clock."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@rows(
    ("moment", "expected"),
    [
        (local(2, 0), local(2, 8)),
        (local(2, 8), local(2, 8)),
        (local(2, 9, 30), local(2, 9, 30)),
        (local(2, 12), local(2, 13)),
        (local(2, 12, 30), local(2, 13)),
        (local(2, 17), local(3, 8)),
        (local(6, 16, 59), local(6, 16, 59)),
        (local(6, 17), local(9, 8)),
        (local(7, 10), local(9, 8)),
        (local(8, 23, 59), local(9, 8)),
    ],
)
def test_the_next_working_moment_skips_breaks_nights_and_weekends(moment: datetime, expected: datetime) -> None:
    assert OFFICE.next_working(moment) == expected


@rows(
    ("moment", "minutes", "expected"),
    [
        (local(2, 8), 0, local(2, 8)),
        (local(2, 6), 30, local(2, 8, 30)),
        (local(2, 8), 240, local(2, 12)),
        (local(2, 8), 241, local(2, 13, 1)),
        (local(2, 16), 60, local(2, 17)),
        (local(2, 16), 61, local(3, 8, 1)),
        (local(6, 16), 120, local(9, 9)),
        (local(7, 12), 5, local(9, 8, 5)),
        (local(2, 8), 5 * 480, local(6, 17)),
        (local(2, 8), 5 * 480 + 1, local(9, 8, 1)),
    ],
)
def test_work_goes_on_where_it_was_left(moment: datetime, minutes: int, expected: datetime) -> None:
    assert OFFICE.after_work(moment, minutes * 60) == expected


def test_shifts_that_touch_are_one_day_of_work() -> None:
    assert CALENDAR.after_work(local(2, 13), 2 * 3600) == local(2, 15)
    assert CALENDAR.next_working(local(2, 14)) == local(2, 14)


@rows(
    ("evening", "hours_of_night"),
    [
        (local(28, 23, 30, 3, BERLIN), 5),  # summer time begins: 02:00 is 03:00
        (local(24, 23, 30, 10, BERLIN), 7),  # summer time ends: 03:00 is 02:00
        (local(1, 23, 30, 7, BERLIN), 6),
    ],
)
def test_a_night_shift_is_shorter_or_longer_when_the_clocks_change(evening: datetime, hours_of_night: int) -> None:
    start, end = next(NIGHTS.windows(evening))
    assert end - start == timedelta(hours=hours_of_night)
    assert end.astimezone(ZoneInfo(BERLIN)).time() == time(6)
    assert NIGHTS.after_work(evening, hours_of_night * 3600) == end
    assert NIGHTS.after_work(evening, hours_of_night * 3600 + 1) > end


@rows(("month", "offset"), [(1, 1), (7, 2)])
def test_a_shift_keeps_its_local_time_all_year(month: int, offset: int) -> None:
    summer = calendar(BERLIN, Shift(WEEK, time(8), time(16)))
    noon = datetime(2026, month, 15, 12, tzinfo=UTC)
    assert summer.next_working(noon + timedelta(hours=12)) == datetime(2026, month, 16, 8 - offset, tzinfo=UTC)


def test_the_hour_that_summer_time_leaves_out_is_worked_once() -> None:
    spring = local(29, 0, 0, 3, BERLIN)
    (first, second) = islice(GAP.windows(spring), 2)
    assert first[1] <= second[0]
    assert second[1] - first[0] == timedelta(hours=6.5)  # from 00:30 to 08:00 on a clock that jumps by one
    assert GAP.after_work(spring, 6.5 * 3600) == second[1]


@rows("moment", [local(29, 0, 0, 3, BERLIN), local(25, 0, 0, 10, BERLIN), local(1, 0, 0, 1, BERLIN)])
@rows("works", CALENDARS)
def test_windows_follow_each_other_without_overlap(works: Calendar, moment: datetime) -> None:
    spans = list(islice(works.windows(moment), 40))
    assert spans[0][0] >= moment
    assert all(start < end for start, end in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


calendars = st.sampled_from(CALENDARS)
moments = st.one_of(
    st.integers(0, 365 * 24 * 60).map(lambda minutes: local(1, 0, 0, 1) + timedelta(minutes=minutes)),
    st.integers(-3000, 3000).map(lambda minutes: local(29, 2, 0, 3, BERLIN) + timedelta(minutes=minutes)),
    st.integers(-3000, 3000).map(lambda minutes: local(25, 2, 0, 10, BERLIN) + timedelta(minutes=minutes)),
)
seconds = st.one_of(st.integers(0, 400_000), st.integers(0, 200).map(lambda quarters: quarters * 900))


@given(calendars, moments, seconds, seconds.filter(bool))
def test_work_is_additive(works: Calendar, moment: datetime, first: int, second: int) -> None:
    assert works.after_work(works.after_work(moment, first), second) == works.after_work(moment, first + second)


@given(calendars, moments, seconds, seconds)
def test_more_work_never_ends_earlier_and_never_before_the_time_it_needs(
    works: Calendar, moment: datetime, first: int, second: int
) -> None:
    done = works.after_work(moment, first)
    assert done >= moment + timedelta(seconds=first)
    assert works.after_work(moment, first + second) >= done


@given(calendars, moments)
def test_no_work_ends_at_the_next_working_moment(works: Calendar, moment: datetime) -> None:
    start = works.next_working(moment)
    assert start >= moment
    assert works.next_working(start) == start == works.after_work(moment, 0)
    assert works.after_work(start, 1) == start + timedelta(seconds=1)


@given(calendars, moments, seconds, seconds.filter(bool))
def test_a_timeline_counts_the_work_that_the_calendar_counts(
    works: Calendar, origin: datetime, before: int, work: int
) -> None:
    timeline = Timeline(works, origin)
    start, _ = timeline.start_of(before)
    assert start == works.next_working(works.after_work(origin, before))
    assert timeline.worked(start) == before
    assert timeline.end_of(before + work) == works.after_work(start, work)


def test_a_stop_is_no_working_time() -> None:
    stopped = replace(
        OFFICE, stops=(Stop(local(2, 9), local(2, 15), "tool broken"), Stop(local(2, 8), local(2, 8, 30), "-"))
    )
    assert list(islice(stopped.windows(local(2, 7)), 3)) == [
        (local(2, 8, 30), local(2, 9)),
        (local(2, 15), local(2, 17)),
        (local(3, 8), local(3, 12)),
    ]
    assert stopped.after_work(local(2, 8, 30), 3600) == local(2, 15, 30)


stops = st.lists(st.tuples(moments, st.integers(1, 5_000)), max_size=4).map(
    lambda spans: tuple(Stop(begin, begin + timedelta(minutes=length), "-") for begin, length in spans)
)


@given(calendars, moments, stops)
def test_nothing_is_worked_in_a_stop_and_all_else_is(
    works: Calendar, origin: datetime, stops: tuple[Stop, ...]
) -> None:
    spans = list(islice(replace(works, stops=stops).windows(origin), 10))
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert all(end <= stop.begins_at or start >= stop.ends_at for start, end in spans for stop in stops)
    until = spans[-1][1]
    whole = sum(
        (min(end, until) - start).total_seconds() for start, end in islice(works.windows(origin), 400) if start < until
    )
    worked = sum((end - start).total_seconds() for start, end in spans)
    assert worked <= whole
    if not any(stop.begins_at < until and stop.ends_at > origin for stop in stops):
        assert worked == whole


@given(calendars, moments, st.sampled_from(list(catalogue().model.values())))
def test_operations_start_one_after_the_other_in_working_time(works: Calendar, moment: datetime, model: Model) -> None:
    start = works.next_working(moment)
    finish = works.after_work(start, work_seconds(model))
    plan = Plan(1, start, finish, finish)
    starts = [operation_start(works, model, plan, operation.code) for operation in model.routing]
    assert starts[0] == plan.starts_at
    assert starts == sorted(starts)
    assert all(works.next_working(start) == start for start in starts)
    assert works.after_work(starts[-1], model.routing[-1].standard_seconds) == plan.finishes_at


def test_an_operation_that_would_begin_at_the_end_of_the_day_begins_the_next_day() -> None:
    plan = Plan(1, local(2, 16, 57), local(3, 9), local(3, 9))
    assert operation_start(OFFICE, MODEL, plan, "PAINTING") == local(3, 8)
    assert operation_start(OFFICE, MODEL, plan, "WELDING") == local(2, 16, 58)


def test_the_standard_time_of_a_model_is_the_sum_of_its_routing() -> None:
    assert work_seconds(MODEL) == sum(60 * (index + 1) for index in range(len(OPERATIONS)))
    assert work_seconds(replace(MODEL, routing=MODEL.routing[:1])) == 60
    assert PLAN.finishes_at > PLAN.starts_at
