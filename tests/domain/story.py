"""What may happen to one unit, at random: reports as machines make them, decisions as customers make them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import strategies as st

from app.domain.shared.refusal import NotPossible, Refusal
from app.domain.shared.viewer import AccountKind
from app.domain.unit.component import Component
from app.domain.unit.conclusion import decision_made, disposed_of
from app.domain.unit.decision import choices
from app.domain.unit.disposition import Disposer, Disposition
from app.domain.unit.event import Event, StepKind
from app.domain.unit.fact import failure_id
from app.domain.unit.failure import Failure
from app.domain.unit.freeze import frozen_at
from app.domain.unit.journey import follow
from app.domain.unit.kinds.change import Change, ChangeKind
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.table import REPORT_KINDS, REPORTED_BY
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.nonconformance import check_disposition
from app.domain.unit.report import Report, ReportedValue, Reporter, TimeWindow, to_event
from app.domain.unit.status import concessions, open_failures
from tests.domain.build import FRESH, GOOD, MODEL, OPERATIONS, T0, at
from tests.domain.reference import Reference
from tests.domain.telling import Story, Told

NOW = T0 + timedelta(days=3)
CURRENCY = "EUR"
MACHINES = ("m1", "m2")
BAD = {
    "WATER_TIGHT": (0.0,),
    "INSULATION": (1.9, 1.0),
    "COLOUR_DELTA": (1.1, 1.3, 1.5, -0.1),
    "NOISE": (71.0, 75.0),
    "LEVEL": (-1.5, -2.0, 1.5),
    "APPEARANCE": (0.0,),
}
"""Values outside: more and less, and on both sides where there are two."""
UNITS = {c.code: c.unit or "C62" for c in MODEL.inspection_plan}
ON_THE_LINE = sorted(REPORT_KINDS - set(TransportKind))
INSPECTIONS = [InspectionKind.INSPECTION_PASSED, InspectionKind.INSPECTION_FAILED]
COMPONENTS = tuple(
    Component("MOTOR", serial, "L1", position=place) for serial in ("1", "2") for place in (None, "LEFT", "RIGHT")
)
CALIBRATIONS = (None, None, None, T0.date(), T0.date() - timedelta(days=1))
DISPOSITIONS = (*3 * (Disposition.REWORK, Disposition.REPAIR, Disposition.CONCESSION), Disposition.SCRAP)


__all__ = ("Story", "Told")
POSSIBLE = TimeWindow(T0 - timedelta(days=9), NOW)


def tell(story: Story, each: Told) -> None:
    """Have a report enter the journal."""
    story.told = [*story.told, each]
    add(story, to_event(each.report, Reporter(each.machine, each.by), story.state, MODEL, POSSIBLE))


def add(story: Story, event: Event) -> None:
    story.events.append(event)
    story.state = follow(story.state, event)


def change(story: Story, minutes: int) -> None:
    """Change the colour, where it is not painted yet; the domain must allow that, and nothing else."""
    frozen = frozen_at(story.state, MODEL, MODEL.groups["COLOUR"])
    assert frozen == min(Reference(story).signs_of_painting(), default=None)
    if story.changed_at is None and frozen is None:
        story.changed_at = at(minutes)
        wanted = Change({**FRESH.selections, "COLOUR": ("RED",)}, Decimal("2.50"))
        add(story, Event(kind=ChangeKind.DESIGN_CHANGED, event_id="c1", occurred_at=at(minutes), payload=wanted))


def decide(story: Story, choice: str) -> None:
    """Answer all that the customer is asked: what the reference says, and nothing else."""
    failures = {failure.event: failure for failure in open_failures(story.state, MODEL)}
    asked = Reference(story).questions()
    assert {key: {m.characteristic for m in found.evidence} for key, found in failures.items()} == asked
    for key, codes in asked.items():
        offered = choices(concessions(MODEL, failures[key].evidence), CURRENCY)
        if choice == "CONCESSION":
            values = Reference(story).last_values()
            story.conceded += [(code, values[code][1]) for code in sorted(codes)]
        add(story, decision_made(failures[key], next(c for c in offered if c.choice == choice), NOW, key="k"))
        story.decided[key] = choice


def dispose(story: Story, disposition: Disposition) -> None:
    """Have an engineer say so of everything that was ever told: it is accepted where the reference allows it."""
    reference = Reference(story)
    for key in [*(each.key for each in story.told), "design:COLOUR", "left:unreleased"]:
        allowed = reference.may_dispose(key, disposition)
        failure = disposable(story, key, disposition)
        assert (failure is not None) is allowed, (key, disposition)
        if failure is not None:
            if disposition == Disposition.CONCESSION:
                story.conceded += sorted(reference.outside(key).items())
            now = NOW + timedelta(seconds=len(story.events))
            name = f"disposed:{failure.decision_id}:{len(story.events)}"
            add(story, disposed_of(story.state, MODEL, failure, disposition, Disposer.ENGINEER, now, name))
            story.disposed.setdefault(key, []).append(disposition)


def disposable(story: Story, key: str, disposition: Disposition) -> Failure | None:
    try:
        return check_disposition(story.state, MODEL, failure_id(key), disposition)
    except Refusal:
        return None


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
    values = {
        code: draw(st.sampled_from(BAD[code])) if code in weak and draw(st.booleans()) else GOOD[code] for code in codes
    }
    by = draw(st.sampled_from([kind_of for kind_of, kinds in REPORTED_BY.items() if kind in kinds]))
    named = kind in (ProductionKind.OPERATION_STARTED, ProductionKind.OPERATION_COMPLETED)
    operation = draw(st.sampled_from(OPERATIONS if named else (None, *OPERATIONS[4:7])))
    minutes = draw(st.sampled_from((10, 20, 30, 30, 40)))
    made = report(kind, f"e{index}", minutes, operation, values)
    if kind == ProductionKind.COMPONENT_FITTED:
        made = replace(made, payload=draw(st.sampled_from((None, *COMPONENTS))))
    measured = [replace(value, calibration_due=draw(st.sampled_from(CALIBRATIONS))) for value in made.measurements]
    machine = draw(st.sampled_from(MACHINES)) if by == AccountKind.FACTORY else "c1"
    return Told(machine, replace(made, measurements=tuple(measured)), by)


SAID = (None, None, "CONCESSION", "CONCESSION", "REWORK", "dispose", "change")


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw up to a dozen reports, often inspections, with a change, answers and dispositions on the way."""
    kinds: Sequence[StepKind] = draw(st.sampled_from((ON_THE_LINE, INSPECTIONS, INSPECTIONS[:1], sorted(REPORT_KINDS))))
    weak = draw(st.sampled_from((tuple(GOOD), ("COLOUR_DELTA", "NOISE"))))
    reports = [draw(told(index, kinds, weak)) for index in range(draw(st.integers(0, 8)))]
    if draw(st.booleans()):
        reports = draw(st.permutations([*good_inspections(), *reports]))
    said = draw(st.lists(st.sampled_from(SAID), min_size=12, max_size=12))
    story = Story([])
    for each, word in zip(reports, said, strict=False):
        refuse_doubled(story, each)
        tell(story, each)
        if word == "dispose":
            dispose(story, draw(st.sampled_from(DISPOSITIONS)))
        elif word == "change":
            change(story, draw(st.sampled_from((5, 25, 35))))
        elif word is not None:
            decide(story, word)
    return story


