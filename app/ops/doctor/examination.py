"""Divides all that is stored into parts and examines one part at a time."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.deps import Deps
from app.ops.doctor.anchor import examine_anchors
from app.ops.doctor.check import Finding
from app.ops.doctor.design import examine_designs
from app.ops.doctor.edition import examine_editions
from app.ops.doctor.line import examine_lines
from app.ops.doctor.order import examine_orders
from app.ops.doctor.unit import examine_quickly, examine_strays, examine_units
from app.store.database import Collection
from app.store.snapshot import KeyList, KeyRange, Snapshot, in_order, snapshot, split
from app.store.stores import Stores

PART_SIZE = 2_000
"""Entries in a part, about: a part is held in memory whole."""


class Kind(StrEnum):
    STEPS = "steps"
    ORDERS = "orders"
    CHANGES = "design changes"
    PLANS = "plan changes"
    ANCHORS = "anchors"
    EDITIONS = "editions"


Keys = KeyRange | KeyList
Examine = Callable[[Deps, Snapshot, Any], Awaitable[tuple[int, Sequence[Finding]]]]


@dataclass(frozen=True)
class Part:
    """Entries of one kind with some keys, and what examines them."""

    kind: Kind
    examine: Examine
    keys: Keys


@dataclass(frozen=True)
class Outcome:
    """What was seen in one part: how many entries, and what is wrong with them."""

    kind: Kind
    examined: int
    findings: Sequence[Finding]


async def count_entries(stores: Stores) -> int:
    """Estimate how many entries there are to examine."""
    kinds = (stores.steps, stores.orders, stores.design_changes, stores.plan_changes, stores.anchors, stores.catalogue)
    return sum([await _count(entries.collection) for entries in kinds])


async def divide(stores: Stores, size: int = PART_SIZE, quick: bool = False) -> Sequence[Part]:
    """Divide everything into parts that can be examined in any order, by any number of processes.

    `quick`: without computing hashes anew.
    """
    products, orders, designs = (store.collection for store in (stores.products, stores.orders, stores.designs))
    steps, changes = [await _count(entries.collection) for entries in (stores.steps, stores.design_changes)]
    units = await _count(products)
    divided: Sequence[tuple[Kind, Examine, Sequence[Keys]]] = (
        (
            Kind.STEPS,
            examine_quickly if quick else examine_units,
            await in_order(products, "ordered_at", max(1, size * units // max(1, steps))),
        ),
        (Kind.STEPS, examine_strays, await split(products, units // size)),
        (Kind.ORDERS, examine_orders, await in_order(orders, "placed_at", size)),
        (Kind.CHANGES, examine_designs, await split(designs, changes // size)),
        (Kind.PLANS, examine_lines, [KeyRange()]),
        (Kind.ANCHORS, examine_anchors, [KeyRange()]),
        (Kind.EDITIONS, examine_editions, [KeyRange()]),
    )
    return [Part(kind, examine, keys) for kind, examine, parts in divided for keys in parts]


async def _count(collection: Collection) -> int:
    return await collection.estimated_document_count()


async def examine_part(deps: Deps, part: Part) -> Outcome:
    """Examine one part as it is at one moment; what is derived and wrong is repaired."""
    await deps.stores.catalogue.refresh()
    async with snapshot(deps.stores.database) as now:
        examined, findings = await part.examine(deps, now, part.keys)
    return Outcome(part.kind, examined, findings)


async def examine(deps: Deps) -> AsyncIterator[Outcome]:
    """Examine everything in this process, one part after the other."""
    for part in await divide(deps.stores):
        yield await examine_part(deps, part)
