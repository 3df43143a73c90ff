"""Checks of one line: the journal of its plan has no holes, units have a place each, and stations can bear them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.actions.background.planner import UNANNOUNCED, plan_lease, plan_line
from app.actions.schedule import placed_unit
from app.deps import Deps
from app.domain.line.capacity import Load
from app.domain.line.state import LineState
from app.ops.doctor.check import Check, Finding, Repair, diagnose
from app.store.database import Document
from app.store.place import TakenPlaces
from app.store.snapshot import KeyRange, Snapshot, snapshot

LOOKED_AT = 1_000
"""How many places of the frozen part are looked at."""


@dataclass(frozen=True)
class PlannedLine:
    """What stands of a line's plan at one moment.

    `sequences`: how many changes its journal has, the first and the last of their numbers. `taken`, and `exceeded`,
    which says where the frozen part has more of an option in a row than its stations bear: nothing while units are
    being moved to the places of a new plan, one after the other.
    """

    code: str
    state: LineState
    sequences: tuple[int, int, int]
    taken: TakenPlaces = field(default_factory=TakenPlaces)
    exceeded: tuple[str, ...] = ()


def _numbering(deps: Deps, line: PlannedLine) -> Iterator[str]:
    count, first, last = line.sequences
    if count and (first, last) != (1, count):
        yield f"its {count} changes are numbered from {first} to {last}"


def _places(deps: Deps, line: PlannedLine) -> Iterator[str]:
    for position in line.taken.doubly:
        yield f"several waiting units have place {position}"
    if line.taken.last > line.state.tail.position:
        yield f"a waiting unit has place {line.taken.last}, behind the line's last, {line.state.tail.position}"


def _capacities(deps: Deps, line: PlannedLine) -> Iterator[str]:
    yield from line.exceeded


CHECKS: Mapping[str, Check[PlannedLine]] = {"numbering": _numbering, "places": _places, "capacities": _capacities}


async def _plan(deps: Deps, line: PlannedLine) -> bool:
    """Plan the line, unless a server is at it, and look again."""
    await plan_line(deps, line.code, also_working=False)
    async with snapshot(deps.stores.database) as now:
        return not list(_places(deps, (await _read(deps, now, {"line": line.code}))[line.code]))


REPAIRS: Mapping[str, Repair[PlannedLine]] = {"places": _plan}


async def examine_lines(deps: Deps, snapshot: Snapshot, span: KeyRange) -> tuple[int, Sequence[Finding]]:
    """Examine the lines of a span; return how many changes their journals have, and what was found."""
    lines = await _read(deps, snapshot, span.of("line"))
    findings: list[Finding] = []
    for line in lines.values():
        findings += await diagnose(deps, f"line {line.code}", line, CHECKS, REPAIRS)
    return sum(line.sequences[0] for line in lines.values()), findings


async def _read(deps: Deps, snapshot: Snapshot, query: Document) -> Mapping[str, PlannedLine]:
    """Read the lines that have a journal, or units that wait."""
    stores = deps.stores
    numbers: Document = {"count": {"$sum": 1}, "first": {"$min": "$sequence"}, "last": {"$max": "$sequence"}}
    group: Document = {"$group": {"_id": "$line", **numbers}}
    rows = await snapshot.aggregate(stores.plan_changes.collection, [{"$match": query}, group])
    journals = {row["_id"]: row for row in rows}
    taken = await stores.places.taken(snapshot, query)
    found = {}
    for code in {**journals, **taken}:
        row = journals.get(code, {})
        sequences = (row.get("count", 0), row.get("first", 0), row.get("last", 0))
        state = await stores.lines.get(code, snapshot)
        if (await stores.plant.lease(plan_lease(code), snapshot)).get(UNANNOUNCED):
            found[code] = PlannedLine(code, state, sequences)
        else:
            exceeded = tuple(await _exceeded(deps, snapshot, code, state))
            found[code] = PlannedLine(code, state, sequences, taken.get(code, TakenPlaces()), exceeded)
    return found


async def _exceeded(deps: Deps, snapshot: Snapshot, code: str, state: LineState) -> Sequence[str]:
    """Look at the last places of the frozen part; what is behind it may still be put in order."""
    line = deps.catalogue.line.get(code)
    if line is None:
        return []
    load = Load([capacity for capacity in line.capacities if capacity.of])
    built = await deps.stores.places.between(code, state.frozen - LOOKED_AT, state.frozen, snapshot.session)
    found: list[str] = []
    for unit in sorted((placed_unit(deps, unit) for unit in built), key=lambda unit: unit.position):
        limited = unit.limited(load)
        found += [
            f"at place {unit.position} more than {full.at_most} of {full.of} units have {full.option}"
            for full in load.full(sorted(limited), unit.position, 0)
        ]
        load.build(limited, unit.position, 0)
    return found
