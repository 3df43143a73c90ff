"""P6: machines may report twice, late and out of order. What the public API says in the end equals the reference model.

Eight writers tell the same units' reports over HTTP, 30 % of them twice, shuffled within a window of 50, in batches of
1 to 100. Whatever came of it is compared with a second reading of the rules over all that was told.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from app.domain.catalogue import Characteristic, Model
from app.domain.code import parse_code
from app.domain.event import REPORT_KINDS, TRANSPORT_KINDS, StepKind
from app.domain.report import Report, ReportedValue
from app.serve import with_database, with_world
from app.settings import Settings
from app.world import World
from docs.verify import faults, read_keys
from experiments.process import ServerProcess, free_port
from experiments.result import Options, Result
from tests.client import FRONT_9, Api, Json, factory_now, new_customer, new_unit, record
from tests.domain.reference import Reference
from tests.domain.story import Story, Told
from tests.domain.test_status import STAGES

WRITERS, REPEATED, WINDOW, BATCH_MAX = 8, 0.3, 50, 100
UNITS, REPORTS_MAX, ROUNDS_MAX = 8, 40, 200
INSPECTIONS = (StepKind.INSPECTION_PASSED, StepKind.INSPECTION_FAILED)
OPERATED = (StepKind.OPERATION_STARTED, StepKind.OPERATION_COMPLETED)
ON_THE_LINE = sorted(REPORT_KINDS - set(TRANSPORT_KINDS))
ROUNDED = 1e-4
"""To this the API rounds progress."""
LATER = datetime(2999, 1, 1, tzinfo=UTC)
"""Stands until a report gets its time."""
UNIT = "query($code: ProductCode!) { product(code: $code) { status stage progress lastSequence } }"


@dataclass(frozen=True)
class Unit:
    """One unit and everything that is told of it, each once, in the order in which it happened."""

    code: str
    told: Sequence[Told]


@dataclass
class Sent:
    """What was sent, and what came back: the sequences that each event was answered with."""

    reports: int = 0
    batches: int = 0
    sequences: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def draw_unit(random: Random, model: Model, code: str, since: datetime) -> Unit:
    """Draw what happens to a unit: mostly sound, with wrong values, repeated inspections and coinciding times."""
    kinds = random.choice((ON_THE_LINE, ON_THE_LINE, INSPECTIONS, sorted(REPORT_KINDS)))
    weak = random.choice((0.0, 0.05, 0.3))
    reports = [_draw(random, model, code, random.choice(kinds), f"e{n}", weak) for n in range(random.randint(1, 25))]
    if random.random() < 0.6:
        reports += _whole(random, model, code, weak / 2)
    minutes = sorted(random.choice(range(0, 600, 10)) for _ in reports)
    timed = [_at(report, since + timedelta(minutes=minute)) for report, minute in zip(reports, minutes, strict=True)]
    return Unit(code, [Told("machine", report) for report in timed[:REPORTS_MAX]])


def _draw(random: Random, model: Model, code: str, kind: StepKind, name: str, weak: float) -> Report:
    codes = [operation.code for operation in model.routing]
    if kind in OPERATED:
        return Report(code, kind, name, LATER, random.choice(codes))
    if kind not in INSPECTIONS:
        return Report(code, kind, name, LATER)
    measured = random.sample(model.inspection_plan, random.randint(0, 3))
    operation = random.choice((None, *(characteristic.operation for characteristic in model.inspection_plan)))
    values = tuple(_value(random, characteristic, weak) for characteristic in measured)
    return Report(code, kind, name, LATER, operation, measurements=values)


def _whole(random: Random, model: Model, code: str, weak: float) -> list[Report]:
    """Inspect everything that is inspected."""
    found = []
    for operation in dict.fromkeys(characteristic.operation for characteristic in model.inspection_plan):
        here = [c for c in model.inspection_plan if c.operation == operation]
        values = tuple(_value(random, characteristic, weak) for characteristic in here)
        kind = random.choice((*INSPECTIONS, INSPECTIONS[0]))
        found.append(Report(code, kind, f"all-{operation}", LATER, operation, measurements=values))
    return found


def _value(random: Random, characteristic: Characteristic, weak: float) -> ReportedValue:
    """Read a value inside the limits, or by chance outside."""
    bad = random.random() < weak
    if characteristic.unit is None:
        return ReportedValue(characteristic.code, 0.0 if bad else 1.0, "C62")
    low, high = characteristic.lower_limit, characteristic.upper_limit
    if high is not None:
        value = (
            high + random.random() + 0.001 if bad else high - (0.0 if low is None else random.random() * (high - low))
        )
    else:
        value = (low or 0.0) - (random.random() + 0.001 if bad else -random.random())
    return ReportedValue(characteristic.code, value, characteristic.unit)


def _at(report: Report, at: datetime) -> Report:
    return Report(**{**vars(report), "occurred_at": at})


def disorder(random: Random, units: Sequence[Unit]) -> list[list[list[Report]]]:
    """Deal reports to the writers: some twice, each at most a window away from its place, cut into batches."""
    line = [told.report for unit in units for told in unit.told]
    random.shuffle(line)
    line.sort(key=lambda report: report.occurred_at)
    line = [report for report in line for _ in range(1 + (random.random() < REPEATED))]
    moved = sorted(enumerate(line), key=lambda place: place[0] + random.random() * WINDOW)
    hands: list[list[Report]] = [[] for _ in range(WRITERS)]
    for _, report in moved:
        random.choice(hands).append(report)
    return [_batches(random, hand) for hand in hands]


def _batches(random: Random, reports: list[Report]) -> list[list[Report]]:
    found = []
    while reports:
        count = random.choice((1, 2, 5, random.randint(1, BATCH_MAX)))
        found.append(reports[:count])
        reports = reports[count:]
    return found


def _input(report: Report) -> Json:
    found: dict[str, Any] = {
        "code": report.code,
        "kind": report.kind.value,
        "eventId": report.event_id,
        "occurredAt": report.occurred_at.isoformat(),
        "operation": report.operation,
        "measurements": [
            {"characteristic": value.characteristic, "value": value.value, "unit": value.unit}
            for value in report.measurements
        ],
    }
    return found


async def send(machine: Api, hands: Sequence[Sequence[Sequence[Report]]]) -> Sent:
    """Have all writers send their batches at the same time, each its own one after the other."""
    sent = Sent()

    async def write(batches: Sequence[Sequence[Report]]) -> None:
        for batch in batches:
            answers = await record(machine, *(_input(report) for report in batch))
            sent.batches += 1
            for report, answer in zip(batch, answers, strict=True):
                sent.reports += 1
                if answer["__typename"] == "Step":
                    known = sent.sequences.setdefault((report.code, report.event_id), set())
                    known.add(answer["sequence"])
                else:
                    sent.refused.append(f"{report.code} {report.event_id}: {answer}")

    await asyncio.gather(*(write(batches) for batches in hands))
    return sent


async def judge(customer: Api, world: World, unit: Unit, sent: Sent) -> list[str]:
    """Compare what the API says of a unit with what the reference model says."""
    reference = Reference(Story(unit.told), world.model(FRONT_9))
    found = (await customer.ask(UNIT, code=unit.code))["product"]
    status = reference.status()
    stage = next(stage for stage, statuses in STAGES.items() if status in statuses)
    expected = ("PLANNED" if status == "ORDERED" else status, stage, reference.progress())
    seen = (found["status"], found["stage"], found["progress"])
    same = seen[:2] == expected[:2] and abs(seen[2] - expected[2]) <= ROUNDED
    wrong = [] if same else [f"{unit.code}: is {seen}, should be {expected}"]
    head = await world.stores.steps.head(unit.code)
    values = {code: reading.measurement.value for code, reading in head.state.readings.items()} if head else {}
    if values != {code: value for code, (_, value) in reference.last_values().items()}:
        wrong.append(f"{unit.code}: the measured values differ")
    return wrong + await _judge_journal(customer, unit, sent)


async def _judge_journal(customer: Api, unit: Unit, sent: Sent) -> list[str]:
    """Check that every report is in the journal once, as it was told, at the place that every answer named."""
    address = f"{customer.url}/products/{unit.code}/journal.json"
    journal = (await customer.http.get(address, headers=customer.headers)).json()
    keys = read_keys((await customer.http.get(f"{customer.url}/.well-known/jwks.json")).json())
    wrong = [f"{unit.code}: {fault}" for fault in faults(journal, keys)]
    steps = [step["content"] for step in journal["steps"] if "reporter" in step["content"]]
    stored = Counter((step["eventId"], _measured(step.get("measurements", []))) for step in steps)
    told = Counter((told.report.event_id, _measured(_input(told.report)["measurements"])) for told in unit.told)
    if stored != told:
        wrong.append(f"{unit.code}: the journal holds other reports than were told")
    return wrong + [
        f"{unit.code}: {step['eventId']} was answered with other places than {step['sequence']}"
        for step in steps
        if sent.sequences.get((unit.code, step["eventId"])) != {step["sequence"]}
    ]


def _measured(values: Sequence[Json]) -> tuple[tuple[str, float], ...]:
    return tuple((value["characteristic"], float(value["value"])) for value in values)


async def tell_and_judge(
    customer: Api, machine: Api, world: World, random: Random, units: int
) -> tuple[Sent, list[str]]:
    """Have units ordered, told of in disorder, and judged."""
    now = datetime.fromisoformat(await factory_now(customer))
    codes = [parse_code(await new_unit(customer)) for _ in range(units)]
    drawn = [draw_unit(random, world.model(FRONT_9), code, now - timedelta(hours=11)) for code in codes]
    sent = await send(machine, disorder(random, drawn))
    wrong = [fault for unit in drawn for fault in await judge(customer, world, unit, sent)]
    return sent, [*sent.refused, *wrong]


async def run_p6(options: Options) -> Result:
    """Tell round after round until the minutes are over."""
    random, started = Random(f"{options.seed} p6"), time.monotonic()
    figures: Counter[str] = Counter()
    wrong: list[str] = []
    server = ServerProcess(options.folder, free_port(), {})
    await server.start()
    api = Api(server.url)
    try:
        machine = api.signed_in(await server.command("token", "--kind", "factory", "--factory", "FOSHAN"))
        with with_database(Settings(data_dir=options.folder)) as settings:
            async with with_world(settings) as world:
                while time.monotonic() - started < 60 * options.minutes and figures["rounds"] < ROUNDS_MAX:
                    sent, found = await tell_and_judge(await new_customer(api), machine, world, random, UNITS)
                    figures += Counter(
                        {"rounds": 1, "units": UNITS, "batches": sent.batches, "reports sent": sent.reports}
                    )
                    figures["different reports"] += len(sent.sequences)
                    wrong += [f"round {figures['rounds']}: {fault}" for fault in found]
    finally:
        await api.http.aclose()
        await server.stop()
    return Result({"writers": WRITERS, **figures}, wrong)
