"""Everything an action may touch, in one value: made once by the composition root."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from app.auth.keys import Keys
from app.auth.seal import sign_head
from app.domain.catalogue.catalogue import Catalogue, Model, Tax
from app.domain.line.calendar import Calendar, Stop
from app.domain.shared.chain import Head
from app.domain.shared.clock import FactoryClock, to_millisecond
from app.mail.sender import Sender
from app.settings import Settings
from app.store.coalescer import Coalescer
from app.store.stores import Stores

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Deps:
    settings: Settings
    keys: Keys
    stores: Stores
    catalogue: Catalogue
    clock: FactoryClock
    sender: Sender
    calendars: dict[str, Calendar]
    """The working time of each line."""
    _coalescers: dict[Callable[..., Any], Coalescer[Any, Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def now(self) -> datetime:
        """The factory's time, to the millisecond."""
        return to_millisecond(self.clock.at(datetime.now(UTC)))

    def wall(self) -> datetime:
        """The wall's time, to the millisecond: for tokens, sessions and leases."""
        return to_millisecond(datetime.now(UTC))

    def calendar(self, line: str) -> Calendar:
        return self.calendars[line]

    def set_stops(self, line: str, stops: tuple[Stop, ...]) -> None:
        """Take the stops of a line out of its working time."""
        if self.calendars[line].stops != stops:
            self.calendars[line] = replace(self.calendars[line], stops=stops)

    def coalesced(
        self,
        work: Callable[["Deps", Sequence[A]], Awaitable[Sequence[R | Exception]]],
        size_max: int,
        max_wait_seconds: float,
    ) -> Coalescer[A, R]:
        """Return the one coalescer of this process for a kind of work; it is made when it is first asked for."""
        if work not in self._coalescers:
            made = Coalescer(partial(work, self), size_max, max_wait_seconds)
            self._coalescers[work] = made
        return self._coalescers[work]

    def tax(self, country: str) -> Tax | None:
        """The tax that we charge in a country."""
        return self.catalogue.market_for(country).tax

    def model(self, sku: str) -> Model:
        return self.catalogue.model[sku]

    def sign(self, head: Head) -> str:
        """Sign the head of a journal with the key of this installation."""
        return sign_head(self.keys, head)
