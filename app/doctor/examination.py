"""Divides all that is stored into parts and examines one part at a time."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from app.doctor.anchor import examine_anchors
from app.doctor.check import Finding
from app.doctor.design import examine_designs
from app.doctor.line import examine_lines
from app.doctor.order import examine_orders
from app.doctor.unit import QUICK, examine_units
from app.store.database import Collection
from app.store.span import Moment, Span, moment, split
from app.store.stores import Stores
from app.world import World

PART_SIZE = 2_000
"""Entries in a part, about: a part is held in memory whole."""


class Kind(StrEnum):
    STEPS = "steps"
    ORDERS = "orders"
    CHANGES = "design changes"
    PLANS = "plan changes"
    ANCHORS = "anchors"


Examine = Callable[[World, Moment, Span], Awaitable[tuple[int, Sequence[Finding]]]]
EXAMINE: Mapping[Kind, Examine] = {
    Kind.STEPS: examine_units,
    Kind.ORDERS: examine_orders,
    Kind.CHANGES: examine_designs,
    Kind.PLANS: examine_lines,
    Kind.ANCHORS: examine_anchors,
}


@dataclass(frozen=True)
class Part:
    """Entries of one kind whose keys are in one span. `quick`: without computing hashes anew."""

    kind: Kind
    span: Span
    quick: bool = False

    @property
    def examine(self) -> Examine:
        return partial(examine_units, checks=QUICK) if self.quick and self.kind is Kind.STEPS else EXAMINE[self.kind]


@dataclass(frozen=True)
class Outcome:
    """What was seen in one part: how many entries, and what is wrong with them."""

    kind: Kind
    examined: int
    findings: Sequence[Finding]


def _entries(stores: Stores) -> Mapping[Kind, Collection]:
    return {
        Kind.STEPS: stores.steps.collection,
        Kind.ORDERS: stores.orders.collection,
        Kind.CHANGES: stores.design_changes.collection,
        Kind.PLANS: stores.plan_changes.collection,
        Kind.ANCHORS: stores.anchors.collection,
    }


def _keys(stores: Stores) -> Mapping[Kind, Collection]:
    """Name the collections whose ids divide a kind; what has none is one part."""
    return {
        Kind.STEPS: stores.products.collection,
        Kind.ORDERS: stores.orders.collection,
        Kind.CHANGES: stores.designs.collection,
    }


async def count_entries(stores: Stores) -> int:
    """Estimate how many entries there are to examine."""
    return sum([await entries.estimated_document_count() for entries in _entries(stores).values()])


async def divide(stores: Stores, size: int = PART_SIZE, quick: bool = False) -> Sequence[Part]:
    """Divide everything into parts that can be examined in any order, by any number of processes."""
    parts: list[Part] = []
    keys = _keys(stores)
    for kind, entries in _entries(stores).items():
        count = await entries.estimated_document_count() // size
        spans = await split(keys[kind], count) if kind in keys else [Span()]
        parts += [Part(kind, span, quick) for span in spans]
    return parts


async def examine_part(world: World, part: Part) -> Outcome:
    """Examine one part as it is at one moment; what is derived and wrong is repaired."""
    async with moment(world.stores.database) as now:
        examined, findings = await part.examine(world, now, part.span)
    return Outcome(part.kind, examined, findings)


async def examine(world: World) -> AsyncIterator[Outcome]:
    """Examine everything in this process, one part after the other."""
    for part in await divide(world.stores):
        yield await examine_part(world, part)
