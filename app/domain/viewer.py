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

    `locale` is the language of the account when the token was issued.
    """

    account: str
    kind: AccountKind
    expires_at: datetime
    factory: str | None = None
    carrier: str | None = None
    locale: str | None = None

    @property
    def buys(self) -> bool:
        return self.kind in (AccountKind.CUSTOMER, AccountKind.PARTNER)


@dataclass(frozen=True)
class Access:
    """The parties of one unit: what decides who may see it."""

    owner: str
    factory: str
    carrier: str | None


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
