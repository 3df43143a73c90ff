"""Everything an action may touch, in one value: made once by the composition root."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from app.auth.keys import Keys
from app.auth.seal import sign_head
from app.domain.catalogue.catalogue import Catalogue, Model
from app.domain.catalogue.edition import Edition, still_offered
from app.domain.line.calendar import Calendar, Stop
from app.domain.order.order import Product
from app.domain.shared.chain import Head
from app.domain.shared.clock import FactoryClock, to_millisecond
from app.mail.sender import Sender
from app.settings import Settings
from app.store.coalescer import Coalescer
from app.store.stores import Stores

A = TypeVar("A")
R = TypeVar("R")


class Sold(Protocol):
    """What names an edition of a model: a quote, a unit, a step of it."""

    @property
    def model(self) -> str: ...

    @property
    def edition(self) -> int: ...


@dataclass(frozen=True, eq=False)
class Deps:
    settings: Settings
    keys: Keys
    stores: Stores
    clock: FactoryClock
    sender: Sender
    calendars: dict[str, Calendar] = field(default_factory=dict)
    """The working time of each line that was asked for, as of the catalogue of that moment."""
    _coalescers: dict[Callable[..., Any], Coalescer[Any, Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue as it is now: what is offered, and behind it what is withdrawn."""
        return self.stores.catalogue.current

    def now(self) -> datetime:
        """The factory's time, to the millisecond."""
        return to_millisecond(self.clock.at(datetime.now(UTC)))

    def wall(self) -> datetime:
        """The wall's time, to the millisecond: for tokens, sessions and leases."""
        return to_millisecond(datetime.now(UTC))

    def calendar(self, line: str) -> Calendar:
        """Return the working time of a line; its stops outlast a change of its shifts."""
        known, present = self.calendars.get(line), self.catalogue.line[line]
        if known is None or known.line is not present:
            zone = ZoneInfo(self.catalogue.factory_of_line[line].timezone)
            known = self.calendars[line] = Calendar(present, zone, known.stops if known else ())
        return known

    def set_stops(self, line: str, stops: tuple[Stop, ...]) -> None:
        """Take the stops of a line out of its working time."""
        known = self.calendar(line)
        if known.stops != stops:
            self.calendars[line] = replace(known, stops=stops)

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

    def model(self, sku: str) -> Model:
        """Return a model as it is offered now, or was last: what designs are judged by."""
        return self.catalogue.model[sku]

    def edition(self, sku: str, number: int | None = None) -> Edition:
        """Return an edition of a model, the current one where no number is given."""
        return self.stores.catalogue.edition(sku, number)

    def knows(self, sku: str, number: int) -> bool:
        """Tell whether there is such an edition, as far as this process knows."""
        return self.stores.catalogue.knows(sku, number)

    def model_of(self, sold: Sold) -> Model:
        """Return the model as it was sold: a unit is built, inspected, named and valued by its own edition for life."""
        return self.edition_of(sold).model

    def edition_of(self, sold: Sold) -> Edition:
        return self.edition(sold.model, sold.edition)

    def offered_to(self, unit: Product) -> Model:
        """Return what a unit may choose: its own edition, but for what it does not have and is withdrawn today."""
        kept = {f"{group}.{option}" for group, options in unit.state.selections.items() for option in options}
        return still_offered(self.model_of(unit), self.model(unit.model), kept)

    def seen_today(self, unit: Product) -> Model:
        """Return a unit's own edition, in which all is marked that is withdrawn today."""
        return still_offered(self.model_of(unit), self.model(unit.model))

    def sign(self, head: Head) -> str:
        """Sign the head of a journal with the key of this installation."""
        return sign_head(self.keys, head)
