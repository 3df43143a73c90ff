"""Are delivery slots offered on the days on which a unit is expected, never before it can be there?"""

from datetime import date, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Carrier, SlotWindow
from app.domain.unit.delivery_slot import DAYS_MAX, DAYS_MIN, LEAD, DeliverySlot, offered_slots
from tests.domain.build import T0
from tests.rows import rows

AFTERNOON = SlotWindow((1, 2, 3, 4, 5, 6, 7), time(12), time(16), 3)
MORNING = SlotWindow((1, 2, 3, 4, 5, 6, 7), time(8), time(12), 5)
SATURDAY = SlotWindow((6,), time(16), time(20), 1)
CARRIER = Carrier("A", "A", {"CN": (2, 4)}, (AFTERNOON, MORNING, SATURDAY))
DAY = timedelta(days=1)


def days(earliest: timedelta, latest: timedelta, now: timedelta = timedelta()) -> list[date]:
    offered = offered_slots(CARRIER, T0 + earliest, T0 + latest, T0 + now)
    return list(dict.fromkeys(slot.day for slot, _ in offered))


@rows(
    ("earliest", "latest", "first", "last"),
    [(4, 8, 5, 8), (4, 4, 5, 7), (0, 1, 2, 4), (-9, -8, 2, 4), (4, 400, 5, 4 + DAYS_MAX)],
)
def test_the_days_are_those_on_which_it_is_expected(earliest: int, latest: int, first: int, last: int) -> None:
    assert days(earliest * DAY, latest * DAY) == [T0.date() + n * DAY for n in range(first, last + 1)]


def test_slots_come_in_order_with_the_window_that_they_are_from() -> None:
    offered = list(offered_slots(CARRIER, T0 + 3 * DAY, T0 + 5 * DAY, T0))  # from Friday on
    assert [(slot.id, window.capacity) for slot, window in offered] == [
        ("2026-11-06T08:00", 5),
        ("2026-11-06T12:00", 3),
        ("2026-11-07T08:00", 5),
        ("2026-11-07T12:00", 3),
        ("2026-11-07T16:00", 1),
        ("2026-11-08T08:00", 5),
        ("2026-11-08T12:00", 3),
    ]
    assert offered[4][0] == DeliverySlot(date(2026, 11, 7), time(16), time(20))


def test_a_carrier_without_a_calendar_offers_none() -> None:
    assert list(offered_slots(Carrier("A", "A", {"CN": (2, 4)}), T0, T0 + DAY, T0)) == []


@given(st.integers(-500, 500), st.integers(0, 2000), st.integers(0, 500))
def test_no_slot_is_before_the_unit_can_be_there(earliest: int, span: int, now: int) -> None:
    at, moment = timedelta(hours=earliest), timedelta(hours=now)
    offered = days(at, at + timedelta(hours=span), moment)
    assert DAYS_MIN <= len(offered) <= DAYS_MAX
    assert all(day > (T0 + at).date() and day > (T0 + moment + LEAD).date() for day in offered)
