"""Checks of one design: its journal of changes and the projection of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.actions.design_journal import listing
from app.deps import Deps
from app.domain.design.design import Design, DesignChange
from app.ops.doctor.check import Check, Finding, Repair, diagnose
from app.store.database import Document
from app.store.design import Forks
from app.store.snapshot import KeyRange, Snapshot


@dataclass(frozen=True)
class Designed:
    """A design's record, and its changes; None stands for one that cannot be read."""

    record: Document | None
    changes: Sequence[DesignChange | None]
    forks: Forks

    @property
    def head(self) -> Design | None:
        last = self.changes[-1] if self.changes else None
        return last.state if last else None


def _numbering(deps: Deps, designed: Designed) -> Iterator[str]:
    if not designed.changes:
        yield "it has no changes"
    for place, change in enumerate(designed.changes, 1):
        if change is None:
            yield f"change {place} cannot be read"
        elif change.sequence != place:
            yield f"change {place} is missing"
            return


def _states(deps: Deps, designed: Designed) -> Iterator[str]:
    """A change is numbered as its state, and a revision is one more than the revision before."""
    revision = 0
    for change in designed.changes:
        if change is None:
            return
        state = change.state
        if (state.id, state.sequence) != (change.design, change.sequence):
            yield f"change {change.sequence} holds the state of another"
        expected = revision + (change.revision is not None)
        if state.revision != expected or change.revision not in (None, expected):
            yield f"change {change.sequence} has revision {state.revision}, not {expected}"
        revision = state.revision


def _projection(deps: Deps, designed: Designed) -> Iterator[str]:
    record, head = designed.record, designed.head
    if head is None:
        return
    if record is None:
        yield "it has no record"
        return
    behind = head.sequence - record.get("sequence", 0)
    if behind < 0:
        yield f"its record knows {-behind} changes that the journal does not have"
    elif behind > 0:
        yield f"its record is {behind} changes behind the journal"
    elif not deps.stores.designs.is_projection(record, head, listing(deps, head)):
        yield "its record differs from the journal"


def _forks(deps: Deps, designed: Designed) -> Iterator[str]:
    """A fork is counted right after it is there; one of this moment may be, or not yet."""
    if designed.record is None:
        return
    counted, forks = designed.record.get("forks"), designed.forks
    if counted is None or not forks.settled <= counted <= forks.settled + forks.new:
        yield f"its record says {counted} forks, there are {forks.settled + forks.new}"


CHECKS: Mapping[str, Check[Designed]] = {
    "numbering": _numbering,
    "states": _states,
    "projection": _projection,
    "forks": _forks,
}


async def _project(deps: Deps, designed: Designed) -> bool:
    record, head = designed.record, designed.head
    if head is None:
        return False
    if record is None:
        await deps.stores.designs.project(head, listing(deps, head))
        await deps.stores.designs.correct_forks(head.id, 0, designed.forks.settled)
        return True
    known = record.get("sequence")
    if known is not None and known > head.sequence:
        return False  # the record is the last trace of changes that are gone
    await deps.stores.designs.correct(head, listing(deps, head), known)
    return True


async def _count_forks(deps: Deps, designed: Designed) -> bool:
    if designed.record is None or designed.forks.new:
        return False  # whoever is making one counts it, and it must not be counted twice
    designs, settled = deps.stores.designs, designed.forks.settled
    return await designs.correct_forks(designed.record["_id"], designed.record.get("forks"), settled)


REPAIRS: Mapping[str, Repair[Designed]] = {"projection": _project, "forks": _count_forks}
COUNTED_SECONDS = 10
"""Within so long on the wall a fork is counted."""


async def examine_designs(deps: Deps, snapshot: Snapshot, span: KeyRange) -> tuple[int, Sequence[Finding]]:
    """Examine the designs of a span; return how many changes they have, and what was found."""
    stores = deps.stores
    records = {r["_id"]: r for r in await snapshot.find(stores.designs.collection, span.of("_id"), "_id")}
    changes: dict[str, list[DesignChange | None]] = {design: [] for design in records}
    count = 0
    for document in await snapshot.find(stores.design_changes.collection, span.of("design"), "design", "sequence"):
        changes.setdefault(str(document.get("design")), []).append(_read(deps, document))
        count += 1
    since = deps.now() - timedelta(seconds=COUNTED_SECONDS * deps.clock.speed)
    forks = await stores.designs.forks(snapshot, list(changes), since)
    findings: list[Finding] = []
    for design, journal in changes.items():
        designed = Designed(records.get(design), journal, forks.get(design, Forks()))
        findings += await diagnose(deps, f"design {design}", designed, CHECKS, REPAIRS)
    return count, findings


def _read(deps: Deps, document: Document) -> DesignChange | None:
    try:
        return deps.stores.design_changes.load(document)
    except ValueError:
        return None
