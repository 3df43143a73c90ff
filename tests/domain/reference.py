"""product.md read again, over all that was told of a unit instead of over a state: what the domain must agree with."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.domain.catalogue.catalogue import Model
from app.domain.shared.viewer import AccountKind
from app.domain.unit.component import Component
from app.domain.unit.disposition import Disposition
from app.domain.unit.event import StepKind
from app.domain.unit.fact import failure_id
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.rework import ReworkKind
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.report import Report, ReportedValue
from tests.domain.build import MODEL
from tests.domain.kind_table import EXPECTED
from tests.domain.telling import Story, Told

SENT_TO: Mapping[StepKind, str] = {kind: each.sent_to.value for kind, each in EXPECTED.items() if each.sent_to}
SIGNS = tuple(kind for kind, each in EXPECTED.items() if each.begins_production)
REMEMBERED_MAX = 10


class Reference:
    """Judge a unit by looking at all of its reports at once."""

    def __init__(self, story: Story, model: Model = MODEL) -> None:
        self.story = story
        self.ordered = sorted(story.told, key=lambda each: (each.report.occurred_at, each.key))
        self.routing = model.routing
        self.plan = {c.code: c for c in model.inspection_plan}

    def kinds(self) -> set[StepKind]:
        return {each.report.kind for each in self.story.told}

    def times(self, kind: StepKind) -> list[datetime]:
        return sorted(each.report.occurred_at for each in self.story.told if each.report.kind == kind)

    def limits(self, code: str) -> tuple[float, float]:
        checked = self.plan[code]
        low = 1.0 if checked.unit is None else checked.lower_limit
        high = checked.upper_limit
        return float("-inf") if low is None else low, float("inf") if high is None else high

    def inside(self, code: str, value: float) -> bool:
        low, high = self.limits(code)
        return low <= value <= high

    def accepted(self, code: str, value: float) -> bool:
        """Tell whether somebody accepted such a value before: one as far outside on that side, or further."""
        low, high = self.limits(code)
        known = [conceded for named, conceded in self.story.conceded if named == code]
        return any(conceded <= value < low or high < value <= conceded for conceded in known)

    def last_values(self) -> dict[str, tuple[Told, float]]:
        """Find the value that was measured last; at the same moment the greater name decides, only that it is one.

        A good value of an instrument whose calibration had run out is as if it had not been measured.
        """
        found: dict[str, tuple[Told, float]] = {}
        for each in self.in_time():
            for value in each.report.measurements:
                if self.calibrated(each, value) or not self.inside(value.characteristic, value.value):
                    found[value.characteristic] = (each, value.value)
        return found

    def in_time(self) -> Sequence[Told]:
        return self.ordered

    def calibrated(self, each: Told, value: ReportedValue) -> bool:
        return value.calibration_due is None or each.report.occurred_at.date() <= value.calibration_due

    def operation(self, report: Report) -> str:
        if report.operation:
            return report.operation
        codes = [operation.code for operation in self.routing]
        places = [codes.index(self.plan[value.characteristic].operation) for value in report.measurements]
        return codes[max(places)] if places else "FINAL_INSPECTION"

    def passed(self, each: Told) -> bool:
        report = each.report
        good = [self.inside(value.characteristic, value.value) for value in report.measurements]
        wanted = {code for code, checked in self.plan.items() if checked.operation == self.operation(report)}
        whole = bool(good) and wanted <= {v.characteristic for v in report.measurements if self.calibrated(each, v)}
        return all(good) and (report.kind == InspectionKind.INSPECTION_PASSED or whole)

    def inspections(self) -> list[Told]:
        return [
            each
            for each in self.in_time()
            if each.report.kind in (InspectionKind.INSPECTION_PASSED, InspectionKind.INSPECTION_FAILED)
        ]

    def proven(self, each: Told) -> bool:
        """Tell whether an inspection says anything: one that passes does only with instruments in calibration."""
        return not self.passed(each) or all(self.calibrated(each, value) for value in each.report.measurements)

    def last_inspections(self) -> dict[str, Told]:
        return {self.operation(each.report): each for each in self.inspections() if self.proven(each)}

    def first_inspections(self) -> dict[str, Told]:
        return {self.operation(each.report): each for each in reversed(self.inspections()) if self.proven(each)}

    def components(self) -> dict[str, str | None]:
        """Name the serial number that is in each place: the one fitted last."""
        fitted = [each.report.payload for each in self.in_time() if isinstance(each.report.payload, Component)]
        return {component.position or component.part: component.serial for component in fitted}

    def ever_failed(self) -> set[str]:
        """Name every report with something that did not pass."""
        bad = {
            each.key
            for each in self.story.told
            if any(not self.inside(value.characteristic, value.value) for value in each.report.measurements)
        }
        return bad | {each.key for each in self.inspections() if not self.passed(each)}

    def outside(self, key: str) -> dict[str, float]:
        """Name the values that were outside in one report, whatever was measured since."""
        told = [each.report for each in self.story.told if each.key == key]
        values = {value.characteristic: value.value for report in told for value in report.measurements}
        return {code: value for code, value in values.items() if not self.inside(code, value)}

    def remembered(self, key: str) -> bool:
        """Tell whether a report is among the latest of those with something that did not pass."""
        failed = self.ever_failed()
        found = [(each.report.occurred_at, failure_id(each.key)) for each in self.story.told if each.key in failed]
        return failure_id(key) in [id for _, id in sorted(found)[-REMEMBERED_MAX:]]

    def suspects(self, key: str) -> set[str]:
        """Name what may be wrong by one report: what it measured outside, else all that was inspected there."""
        if not self.remembered(key):
            return set(self.plan)
        report = next(each.report for each in self.story.told if each.key == key)
        here = {code for code, checked in self.plan.items() if checked.operation == self.operation(report)}
        return set(self.outside(key)) or here

    def unsafe(self, codes: set[str]) -> bool:
        return any(self.plan[code].safety for code in codes)

    def begun_at(self) -> datetime | None:
        """Find the first sign that production began."""
        built = [each.report.occurred_at for each in self.story.told if each.report.kind in SIGNS]
        return min(built, default=None)

    def signs_of_painting(self) -> list[datetime]:
        """Find when the painting, or something behind it, is said to have happened."""
        codes = [operation.code for operation in self.routing]
        behind = set(codes[codes.index("PAINTING") :])
        found = [each.report for each in self.inspections() if self.operation(each.report) in behind]
        for each in self.story.told:
            operated = each.report.kind in SIGNS
            sent = each.report.kind in SENT_TO and each.by == AccountKind.FACTORY
            if sent or (operated and each.report.operation in behind):
                found.append(each.report)
        return [report.occurred_at for report in found]

    def built_otherwise(self) -> bool:
        """Tell whether the colour was painted before it was changed, and was not painted again since."""
        changed_at = self.story.changed_at
        if changed_at is None or not any(sign < changed_at for sign in self.signs_of_painting()):
            return False
        reworked, final = self.times(ReworkKind.REWORK_COMPLETED)[-1:], self.last_inspections().get("FINAL_INSPECTION")
        if not reworked or reworked[0] < changed_at or final is None:
            return True
        return not (self.passed(final) and final.report.occurred_at >= reworked[0])

    def conceded(self, key: str) -> bool:
        """Tell whether a report with something wrong was accepted as a whole."""
        said = self.story.disposed.get(key, [])
        return self.story.decided.get(key) == "CONCESSION" or said[-1:] == ["CONCESSION"]

    def scrapped(self) -> bool:
        return any("SCRAP" in said for said in self.story.disposed.values())

    def standing(self) -> dict[str, tuple[datetime, set[str]]]:
        """Name what stands against the unit: the report, its time, and the values that were never made good."""
        found: dict[str, tuple[datetime, set[str]]] = {}
        for code, (each, value) in self.last_values().items():
            if not self.inside(code, value) and not self.accepted(code, value):
                found.setdefault(each.key, (each.report.occurred_at, set()))[1].add(code)
        for each in self.last_inspections().values():
            if not self.passed(each) and not self.failed_in_nothing_new(each.key):
                found.setdefault(each.key, (each.report.occurred_at, set()))
        if self.built_otherwise() and self.story.changed_at:
            found["design:COLOUR"] = (self.story.changed_at, set())
        return {key: failed for key, failed in found.items() if not self.conceded(key)}

    def failed_in_nothing_new(self, key: str) -> bool:
        outside = self.outside(key)
        accepted = all(self.accepted(code, value) for code, value in outside.items())
        return bool(outside) and accepted and self.remembered(key)

    def may_be_conceded(self, codes: set[str]) -> bool:
        return bool(codes) and all(self.plan[code].concession and not self.plan[code].safety for code in codes)

    def questions(self) -> dict[str, set[str]]:
        """Name what the customer is asked about, wherever the unit is: all that stands against it, or nothing."""
        standing = {key: codes for key, (_, codes) in self.standing().items()}
        said = {*self.story.decided, *self.story.disposed}
        for key, codes in standing.items():
            if key in said or not self.may_be_conceded(codes) or not self.remembered(key):
                return {}
            if self.unsafe(set(self.outside(key))):
                return {}
        return {} if self.scrapped() else standing

    def asked(self) -> bool:
        return bool(self.questions())

    def left_unreleased(self) -> bool:
        """Tell whether a unit is out of its plant although it was not released, and nobody said that it may be."""
        out = self.kinds() & set(SENT_TO) - {TransportKind.PACKED}
        return bool(out) and not self.released() and not self.conceded("left:unreleased")

    def may_dispose(self, key: str, disposition: Disposition) -> bool:
        """Tell whether an engineer may say so of what a report, a change or a departure brought to light."""
        open_now = {*self.standing(), *(["left:unreleased"] if self.left_unreleased() else [])}
        if key not in open_now or self.scrapped():
            return False
        match disposition:
            case Disposition.SCRAP | Disposition.REMAKE:
                return True
            case _ if key in self.questions():
                return False
            case Disposition.CONCESSION:
                return self.may_let_pass(key)
            case Disposition.REPAIR:
                return key != "design:COLOUR"
            case _:
                return True

    def may_let_pass(self, key: str) -> bool:
        """Tell whether an engineer may accept it: not with safety in doubt, nor what is the customer's to accept."""
        if key == "design:COLOUR":
            return False
        if key == "left:unreleased":
            inspections = [other for other in self.standing() if other != "design:COLOUR"]
            doubted = {code for code in self.plan if not self.known(code)}
            return not self.unsafe(doubted.union(*(self.suspects(other) for other in inspections)))
        mine = (self.standing()[key][1], set(self.outside(key)))
        return not self.unsafe(self.suspects(key)) and not any(self.may_be_conceded(codes) for codes in mine)

    def known(self, code: str) -> bool:
        """Tell whether a characteristic was measured; pass or fail also by the verdict, for safety by a passed one."""
        last = self.last_inspections().get(self.plan[code].operation)
        if code in self.last_values():
            return True
        return last is not None and self.plan[code].unit is None and (not self.plan[code].safety or self.passed(last))

    def settled(self, code: str) -> bool:
        """Tell whether a characteristic is inside its limits or conceded."""
        values, inspected = self.last_values(), self.last_inspections()
        if code in values:
            each, value = values[code]
            return self.inside(code, value) or self.conceded(each.key) or self.accepted(code, value)
        last = inspected.get(self.plan[code].operation)
        if self.plan[code].unit is not None or last is None:
            return False
        accepted = self.conceded(last.key) or self.failed_in_nothing_new(last.key)
        return self.passed(last) or (accepted and not self.plan[code].safety)

    def released(self) -> bool:
        whole = all(self.settled(code) for code in self.plan)
        return whole and "FINAL_INSPECTION" in self.last_inspections() and not self.standing()

    def status(self) -> str:
        if self.scrapped():
            return "SCRAPPED"
        sent = [each.report for each in self.story.told if each.report.kind in SENT_TO]
        if sent:
            return self.sent(sent)
        standing = self.standing()
        if self.asked():
            return "ON_HOLD"
        if standing:
            started, completed = (
                self.times(ReworkKind.REWORK_STARTED)[-1:],
                self.times(ReworkKind.REWORK_COMPLETED)[-1:],
            )
            done = completed and completed >= started and completed[0] >= max(when for when, _ in standing.values())
            return "IN_INSPECTION" if done else "IN_REWORK"
        if self.released():
            return "RELEASED"
        operated = {each.report.operation for each in self.story.told if each.report.kind.startswith("OPERATION")}
        if "FINAL_INSPECTION" in operated | {self.operation(each.report) for each in self.inspections()}:
            return "IN_INSPECTION"
        return "IN_PRODUCTION" if self.story.told else "ORDERED"

    def sent(self, sent: Sequence[Report]) -> str:
        kinds = [report.kind for report in sent]
        for arrival in (TransportKind.INSTALLED, TransportKind.DELIVERED):
            if arrival in kinds:
                return arrival
        order = list(SENT_TO)
        return SENT_TO[max(sent, key=lambda report: (report.occurred_at, order.index(report.kind))).kind]

    def progress(self) -> float:
        if self.kinds() & set(SENT_TO) or self.released():
            return 1.0
        done = {
            each.report.operation for each in self.story.told if each.report.kind == ProductionKind.OPERATION_COMPLETED
        }
        whole = sum(operation.standard_seconds for operation in self.routing)
        return sum(operation.standard_seconds for operation in self.routing if operation.code in done) / whole