TESTED = {"SAFETY_TEST": ("INSULATION",), "FINAL_INSPECTION": ("INSULATION", "COLOUR_DELTA", "NOISE", "LEVEL")}
ANSWERS = ("CONCESSION", "CONCESSION", "CONCESSION", "REWORK", None, "dispose", "sent")


@st.composite
def retests(draw: st.DrawFn) -> Story:
    """Draw a sound unit that is inspected again and again, with few things ever wrong and somebody to accept them."""
    weak = draw(st.sets(st.sampled_from(TESTED["FINAL_INSPECTION"]), min_size=1, max_size=2))
    story = Story([])
    for each in good_inspections():
        tell(story, each)
    for place in range(draw(st.integers(2, 6))):
        operation = draw(st.sampled_from((*TESTED, "FINAL_INSPECTION")))
        values = {
            code: draw(st.sampled_from((*BAD[code], GOOD[code]))) if code in weak else GOOD[code]
            for code in TESTED[operation]
        }
        tell(story, Told("m1", report(INSPECTIONS[0], f"again{place}", 30 + place, operation, values)))
        answer = draw(st.sampled_from(ANSWERS))
        if answer == "dispose":
            dispose(story, draw(st.sampled_from(DISPOSITIONS)))
        elif answer == "sent":
            tell(story, Told("c1", report(TransportKind.DISPATCHED, f"sent{place}", 60, None, {}), AccountKind.CARRIER))
        elif answer is not None:
            decide(story, answer)
    return story


def refuse_doubled(story: Story, each: Told) -> None:
    """Tell the same with a value named twice, the second one good: nobody could say which of them counts."""
    for value in each.report.measurements[:1]:
        twice = replace(
            each.report, measurements=(*each.report.measurements, replace(value, value=GOOD[value.characteristic]))
        )
        with pytest.raises(NotPossible):
            to_event(twice, Reporter(each.machine, each.by), story.state, MODEL, POSSIBLE)
