"""Everything an action may touch, in one value: made once by the composition root."""

from dataclasses import dataclass
from datetime import UTC, datetime

from app.auth.keys import Keys
from app.domain.catalogue import Catalogue, Model
from app.domain.clock import FactoryClock, to_millisecond
from app.domain.planning import Calendar
from app.settings import Settings
from app.store.stores import Stores


@dataclass(frozen=True)
class World:
    settings: Settings
    keys: Keys
    stores: Stores
    catalogue: Catalogue
    clock: FactoryClock
    calendars: dict[str, Calendar]
    """The working time of each line."""

    def now(self) -> datetime:
        """The factory's time, to the millisecond."""
        return to_millisecond(self.clock.at(datetime.now(UTC)))

    def wall(self) -> datetime:
        """The wall's time, to the millisecond: for tokens, sessions and leases."""
        return to_millisecond(datetime.now(UTC))

    def calendar(self, line: str) -> Calendar:
        return self.calendars[line]

    def model(self, sku: str) -> Model:
        return self.catalogue.model[sku]
