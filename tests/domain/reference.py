"""product.md read again, over all that was told of a unit instead of over a state: what the domain must agree with."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.catalogue import Model
from app.domain.event import StepKind
from app.domain.report import Report, ReportedValue
from tests.domain.build import MODEL
from tests.domain.story import Story, Told

K = StepKind
SENT_TO = {
    K.PACKED: "PACKED",
    K.DISPATCHED: "IN_TRANSIT",
    K.ARRIVED_AT_HUB: "IN_TRANSIT",
    K.DEPARTED_HUB: "IN_TRANSIT",
    K.OUT_FOR_DELIVERY: "OUT_FOR_DELIVERY",
    K.DELIVERY_ATTEMPTED: "IN_TRANSIT",
    K.DELIVERED: "DELIVERED",
    K.INSTALLED: "INSTALLED",
}

AT_AN_OPERATION = (
    K.OPERATION_STARTED,
    K.OPERATION_COMPLETED,
    K.COMPONENT_FITTED,
    K.REWORK_STARTED,
    K.REWORK_COMPLETED,
)


class Reference:
    """Judge a unit by looking at all of its reports at once."""

    def __init__(self, story: Story, model: Model = MODEL) -> None:
        self.story = story
        self.routing = model.routing
        self.plan = {c.code: c for c in model.inspection_plan}

    def kinds(self) -> set[StepKind]:
        return {each.report.kind for each in self.story.told}

    def times(self, kind: StepKind) -> list[datetime]:
        return sorted(each.report.occurred_at for each in self.story.told if each.report.kind == kind)

    def inside(self, code: str, value: float) -> bool:
        checked = self.plan[code]
        if checked.unit is None:
            return value >= 1
        low = float("-inf") if checked.lower_limit is None else checked.lower_limit
        return low <= value <= (float("inf") if checked.upper_limit is None else checked.upper_limit)

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

    def in_time(self) -> list[Told]:
        return sorted(self.story.told, key=lambda each: (each.report.occurred_at, each.key))

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
        return all(good) and (report.kind == K.INSPECTION_PASSED or whole)

    def inspections(self) -> list[Told]:
        return [each for each in self.in_time() if each.report.kind in (K.INSPECTION_PASSED, K.INSPECTION_FAILED)]

    def proven(self, each: Told) -> bool:
        """Tell whether an inspection says anything: one that passes does only with instruments in calibration."""
        return not self.passed(each) or all(self.calibrated(each, value) for value in each.report.measurements)

    def last_inspections(self) -> dict[str, Told]:
        return {self.operation(each.report): each for each in self.inspections() if self.proven(each)}

    def first_inspections(self) -> dict[str, Told]:
        return {self.operation(each.report): each for each in reversed(self.inspections()) if self.proven(each)}

    def components(self) -> dict[str, str | None]:
        """Name the serial number that is in each place: the one fitted last."""
        fitted = [each.report.component for each in self.in_time() if each.report.component]
        return {component.position or component.part: component.serial for component in fitted}

    def ever_failed(self) -> set[str]:
        """Name every report with something that did not pass."""
        bad = {
            each.key
            for each in self.story.told
            if any(not self.inside(value.characteristic, value.value) for value in each.report.measurements)
        }
        return bad | {each.key for each in self.inspections() if not self.passed(each)}

    def signs_of_painting(self) -> list[datetime]:
        """Find when the painting, or something behind it, is said to have happened."""
        codes = [operation.code for operation in self.routing]
        behind = set(codes[codes.index("PAINTING") :])
        found = [each.report for each in self.inspections() if self.operation(each.report) in behind]
        for each in self.story.told:
            operated = each.report.kind in AT_AN_OPERATION
            if each.report.kind in SENT_TO or (operated and each.report.operation in behind):
                found.append(each.report)
        return [report.occurred_at for report in found]

    def built_otherwise(self) -> bool:
        """Tell whether the colour was painted before it was changed, and was not painted again since."""
        changed_at = self.story.changed_at
        if changed_at is None or not any(sign < changed_at for sign in self.signs_of_painting()):
            return False
        reworked, final = self.times(K.REWORK_COMPLETED)[-1:], self.last_inspections().get("FINAL_INSPECTION")
        if not reworked or reworked[0] < changed_at or final is None:
            return True
        return not (self.passed(final) and final.report.occurred_at >= reworked[0])

    def conceded(self, key: str) -> bool:
        said = self.story.disposed.get(key, [])
        return self.story.decided.get(key) == "CONCESSION" or said[-1:] == ["CONCESSION"]

    def scrapped(self) -> bool:
        return any("SCRAP" in said for said in self.story.disposed.values())

    def standing(self) -> dict[str, tuple[datetime, set[str]]]:
        """Name what stands against the unit: the report, its time, and the values that were never made good."""
        found: dict[str, tuple[datetime, set[str]]] = {}
        for code, (each, value) in self.last_values().items():
            if not self.inside(code, value):
                found.setdefault(each.key, (each.report.occurred_at, set()))[1].add(code)
        for each in self.last_inspections().values():
            if not self.passed(each):
                found.setdefault(each.key, (each.report.occurred_at, set()))
        if self.built_otherwise() and self.story.changed_at:
            found["design:COLOUR"] = (self.story.changed_at, set())
        return {key: failed for key, failed in found.items() if not self.conceded(key)}

    def may_be_conceded(self, codes: set[str]) -> bool:
        return bool(codes) and all(self.plan[code].concession and not self.plan[code].safety for code in codes)

    def asked(self) -> bool:
        standing = self.standing()
        said = {*self.story.decided, *self.story.disposed}
        return bool(standing) and all(
            key not in said and self.may_be_conceded(codes) for key, (_, codes) in standing.items()
        )

    def settled(self, code: str) -> bool:
        """Tell whether a characteristic is inside its limits or conceded."""
        values, inspected = self.last_values(), self.last_inspections()
        if code in values:
            each, value = values[code]
            return self.inside(code, value) or self.conceded(each.key)
        last = inspected.get(self.plan[code].operation)
        if self.plan[code].unit is not None or last is None:
            return False
        return self.passed(last) or (self.conceded(last.key) and not self.plan[code].safety)

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
            started, completed = self.times(K.REWORK_STARTED)[-1:], self.times(K.REWORK_COMPLETED)[-1:]
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
        for arrival in (K.INSTALLED, K.DELIVERED):
            if arrival in kinds:
                return arrival
        order = list(SENT_TO)
        return SENT_TO[max(sent, key=lambda report: (report.occurred_at, order.index(report.kind))).kind]

    def progress(self) -> float:
        if self.kinds() & set(SENT_TO) or self.released():
            return 1.0
        done = {each.report.operation for each in self.story.told if each.report.kind == K.OPERATION_COMPLETED}
        whole = sum(operation.standard_seconds for operation in self.routing)
        return sum(operation.standard_seconds for operation in self.routing if operation.code in done) / whole
