"""product.md read again, over all that was told of a unit instead of over a state: what the domain must agree with."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.event import StepKind
from app.domain.report import Report
from tests.domain.build import MODEL, OPERATIONS
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


class Reference:
    """Judge a unit by looking at all of its reports at once."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.plan = {c.code: c for c in MODEL.inspection_plan}

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
        """Find the value that was measured last; at the same moment the greater name decides, only that it is one."""
        found: dict[str, tuple[Told, float]] = {}
        for each in sorted(self.story.told, key=lambda each: (each.report.occurred_at, each.key)):
            found |= {value.characteristic: (each, value.value) for value in each.report.measurements}
        return found

    def operation(self, report: Report) -> str:
        if report.operation:
            return report.operation
        places = [OPERATIONS.index(self.plan[value.characteristic].operation) for value in report.measurements]
        return OPERATIONS[max(places)] if places else "FINAL_INSPECTION"

    def passed(self, report: Report) -> bool:
        good = [self.inside(value.characteristic, value.value) for value in report.measurements]
        wanted = {code for code, checked in self.plan.items() if checked.operation == self.operation(report)}
        whole = bool(good) and wanted <= {value.characteristic for value in report.measurements}
        return all(good) and (report.kind == K.INSPECTION_PASSED or whole)

    def last_inspections(self) -> dict[str, Told]:
        found: dict[str, Told] = {}
        for each in sorted(self.story.told, key=lambda each: (each.report.occurred_at, each.key)):
            if each.report.kind in (K.INSPECTION_PASSED, K.INSPECTION_FAILED):
                found[self.operation(each.report)] = each
        return found

    def standing(self) -> dict[str, tuple[datetime, set[str]]]:
        """Name what stands against the unit: the report, its time, and the values that were never made good."""
        found: dict[str, tuple[datetime, set[str]]] = {}
        for code, (each, value) in self.last_values().items():
            if not self.inside(code, value):
                found.setdefault(each.key, (each.report.occurred_at, set()))[1].add(code)
        for each in self.last_inspections().values():
            if not self.passed(each.report):
                found.setdefault(each.key, (each.report.occurred_at, set()))
        return {key: failed for key, failed in found.items() if self.story.decided.get(key) != "CONCESSION"}

    def may_be_conceded(self, codes: set[str]) -> bool:
        return bool(codes) and all(self.plan[code].concession and not self.plan[code].safety for code in codes)

    def asked(self) -> bool:
        standing = self.standing()
        return bool(standing) and all(
            key not in self.story.decided and self.may_be_conceded(codes) for key, (_, codes) in standing.items()
        )

    def settled(self, code: str) -> bool:
        """Tell whether a characteristic is inside its limits or conceded."""
        values, inspected = self.last_values(), self.last_inspections()
        if code in values:
            each, value = values[code]
            return self.inside(code, value) or self.story.decided.get(each.key) == "CONCESSION"
        last = inspected.get(self.plan[code].operation)
        if self.plan[code].unit is not None or last is None:
            return False
        as_it_is = self.story.decided.get(last.key) == "CONCESSION" and not self.plan[code].safety
        return self.passed(last.report) or as_it_is

    def released(self) -> bool:
        whole = all(self.settled(code) for code in self.plan)
        return whole and "FINAL_INSPECTION" in self.last_inspections() and not self.standing()

    def status(self) -> str:
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
        if "FINAL_INSPECTION" in operated | set(self.last_inspections()):
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
        whole = sum(operation.standard_seconds for operation in MODEL.routing)
        return sum(operation.standard_seconds for operation in MODEL.routing if operation.code in done) / whole
