"""What may happen to one unit, at random: reports as machines make them, decisions as customers make them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from app.domain.event import REPORT_KINDS, TRANSPORT_KINDS, Event, StepKind
from app.domain.journey import follow
from app.domain.report import Report, ReportedValue, to_event
from app.domain.status import choices, concessions, decision_made, open_failures
from tests.domain.build import FRESH, GOOD, MODEL, OPERATIONS, T0, at

NOW = T0 + timedelta(days=3)
CURRENCY = "EUR"
MACHINES = ("m1", "m2")
BAD = {"WATER_TIGHT": 0.0, "INSULATION": 1.9, "COLOUR_DELTA": 1.1, "NOISE": 71.0, "LEVEL": -1.5, "APPEARANCE": 0.0}
UNITS = {c.code: c.unit or "C62" for c in MODEL.inspection_plan}
ON_THE_LINE = sorted(REPORT_KINDS - set(TRANSPORT_KINDS))
INSPECTIONS = [StepKind.INSPECTION_PASSED, StepKind.INSPECTION_FAILED]


@dataclass(frozen=True)
class Told:
    """A report and the machine that told it."""

    machine: str
    report: Report

    @property
    def key(self) -> str:
        return f"{self.machine}/{self.report.event_id}"


@dataclass(frozen=True)
class Story:
    """Everything in one unit's journal: as it was told, and as events in the order of their arrival."""

    told: Sequence[Told]
    decided: Mapping[str, str]
    events: Sequence[Event]


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
    return Told(draw(st.sampled_from(MACHINES)), report(kind, f"e{index}", minutes, operation, values))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw up to a dozen reports, often inspections, and answer some of the questions that they raise on the way."""
    kinds = draw(st.sampled_from((ON_THE_LINE, INSPECTIONS, INSPECTIONS[:1], sorted(REPORT_KINDS))))
    weak = draw(st.sampled_from((tuple(GOOD), ("COLOUR_DELTA", "NOISE"))))
    reports = [draw(told(index, kinds, weak)) for index in range(draw(st.integers(0, 8)))]
    if draw(st.booleans()):
        reports = draw(st.permutations([*good_inspections(), *reports]))
    answers = draw(st.lists(st.sampled_from((None, "CONCESSION", "CONCESSION", "REWORK")), min_size=12, max_size=12))
    state, events, decided = FRESH, list[Event](), dict[str, str]()
    for each, answer in zip(reports, answers, strict=False):
        events.append(to_event(each.report, each.machine, state, MODEL, NOW, 1.0))
        state = follow(state, events[-1], NOW)
        for failure in open_failures(state, MODEL) if answer else ():
            offered = choices(concessions(MODEL, failure.evidence), CURRENCY)
            events.append(decision_made(failure, next(c for c in offered if c.choice == answer), NOW))
            state = follow(state, events[-1], NOW)
            decided[failure.event] = events[-1].decision.choice or "" if events[-1].decision else ""
    return Story(reports, decided, events)
