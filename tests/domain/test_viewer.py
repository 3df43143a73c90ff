"""Who may see a unit, and where it goes: its buyer, its plant, its carrier, and staff."""

from datetime import UTC, datetime

from app.domain.shared.viewer import (
    Access,
    AccountKind,
    Viewer,
    may_see_address,
    may_see_product,
    sees_inside,
    works_at,
)
from tests.rows import rows

EXPIRES = datetime(2026, 11, 2, tzinfo=UTC)
UNIT = Access(owner="anna", factory="FOSHAN", carrier="HUAXIA")
UNSENT = Access(owner="anna", factory="FOSHAN", carrier=None)
KIND = AccountKind


def viewer(kind: AccountKind, account: str = "x", factory: str | None = None, carrier: str | None = None) -> Viewer:
    return Viewer(account, kind, EXPIRES, factory, carrier)


@rows(
    ("who", "seen", "seen_without_carrier"),
    [
        (viewer(KIND.CUSTOMER, "anna"), True, True),
        (viewer(KIND.CUSTOMER, "ben"), False, False),
        (viewer(KIND.CUSTOMER, "ben", "FOSHAN", "HUAXIA"), False, False),
        (viewer(KIND.PARTNER, "anna"), True, True),
        (viewer(KIND.PARTNER, "ben"), False, False),
        (viewer(KIND.FACTORY, factory="FOSHAN"), True, True),
        (viewer(KIND.FACTORY, factory="QINGDAO"), False, False),
        (viewer(KIND.FACTORY, "anna"), False, False),
        (viewer(KIND.CARRIER, carrier="HUAXIA"), True, False),
        (viewer(KIND.CARRIER, carrier="NORDWIND"), False, False),
        (viewer(KIND.CARRIER, "anna"), False, False),
        (viewer(KIND.STAFF), True, True),
        (viewer(KIND.STAFF, factory="FOSHAN"), True, True),
        (viewer(KIND.STAFF, factory="QINGDAO"), False, False),
    ],
)
def test_only_the_parties_of_a_unit_see_it(who: Viewer, seen: bool, seen_without_carrier: bool) -> None:
    assert may_see_product(who, UNIT) is seen
    assert may_see_product(who, UNSENT) is seen_without_carrier


@rows("kind", AccountKind)
def test_only_customers_and_partners_buy(kind: AccountKind) -> None:
    assert viewer(kind).buys is (kind in (KIND.CUSTOMER, KIND.PARTNER))


@rows(
    ("who", "before", "packed"),
    [
        (None, False, False),
        (viewer(KIND.CUSTOMER, "anna"), True, True),
        (viewer(KIND.PARTNER, "anna"), True, True),
        (viewer(KIND.CUSTOMER, "ben"), False, False),
        (viewer(KIND.PARTNER, "ben"), False, False),
        (viewer(KIND.FACTORY, factory="FOSHAN"), False, False),
        (viewer(KIND.FACTORY, "anna", factory="FOSHAN"), False, False),
        (viewer(KIND.CARRIER, carrier="HUAXIA"), False, True),
        (viewer(KIND.CARRIER, carrier="NORDWIND"), False, False),
        (viewer(KIND.STAFF), True, True),
        (viewer(KIND.STAFF, factory="FOSHAN"), False, False),
    ],
)
def test_an_address_is_for_its_buyer_our_staff_and_who_has_the_parcel(
    who: Viewer | None, before: bool, packed: bool
) -> None:
    assert may_see_address(who, UNIT, handed_over=False) is before
    assert may_see_address(who, UNIT, handed_over=True) is packed


@rows(
    ("who", "here", "elsewhere"),
    [
        (viewer(KIND.FACTORY, factory="FOSHAN"), True, False),
        (viewer(KIND.STAFF, factory="FOSHAN"), True, False),
        (viewer(KIND.STAFF), True, True),
        (viewer(KIND.FACTORY), False, False),
        (viewer(KIND.CUSTOMER, factory="FOSHAN"), False, False),
        (viewer(KIND.PARTNER, factory="FOSHAN"), False, False),
        (viewer(KIND.CARRIER, factory="FOSHAN"), False, False),
    ],
)
def test_machines_and_staff_work_at_their_factory(who: Viewer, here: bool, elsewhere: bool) -> None:
    assert (works_at(who, "FOSHAN"), works_at(who, "QINGDAO")) == (here, elsewhere)


@rows("kind", AccountKind)
def test_all_but_a_carrier_see_what_is_inside(kind: AccountKind) -> None:
    assert sees_inside(viewer(kind)) is (kind != KIND.CARRIER)
    assert not sees_inside(None)
