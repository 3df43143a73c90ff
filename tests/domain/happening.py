"""What may happen to a unit of any model, drawn at random, and what can't happen to it at all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Characteristic, Model
from app.domain.unit.event import StepKind
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.production import OPERATION_KINDS, ProductionKind
from app.domain.unit.kinds.quality import QualityKind
from app.domain.unit.kinds.table import REPORT_KINDS
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.report import Report, ReportedValue
from tests.domain.build import at
from tests.domain.story import CALIBRATIONS, COMPONENTS, NOW

MINUTES = (10, 20, 30, 30, 40, 50)
CODE = "7K3M9QXT2CHVE"
ON_THE_LINE = sorted(REPORT_KINDS - set(TransportKind))


def reading(characteristic: Characteristic, good: bool) -> ReportedValue:
    """Read a value on a limit, or just outside."""
    low, high = characteristic.lower_limit, characteristic.upper_limit
    if characteristic.unit is None:
        return ReportedValue(characteristic.code, float(good), "C62")
    if high is not None:
        return ReportedValue(characteristic.code, high if good else high + 0.5, characteristic.unit)
    assert low is not None
    return ReportedValue(characteristic.code, low if good else low - 0.5, characteristic.unit)


@st.composite
def happenings(draw: st.DrawFn, model: Model, kinds: Sequence[StepKind]) -> Report:
    """Draw one report of a kind; its eventId is given to it when it happens."""
    kind = draw(st.sampled_from(kinds))
    measured = isinstance(kind, InspectionKind) or draw(st.integers(0, 9)) == 9
    plan = st.sampled_from(model.inspection_plan)
    checked = draw(st.lists(plan, max_size=3, unique_by=lambda c: c.code)) if measured else []
    good, due = st.sampled_from((True, True, False)), st.sampled_from(CALIBRATIONS)
    values = [replace(reading(c, draw(good)), calibration_due=draw(due)) for c in checked]
    inspected = (None, *(c.operation for c in model.inspection_plan), model.final_inspection)
    named = (
        tuple(model.operations)
        if kind in OPERATION_KINDS
        else inspected
        if isinstance(kind, InspectionKind)
        else (None,)
    )
    component = draw(st.sampled_from((None, *COMPONENTS))) if kind == ProductionKind.COMPONENT_FITTED else None
    minutes, operation = draw(st.sampled_from(MINUTES)), draw(st.sampled_from(named))
    return Report(CODE, kind, "", at(minutes), operation, measurements=tuple(values), payload=component)


def whole_inspection(model: Model, minutes: int) -> list[Report]:
    """Inspect everything that is inspected, and find it good."""
    here: dict[str, list[ReportedValue]] = {model.final_inspection: []}
    for characteristic in model.inspection_plan:
        here.setdefault(characteristic.operation, []).append(reading(characteristic, True))
    passed = InspectionKind.INSPECTION_PASSED
    return [Report(CODE, passed, "", at(minutes), code, measurements=tuple(values)) for code, values in here.items()]


def concedable(model: Model) -> list[Characteristic]:
    return [characteristic for characteristic in model.inspection_plan if characteristic.concession]


def failed_inspection(failed: Characteristic, minutes: int) -> Report:
    """Find one characteristic outside its limits."""
    value = reading(failed, False)
    return Report(CODE, InspectionKind.INSPECTION_FAILED, "", at(minutes), failed.operation, measurements=(value,))


def impossible(model: Model) -> list[Report]:
    """List reports that no unit of the model can have."""
    checked = next(c for c in model.inspection_plan if c.unit is not None)
    wrong_unit, unknown = replace(reading(checked, True), unit="XXX"), ReportedValue("NO_SUCH", 1.0, "C62")
    return [
        Report(CODE, QualityKind.RELEASED, "x1", at(10)),
        Report(CODE, ProductionKind.OPERATION_STARTED, "x2", at(10), "NO_SUCH"),
        Report(CODE, ProductionKind.OPERATION_STARTED, "x3", at(10)),
        Report(CODE, TransportKind.PACKED, "x4", at(10), station="NO_SUCH"),
        Report(CODE, TransportKind.PACKED, "x5", NOW + timedelta(minutes=3)),
        *(
            Report(CODE, InspectionKind.INSPECTION_PASSED, "x6", at(10), measurements=(value,))
            for value in (wrong_unit, unknown)
        ),
    ]
