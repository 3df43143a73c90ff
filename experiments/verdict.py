"""Does what the public API says of a unit equal what the reference model says of all that was told?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain.catalogue.catalogue import Model
from app.domain.unit.disposition import Disposition
from app.domain.unit.fact import failure_id
from app.domain.unit.kinds.inspection import FAILED_MAX, InspectionKind
from app.domain.unit.kinds.table import REPORT_KINDS
from docs.verify import faults, read_keys
from experiments.floor import Floor, Unit
from tests.client import Json
from tests.domain.reference import Reference
from tests.domain.story import Story, Told
from tests.domain.test_status import STAGES

ROUNDED = 1e-4
"""To this the API rounds progress."""
VALUE = "characteristic value"
UNIT = f"""query($code: ProductCode!, $after: String) {{ product(code: $code) {{ status stage progress lastSequence
    nonconformances {{ closedAt evidence {{ {VALUE} }} }} performanceReports {{ measurements {{ {VALUE} }} }}
    steps(first: 100, after: $after) {{ pageInfo {{ hasNextPage endCursor }}
        nodes {{ sequence kind occurredAt measurements {{ {VALUE} passed calibrated }} }} }} }} }}"""
Values = Mapping[str, float]


async def read_unit(unit: Unit) -> Json:
    """Read a unit as its customer's app does, with all its steps."""
    steps: list[Json] = []
    after: str | None = None
    while True:
        found: Json = (await unit.customer.ask(UNIT, code=unit.code, after=after))["product"]
        steps += found["steps"]["nodes"]
        if not found["steps"]["pageInfo"]["hasNextPage"]:
            return {**found, "steps": steps}
        after = found["steps"]["pageInfo"]["endCursor"]


async def read_journal(unit: Unit) -> Json:
    address = f"{unit.customer.url}/products/{unit.code}/journal.json"
    journal: Json = (await unit.customer.http.get(address, headers=unit.customer.headers)).json()
    return journal


async def judge(floor: Floor, unit: Unit) -> tuple[list[str], str]:
    """Name all that differs, and the unit's status."""
    found, journal = await read_unit(unit), await read_journal(unit)
    keys = read_keys((await unit.customer.http.get(f"{unit.customer.url}/.well-known/jwks.json")).json())
    contents = [step["content"] for step in journal["steps"]]
    model = floor.models[unit.sku]
    reference = Reference(story_of(unit, contents, model), model)
    wrong = [
        *faults(journal, keys),
        *_judge_status(found, reference),
        *_judge_steps(found["steps"], unit, reference),
        *_judge_values(found, unit, reference, model),
        *_judge_refusals(unit, reference, contents),
    ]
    return [f"{unit.sku} {unit.code}: {fault}" for fault in wrong], found["status"]


def story_of(unit: Unit, contents: Sequence[Json], model: Model) -> Story:
    """Put together what was told and what was decided. Acts are as the journal has them: each was judged there."""
    events = {failure_id(name): name for name in (*unit.told, "design:COLOUR", "left:unreleased")}
    story = Story([])
    for sequence, content in enumerate(contents, 1):
        story.told = [told for key, told in unit.told.items() if min(unit.places[key]) < sequence]
        match content:
            case {"kind": "DECISION_MADE", "payload": {"id": id, "choice": choice}}:
                key, values = events[id], last_values(Reference(story, model))
                if choice == "CONCESSION":
                    story.conceded += [(code, values[code]) for code in Reference(story, model).questions()[key]]
                story.decided[key] = choice
            case {"kind": "NONCONFORMANCE_DISPOSED", "payload": {"nonconformance": id, "disposition": said}}:
                key = events[id]
                if said == Disposition.CONCESSION:
                    story.conceded += sorted(Reference(story, model).outside(key).items())
                story.disposed.setdefault(key, []).append(Disposition(said))
            case {"kind": "DESIGN_CHANGED", "occurredAt": at}:
                story.changed_at = datetime.fromisoformat(at)
    story.told = list(unit.told.values())
    return story


def _judge_status(found: Json, reference: Reference) -> list[str]:
    status = found["status"] if reference.status() == "ORDERED" else reference.status()
    stage = next(stage for stage, statuses in STAGES.items() if status in statuses)
    seen, wanted = (found["status"], found["stage"]), (status, stage)
    wrong = [] if seen == wanted else [f"is {seen}, should be {wanted}"]
    if abs(found["progress"] - reference.progress()) > ROUNDED:
        wrong.append(f"has progress {found['progress']}, should have {reference.progress()}")
    return wrong


