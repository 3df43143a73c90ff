"""Checks of one line: the journal of its plan has no holes, and the units that wait for it have a place each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.actions.plan_line import plan_line
from app.doctor.check import Check, Finding, Repair, diagnose
from app.domain.line_plan import LineState
from app.store.database import Document
from app.store.place import Taken
from app.store.span import Moment, Span, moment
from app.world import World


@dataclass(frozen=True)
class PlannedLine:
    """What stands of a line's plan at one moment.

    `sequences`: how many changes its journal has, the first and the last of their numbers. `told`: the plan's last
    version that the journal tells of, which it does once the units have their places.
    """

    code: str
    state: LineState
    sequences: tuple[int, int, int]
    told: int
    taken: Taken


def _numbering(world: World, line: PlannedLine) -> Iterator[str]:
    count, first, last = line.sequences
    if count and (first, last) != (1, count):
        yield f"its {count} changes are numbered from {first} to {last}"


def _places(world: World, line: PlannedLine) -> Iterator[str]:
    """Units move one after the other: while a plan is being written, and nobody was told, there is nothing to say."""
    if line.told != line.state.version:
        return
    for position in line.taken.doubly:
        yield f"several waiting units have place {position}"
    if line.taken.last > line.state.tail.position:
        yield f"a waiting unit has place {line.taken.last}, behind the line's last, {line.state.tail.position}"


CHECKS: Mapping[str, Check[PlannedLine]] = {"numbering": _numbering, "places": _places}


async def _plan(world: World, line: PlannedLine) -> bool:
    """Plan the line, unless a server is at it, and look again."""
    await plan_line(world, line.code, also_working=False)
    async with moment(world.stores.database) as now:
        return not list(_places(world, (await _read(world, now, {"line": line.code}))[line.code]))


REPAIRS: Mapping[str, Repair[PlannedLine]] = {"places": _plan}


async def examine_lines(world: World, moment: Moment, span: Span) -> tuple[int, Sequence[Finding]]:
    """Examine the lines of a span; return how many changes their journals have, and what was found."""
    lines = await _read(world, moment, span.of("line"))
    findings: list[Finding] = []
    for line in lines.values():
        findings += await diagnose(world, f"line {line.code}", line, CHECKS, REPAIRS)
    return sum(line.sequences[0] for line in lines.values()), findings


async def _read(world: World, moment: Moment, query: Document) -> Mapping[str, PlannedLine]:
    """Read the lines that have a journal, or units that wait."""
    stores = world.stores
    numbers: Document = {"count": {"$sum": 1}, "first": {"$min": "$sequence"}, "last": {"$max": "$sequence"}}
    group: Document = {"$group": {"_id": "$line", **numbers, "told": {"$max": "$version"}}}
    rows = await moment.aggregate(stores.plan_changes.collection, [{"$match": query}, group])
    journals = {row["_id"]: row for row in rows}
    taken = await stores.places.taken(moment, query)
    found = {}
    for code in {**journals, **taken}:
        row = journals.get(code, {})
        sequences = (row.get("count", 0), row.get("first", 0), row.get("last", 0))
        state = await stores.lines.get(code, moment)
        found[code] = PlannedLine(code, state, sequences, row.get("told", 0), taken.get(code, Taken()))
    return found
