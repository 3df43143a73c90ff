"""What a line's stations can bear: how many units with an option, among so many consecutive places or in one shift."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.catalogue.catalogue import Capacity, Line, Model
from app.domain.configuration.configuration import Selections
from app.domain.line.calendar import Calendar, Timeline


def classes_of(model: Model, selections: Selections) -> tuple[str, ...]:
    """Return the classes that a unit counts for in levelling: its model and each option, as `GROUP.OPTION`."""
    return (model.sku, *(f"{group}.{option}" for group, options in selections.items() for option in options))


class Load:
    """Which places and shifts already have units with limited options."""

    def __init__(self, capacities: Sequence[Capacity]) -> None:
        self._limits: dict[str, list[Capacity]] = defaultdict(list)
        for capacity in capacities:
            self._limits[capacity.option].append(capacity)
        self._options = frozenset(self._limits)
        self.width = max((capacity.of or 0 for capacity in capacities), default=0)
        """How many places away one unit counts for another, at most."""
        self.by_shift = any(capacity.of is None for capacity in capacities)
        self._places: dict[str, list[int]] = defaultdict(list)
        self._in_shift: Counter[tuple[str, int]] = Counter()

    def limited(self, classes: Iterable[str]) -> frozenset[str]:
        return self._options.intersection(classes)

    def bears(self, limited: Iterable[str], place: int, shift: int) -> bool:
        """Tell whether one more unit with these limited options may be built at a place."""
        return next(self.full(limited, place, shift), None) is None

    def full(self, limited: Iterable[str], place: int, shift: int) -> Iterator[Capacity]:
        """Yield the capacities that leave no room for one more unit with these limited options at a place."""
        for option in limited:
            for limit in self._limits[option]:
                if not self._spare(option, limit, place, shift):
                    yield limit

    def _spare(self, option: str, limit: Capacity, place: int, shift: int) -> bool:
        if limit.of is None:
            return self._in_shift[option, shift] < limit.at_most
        built = self._places[option]
        index = bisect_left(built, place)
        near = [*built[max(0, index - limit.at_most) : index], place, *built[index : index + limit.at_most]]
        return all(last - first >= limit.of for first, last in zip(near, near[limit.at_most :], strict=False))

    def build(self, limited: Iterable[str], place: int, shift: int) -> None:
        for option in limited:
            insort(self._places[option], place)
            self._in_shift[option, shift] += 1


@dataclass(frozen=True)
class PlacedUnit:
    """A unit whose place no longer changes: it began at `at`, or it is frozen and planned to begin at `at`."""

    position: int
    at: datetime
    model: Model
    selections: Selections

    def limited(self, load: Load) -> frozenset[str]:
        return load.limited(classes_of(self.model, self.selections))


def window_width(line: Line) -> int:
    """Return how many places away one unit may count for another, over all capacities of a line."""
    load, day = Load(line.capacities), date(2000, 1, 1)
    shifts = (datetime.combine(day, shift.end) - datetime.combine(day, shift.start) for shift in line.shifts)
    in_shift = int(max(shifts).total_seconds() // line.takt_seconds) if load.by_shift else 0
    return max(in_shift, load.width)


def exceeded_by(
    calendar: Calendar, others: Sequence[PlacedUnit], unit: PlacedUnit, wanted: Selections
) -> Capacity | None:
    """Return the capacity that another choice for a unit would exceed at its place; its present options are free."""
    load = Load(calendar.line.capacities)
    added = load.limited(classes_of(unit.model, wanted)) - unit.limited(load)
    timeline = Timeline(calendar, min(other.at for other in (*others, unit)))
    for other in others:
        load.build(other.limited(load), other.position, timeline.shift_at(other.at))
    return next(load.full(sorted(added), unit.position, timeline.shift_at(unit.at)), None)
