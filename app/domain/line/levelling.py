"""In which order a mixed-model line builds: levelled (heijunka), within promised dates and what stations can bear.

Goal chasing as at Toyota (Monden, Toyota Production System): each place gets the unit that keeps the number of units
built so far, of each model and option, nearest to its even share. Two rules come first. Promises: units are taken in
the order of their latest places, and a unit may overtake others only while each of those still keeps its own; this is
exact for units of equal takt (earliest due date). Capacities: they are never exceeded, and where no unit fits, a place
stays empty.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.catalogue.catalogue import Capacity
from app.domain.line.capacity import Load

Floats = npt.NDArray[np.float64]
OVERTAKEN_MAX = 2_000
"""How many units one unit may overtake at a time. Bounds the cost of a place and how long a unit is passed over."""


@dataclass(frozen=True, slots=True)
class Job:
    """A unit to be put in order: its classes (model and options) and the latest place that keeps its promise."""

    code: str
    classes: tuple[str, ...]
    latest: int = 10**9


class Mix:
    """How far each class is behind its even share of what has been built, over all units at once.

    `gain`: by how much building a unit now would lower the sum of squared deviations, halved: the share that its
    classes have of `place` places, less what has been built of them, less half a unit for each class.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        number = {name: row for row, name in enumerate(dict.fromkeys(name for job in jobs for name in job.classes))}
        self._classes = [np.fromiter((number[name] for name in job.classes), np.intp) for job in jobs]
        self._has = np.zeros((len(number), len(jobs)), np.float32)
        for column, rows in enumerate(self._classes):
            self._has[rows, column] = 1.0
        self._share = self._has.sum(axis=1) / max(1, len(jobs))
        self._built = np.zeros(len(number))
        self._share_of = self._share @ self._has
        self._built_of = self._has.sum(axis=0) / 2

    def gain(self, place: int, start: int, end: int) -> Floats:
        gain: Floats = place * self._share_of[start:end] - self._built_of[start:end]
        return gain

    def build(self, job: int) -> None:
        for row in self._classes[job]:
            self._built_of += self._has[row]
            self._built[row] += 1.0

    def deviation(self, place: int) -> float:
        """Return the sum over all classes of how many units they are away from their share of so many places."""
        return float(np.abs(place * self._share - self._built).sum())


class _Queue:
    """Units that wait for a place, in the order of their last admissible ones; `offset` of them stand before."""

    def __init__(self, jobs: Sequence[Job], mix: Mix, load: Load, offset: int) -> None:
        self._jobs, self._mix, self._load, self._offset = jobs, mix, load, offset
        self.left = len(jobs)
        self._first = 0
        """All before this one are built."""
        self._waits = np.ones(len(jobs), bool)
        self._latest = np.fromiter((job.latest for job in jobs), np.int64, len(jobs))
        self._limited = [load.limited(job.classes) for job in jobs]
        self._kinds = list(dict.fromkeys(self._limited))
        self._kind = np.fromiter(map(self._kinds.index, self._limited), np.intp, len(jobs))

    def take(self, place: int, shift: int) -> Job | None:
        """Choose the unit for a place; None where nothing that is left fits there."""
        fits = np.fromiter((self._load.bears(kind, place, shift) for kind in self._kinds), bool, len(self._kinds))
        number = self._best(place, fits)
        if number is None:
            return None
        self._waits[number] = False
        while self._first < len(self._jobs) and not self._waits[self._first]:
            self._first += 1
        self.left -= 1
        self._mix.build(self._offset + number)
        self._load.build(self._limited[number], place, shift)
        return self._jobs[number]

    def _best(self, place: int, fits: npt.NDArray[np.bool_]) -> int | None:
        """Choose what levels best among those that may go first without breaking the promise of one overtaken.

        Where none of them fits, the most urgent that does: the place would stay empty otherwise.
        """
        start = self._first
        waits = self._waits[start : start + OVERTAKEN_MAX]
        overtaken = np.cumsum(waits) - 1
        urgent = waits & (self._latest[start : start + OVERTAKEN_MAX] <= place + overtaken)
        end = start + (int(urgent.argmax()) + 1 if urgent.any() else len(waits))
        may = self._waits[start:end] & fits[self._kind[start:end]]
        if may.any():
            gain = self._mix.gain(self._offset + place + 1, self._offset + start, self._offset + end)
            return start + int(np.where(may, gain, -np.inf).argmax())
        may = self._waits[start:] & fits[self._kind[start:]]
        return start + int(may.argmax()) if may.any() else None


def level(
    jobs: Sequence[Job],
    before: Mapping[int, Job],
    capacities: Sequence[Capacity],
    shift_of: Callable[[int], int] = lambda place: 0,
) -> list[Job | None]:
    """Put units in order over the places 0, 1, 2 …; None is a place that stays empty or is taken.

    `before` holds units that do not move but count for the mix and the capacities: at the places -1, -2 …, and at
    places ahead that are taken. `shift_of` returns the number of a place's shift. With a capacity of zero this would
    not end: the catalogue's check refuses it.
    """
    known = [before[place] for place in sorted(before)]
    ordered = sorted(jobs, key=lambda job: job.latest)
    mix, load = Mix([*known, *ordered]), Load(capacities)
    for number, place in enumerate(sorted(before)):
        mix.build(number)
        load.build(load.limited(before[place].classes), place, shift_of(place))
    queue = _Queue(ordered, mix, load, len(known))
    order: list[Job | None] = []
    while queue.left:
        place = len(order)
        order.append(None if place in before else queue.take(place, shift_of(place)))
    return order


def mean_deviation(order: Sequence[Job | None]) -> float:
    """Measure how far from an even mix a sequence is: units per place, summed over all classes, on average."""
    built = [job for job in order if job is not None]
    mix, deviations = Mix(built), 0.0
    for number in range(len(built)):
        mix.build(number)
        deviations += mix.deviation(number + 1)
    return deviations / max(1, len(built))