def _judge_steps(steps: Sequence[Json], unit: Unit, reference: Reference) -> list[str]:
    """Check that each report is one step, as it was told, at the place that every answer named."""
    seen = {step["sequence"]: said_by(step) for step in steps if step["kind"] in REPORT_KINDS}
    wanted: dict[int, object] = {}
    for key, told in unit.told.items():
        wanted |= dict.fromkeys(unit.places[key], meant_by(told, reference))
    differing = [sequence for sequence in {*seen, *wanted} if seen.get(sequence) != wanted.get(sequence)]
    wrong = [f"step {n} is {seen.get(n)}, told was {wanted.get(n)}" for n in sorted(differing)]
    wrong += [f"{key} was answered with places {places}" for key, places in unit.places.items() if len(places) > 1]
    if [step["sequence"] for step in steps] != list(range(1, len(steps) + 1)):
        wrong.append("its steps have holes")
    return wrong


def said_by(step: Json) -> object:
    return step["kind"], datetime.fromisoformat(step["occurredAt"]), _sorted(values_in(step))


def meant_by(told: Told, reference: Reference) -> object:
    """Say what a report should read as: an inspection's verdict is not the reporter's."""
    kind = told.report.kind
    if isinstance(kind, InspectionKind):
        kind = InspectionKind.INSPECTION_PASSED if reference.passed(told) else InspectionKind.INSPECTION_FAILED
    values = {value.characteristic: value.value for value in told.report.measurements}
    return kind.value, told.report.occurred_at, _sorted(values)


def _judge_values(found: Json, unit: Unit, reference: Reference, model: Model) -> list[str]:
    """Compare measured values: those that count among the steps, in each report, and against what still stands."""
    keys = {next(iter(places)): key for key, places in unit.places.items()}
    counted = [step for step in found["steps"] if step["sequence"] in keys]
    counted.sort(key=lambda step: (datetime.fromisoformat(step["occurredAt"]), keys[step["sequence"]]))
    values = {code: value for step in counted for code, value in values_in(step, proven=True).items()}
    pairs: list[tuple[str, Any, Any]] = [("values", values, last_values(reference))]
    released = [step["sequence"] for step in found["steps"] if step["kind"] == "RELEASED"]
    for sequence, report in zip(released, found["performanceReports"], strict=True):
        before = [told for key, told in unit.told.items() if min(unit.places[key]) < sequence]
        there = last_values(Reference(Story(before), model))
        pairs.append((f"report of step {sequence}", values_in(report), there))
    if not reference.scrapped() and len(reference.ever_failed()) <= FAILED_MAX:
        evidence = Counter(_sorted(evidence_of(each)) for each in found["nonconformances"] if each["closedAt"] is None)
        failed = (unit.told[key] for key in reference.standing() if key in unit.told)
        wanted = Counter(_sorted(outside(told, reference)) for told in failed)
        wanted[()] += ("design:COLOUR" in reference.standing()) + reference.left_unreleased()
        pairs.append(("open nonconformances", evidence, wanted))
    return [f"{what}: {seen}, should be {wanted}" for what, seen, wanted in pairs if seen != wanted]


def last_values(reference: Reference) -> Values:
    return {code: value for code, (_, value) in reference.last_values().items()}


def evidence_of(nonconformance: Json) -> Values:
    return {m["characteristic"]: m["value"] for m in nonconformance["evidence"]}


def outside(told: Told, reference: Reference) -> Values:
    """Find what a report measured outside the limits."""
    values = {value.characteristic: value.value for value in told.report.measurements}
    return {code: value for code, value in values.items() if not reference.inside(code, value)}


def values_in(said: Json, proven: bool = False) -> Values:
    """Read measured values; proven: without good ones of an instrument whose calibration had run out."""
    measured = (m for m in said["measurements"] if not proven or m["calibrated"] or not m["passed"])
    return {m["characteristic"]: m["value"] for m in measured}


def _judge_refusals(unit: Unit, reference: Reference, contents: Sequence[Json]) -> list[str]:
    """Check that a report was refused only because it occurred after the unit's end."""
    ends = [
        datetime.fromisoformat(content["occurredAt"])
        for content in contents
        if content["kind"] == "SCRAPPED" or content.get("disposal", {}).get("disposition") == "SCRAP"
    ]
    late = {key for key, told in unit.refused.items() if ends and told.report.occurred_at > min(ends)}
    return [f"{key} was refused" for key in unit.refused if key not in late or not reference.scrapped()]


def _sorted(values: Values) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(values.items()))
