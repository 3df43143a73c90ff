"""Who is asking, and what that entitles them to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AccountKind(StrEnum):
    CUSTOMER = "CUSTOMER"
    PARTNER = "PARTNER"
    FACTORY = "FACTORY"
    CARRIER = "CARRIER"
    STAFF = "STAFF"


@dataclass(frozen=True)
class Viewer:
    """The bearer of a valid access token. `factory` binds a plant's machine or an engineer, `carrier` a haulier.

    `locale` is the language of the account when the token was issued, `session` the family of refresh tokens that it
    came from (machines have none). A request is answered until `expires_at`, which allows for clocks that differ; a
    socket is open until `token_expires_at`, the second that the token itself names.
    """

    account: str
    kind: AccountKind
    expires_at: datetime
    factory: str | None = None
    carrier: str | None = None
    locale: str | None = None
    session: str | None = None
    token_expires_at: datetime | None = None

    @property
    def buys(self) -> bool:
        return self.kind in (AccountKind.CUSTOMER, AccountKind.PARTNER)


@dataclass(frozen=True)
class Access:
    """The parties of one unit: what decides who may see it."""

    owner: str
    factory: str
    carrier: str | None


def may_see_address(viewer: Viewer | None, access: Access, handed_over: bool) -> bool:
    """Decide who learns where a unit is sent: its buyer, our staff without a factory, and who has to carry it there."""
    if viewer is None or not may_see_product(viewer, access):
        return False
    match viewer.kind:
        case AccountKind.CARRIER:
            return handed_over
        case AccountKind.FACTORY:
            return False
        case _:
            return viewer.account == access.owner or viewer.factory is None


def may_see_product(viewer: Viewer, access: Access) -> bool:
    """Decide for one unit what `app.store.visibility` says as a database filter."""
    match viewer.kind:
        case AccountKind.CUSTOMER | AccountKind.PARTNER:
            return viewer.account == access.owner
        case AccountKind.FACTORY:
            return viewer.factory == access.factory
        case AccountKind.CARRIER:
            return viewer.carrier is not None and viewer.carrier == access.carrier
        case AccountKind.STAFF:
            return viewer.factory in (None, access.factory)


def sees_inside(viewer: Viewer | None) -> bool:
    """Tell whether somebody who sees a unit sees what is in it and what was wrong with it: who only carries it, not."""
    return viewer is not None and viewer.kind != AccountKind.CARRIER


def works_at(viewer: Viewer | None, factory: str | None) -> bool:
    """Tell whether somebody belongs to a factory: its machines and engineers, and staff that is bound to none."""
    if viewer is None:
        return False
    if viewer.kind == AccountKind.FACTORY:
        return viewer.factory is not None and viewer.factory == factory
    return viewer.kind == AccountKind.STAFF and viewer.factory in (None, factory)
