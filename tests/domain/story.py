"""What may happen to one unit, at random: reports as machines make them, decisions as customers make them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from app.domain.event import REPORT_KINDS, TRANSPORT_KINDS, Change, Component, Disposer, Disposition, Event, StepKind
from app.domain.failure import failures
from app.domain.freeze import frozen_at
from app.domain.journey import State, follow
from app.domain.nonconformance import check_disposition
from app.domain.refusal import Refusal
from app.domain.report import Report, ReportedValue, to_event
from app.domain.status import choices, concessions, decision_made, disposed_of, open_failures
from tests.domain.build import FRESH, GOOD, MODEL, OPERATIONS, T0, at

NOW = T0 + timedelta(days=3)
CURRENCY = "EUR"
MACHINES = ("m1", "m2")
BAD = {"WATER_TIGHT": 0.0, "INSULATION": 1.9, "COLOUR_DELTA": 1.1, "NOISE": 71.0, "LEVEL": -1.5, "APPEARANCE": 0.0}
UNITS = {c.code: c.unit or "C62" for c in MODEL.inspection_plan}
ON_THE_LINE = sorted(REPORT_KINDS - set(TRANSPORT_KINDS))
INSPECTIONS = [StepKind.INSPECTION_PASSED, StepKind.INSPECTION_FAILED]
COMPONENTS = tuple(
    Component("MOTOR", serial, "L1", position=place) for serial in ("1", "2") for place in (None, "LEFT", "RIGHT")
)
CALIBRATIONS = (None, None, None, T0.date(), T0.date() - timedelta(days=1))
DISPOSITIONS = (*3 * (Disposition.REWORK, Disposition.REPAIR, Disposition.CONCESSION), Disposition.SCRAP)


@dataclass(frozen=True)
class Told:
    """A report and the machine that told it."""

    machine: str
    report: Report

    @property
    def key(self) -> str:
        return f"{self.machine}/{self.report.event_id}"


@dataclass
class Story:
    """Everything in one unit's journal: as it was told, and as events in the order of their arrival.

    `decided` and `disposed` say for the key of what failed what its customer and its engineer said, the last one last.
    """

    told: Sequence[Told]
    decided: dict[str, str] = field(default_factory=dict)
    disposed: dict[str, list[Disposition]] = field(default_factory=dict)
    changed_at: datetime | None = None
    events: list[Event] = field(default_factory=list)
    state: State = FRESH

    def add(self, event: Event) -> None:
        self.events.append(event)
        self.state = follow(self.state, event, NOW)

    def change(self, minutes: int) -> None:
        """Change the colour, if the journal still allows it."""
        if self.changed_at is None and frozen_at(self.state, MODEL, MODEL.groups["COLOUR"]) is None:
            self.changed_at = at(minutes)
            change = Change({**FRESH.selections, "COLOUR": ("RED",)}, Decimal("2.50"))
            self.add(Event(kind=StepKind.DESIGN_CHANGED, event_id="c1", occurred_at=at(minutes), change=change))

    def decide(self, choice: str) -> None:
        """Answer what the customer is asked."""
        for failure in open_failures(self.state, MODEL):
            offered = choices(concessions(MODEL, failure.evidence), CURRENCY)
            self.add(decision_made(failure, next(c for c in offered if c.choice == choice), NOW, key="k"))
            self.decided[failure.event] = choice

    def dispose(self, disposition: Disposition) -> None:
        """Say what becomes of everything that stands, where an engineer may say so."""
        for failure in failures(self.state, MODEL):
            try:
                check_disposition(self.state, MODEL, failure.decision_id, disposition)
            except Refusal:
                continue
            now = NOW + timedelta(seconds=len(self.events))
            name = f"disposed:{failure.decision_id}:{len(self.events)}"
            self.add(disposed_of(self.state, MODEL, failure, disposition, Disposer.ENGINEER, now, name))
            self.disposed.setdefault(failure.event, []).append(disposition)


def report(kind: StepKind, name: str, minutes: int, operation: str | None, values: Mapping[str, float]) -> Report:
    measurements = tuple(ReportedValue(code, value, UNITS[code]) for code, value in values.items())
    return Report("7K3M9QXT2CHVE", kind, name, at(minutes), operation, measurements=measurements)


def good_inspections() -> list[Told]:
    return [
        Told("m1", report(INSPECTIONS[0], f"good-{operation}", 20, operation, values))
        for operation in ("LEAK_TEST", "SAFETY_TEST", "FINAL_INSPECTION")
        if (values := {c.code: GOOD[c.code] for c in MODEL.inspection_plan if c.operation == operation})
    ]


@st.composite
def told(draw: st.DrawFn, index: int, kinds: Sequence[StepKind], weak: Sequence[str]) -> Told:
    kind = draw(st.sampled_from(kinds))
    codes = draw(st.lists(st.sampled_from(list(GOOD)), max_size=3, unique=True)) if kind in INSPECTIONS else []
    values = {code: (BAD if code in weak and draw(st.booleans()) else GOOD)[code] for code in codes}
    named = kind in (StepKind.OPERATION_STARTED, StepKind.OPERATION_COMPLETED)
    operation = draw(st.sampled_from(OPERATIONS if named else (None, *OPERATIONS[4:7])))
    minutes = draw(st.sampled_from((10, 20, 30, 30, 40)))
    made = report(kind, f"e{index}", minutes, operation, values)
    if kind == StepKind.COMPONENT_FITTED:
        made = replace(made, component=draw(st.sampled_from((None, *COMPONENTS))))
    measured = [replace(value, calibration_due=draw(st.sampled_from(CALIBRATIONS))) for value in made.measurements]
    return Told(draw(st.sampled_from(MACHINES)), replace(made, measurements=tuple(measured)))


SAID = (None, None, "CONCESSION", "CONCESSION", "REWORK", "dispose", "change")


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw up to a dozen reports, often inspections, with a change, answers and dispositions on the way."""
    kinds = draw(st.sampled_from((ON_THE_LINE, INSPECTIONS, INSPECTIONS[:1], sorted(REPORT_KINDS))))
    weak = draw(st.sampled_from((tuple(GOOD), ("COLOUR_DELTA", "NOISE"))))
    reports = [draw(told(index, kinds, weak)) for index in range(draw(st.integers(0, 8)))]
    if draw(st.booleans()):
        reports = draw(st.permutations([*good_inspections(), *reports]))
    said = draw(st.lists(st.sampled_from(SAID), min_size=12, max_size=12))
    story = Story(reports)
    for each, word in zip(reports, said, strict=False):
        story.add(to_event(each.report, each.machine, story.state, MODEL, NOW, 1.0))
        if word == "dispose":
            story.dispose(draw(st.sampled_from(DISPOSITIONS)))
        elif word == "change":
            story.change(draw(st.sampled_from((5, 25, 35))))
        elif word is not None:
            story.decide(word)
    return story
