"""What the factory reports of one simulated unit, in which order and how long after each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from stdnum import ean

from seeds.event import Component, Event, Known, Measured, unreported
from seeds.measuring import can_fail, read_value
from seeds.plant import Characteristic, Model, Operation

ENDED = ("SCRAPPED", "CANCELLED")
ASSEMBLY = ("_FITTING", "_ASSEMBLY")
FITTED = 0.6
SSCC_PREFIX = "09524000"
"""Extension digit 0 and the GS1 example prefix 952."""
JITTER = (0.92, 1.08)
LOTS, SUPPLIERS = 40, ("Haida Motors", "Nordwerk", "Pearl River Parts")
REWORK_BEGINS, REWORK_SECONDS, REINSPECTION_SECONDS = 600.0, 3600.0, 180.0


@dataclass(frozen=True)
class Script:
    """The life of one unit in its factory. The same seed and code are the same life, in every process."""

    model: Model
    code: str
    seed: int = 1
    failures: float = 0.08

    def follow(self, history: Sequence[Known], status: str) -> list[Event]:
        """Return what comes next, up to where the factory waits for an answer or the carrier takes over."""
        repairs = self._repairs(history, status)
        if repairs is not None:
            return repairs
        build = unreported(self.build(), history)
        if build:
            last = next((index for index, event in enumerate(build) if event.fails), len(build) - 1)
            return build[: last + 1]
        return unreported(self.pack(), history) if status == "RELEASED" else []

    def _repairs(self, history: Sequence[Known], status: str) -> list[Event] | None:
        """Return what is left of a rework; None where there is none: nothing failed, or it was conceded."""
        failed = [index for index, known in enumerate(history) if known.kind == "INSPECTION_FAILED"]
        if status in ENDED:
            return []
        if not failed:
            return self._rebuild(history) if status == "IN_REWORK" else None
        operation, since = history[failed[-1]].operation, history[failed[-1] + 1 :]
        if operation is None or Known("INSPECTION_PASSED", operation) in since:
            return None
        if status == "IN_REWORK" or Known("REWORK_STARTED") in since:
            return unreported(self.repair(operation, len(failed)), since)
        return [] if status == "ON_HOLD" else None

    def _rebuild(self, history: Sequence[Known]) -> list[Event]:
        """Return what is left of a rework that no inspection asked for: a choice was built before it was changed."""
        return unreported(self.repair(self.model.build[-1].code, 1), history)

    def build(self) -> list[Event]:
        """List all events up to the end of the final inspection. With some luck one value is outside its limits."""
        random = Random(f"{self.seed}:{self.code}")
        candidates = [characteristic for characteristic in self.model.inspection_plan if can_fail(characteristic)]
        failing = random.choice(candidates) if random.random() < self.failures and candidates else None
        return [event for operation in self.model.build for event in self._work(random, operation, failing)]

    def repair(self, operation: str, attempt: int) -> list[Event]:
        """List a rework and the inspection that it passes."""
        random = Random(f"{self.seed}:{self.code}:{operation}:{attempt}")
        place = next(known for known in self.model.routing if known.code == operation)
        measured = tuple(_measured(random, characteristic) for characteristic in self.model.inspected_at(operation))
        return [
            Event(f"sim:REWORK_STARTED:{attempt}", "REWORK_STARTED", REWORK_BEGINS),
            Event(f"sim:REWORK_COMPLETED:{attempt}", "REWORK_COMPLETED", REWORK_SECONDS),
            _event(4 + attempt, "INSPECTION_PASSED", place, REINSPECTION_SECONDS, measured),
        ]

    def pack(self) -> list[Event]:
        """List what follows the release, up to the handover to the carrier."""
        random = Random(f"{self.seed}:{self.code}:packing")
        events = [event for operation in self.model.packing for event in self._work(random, operation, None)]
        digits = f"{SSCC_PREFIX}{random.randrange(10**9):09d}"
        sscc = digits + ean.calc_check_digit(digits)
        return [*events, Event("sim:PACKED:1", "PACKED", 30.0, location=self.model.city, sscc=sscc)]

    def _work(self, random: Random, operation: Operation, failing: Characteristic | None) -> Iterator[Event]:
        """Yield start, fitted component, inspection and end of one operation."""
        seconds = operation.standard_seconds * random.uniform(*JITTER)
        yield _event(1, "OPERATION_STARTED", operation, random.uniform(1.0, 4.0))
        if operation.code.endswith(ASSEMBLY) and random.random() < FITTED:
            fitted = _event(2, "COMPONENT_FITTED", operation, 0.4 * seconds)
            yield replace(fitted, component=_component(random, operation))
            seconds *= 0.6
        inspected = self.model.inspected_at(operation.code)
        if inspected:
            measured = tuple(_measured(random, characteristic, failing) for characteristic in inspected)
            kind = "INSPECTION_FAILED" if failing in inspected else "INSPECTION_PASSED"
            yield _event(3, kind, operation, 0.9 * seconds, measured)
            seconds *= 0.1
        yield _event(4, "OPERATION_COMPLETED", operation, seconds)


def _event(
    n: int,
    kind: str,
    operation: Operation,
    after_seconds: float,
    measured: tuple[Measured, ...] = (),
) -> Event:
    name, station = operation.code, operation.station
    return Event(f"sim:{name}:{n}", kind, after_seconds, name, station, measurements=measured)


def _component(random: Random, operation: Operation) -> Component:
    part = next(operation.code.removesuffix(ending) for ending in ASSEMBLY if operation.code.endswith(ending))
    serial, lot = f"{part[:2]}{random.randrange(10**8):08d}", f"{part[:2]}-{random.randrange(LOTS):03d}"
    return Component(part, serial, lot, random.choice(SUPPLIERS))


def _measured(random: Random, characteristic: Characteristic, failing: Characteristic | None = None) -> Measured:
    value = read_value(random, characteristic, fails=characteristic is failing)
    return Measured(characteristic.code, value, characteristic.unit or "C62")
