"""What a crash left out and what a deadline brought: done every few seconds, by whichever process is alive."""

import asyncio
import logging
import os
import secrets
import socket
from datetime import UTC, datetime

from app.actions.design import project
from app.actions.journal import at_head, projection, settle
from app.actions.schedule import schedule
from app.domain.order import Product
from app.store.database import UNAVAILABLE
from app.world import World

log = logging.getLogger(__name__)
HOLDER = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
LEASE = "sweep"
UNITS_MAX = 500


async def sweep_forever(world: World) -> None:
    """Sweep again and again; a database that does not answer is waited for."""
    while True:
        try:
            await sweep(world)
        except UNAVAILABLE as error:
            log.warning("the sweep waits for the database", extra={"error": type(error).__name__})
        except Exception:
            log.exception("the sweep failed; it goes on")
        await asyncio.sleep(world.settings.sweep_seconds)


async def sweep(world: World) -> int:
    """Repair projections, plan units, announce what is due; return how many units it touched. Needs the lease."""
    wall = world.wall()
    lease = await world.stores.plant.take_lease(LEASE, HOLDER, wall, 4 * world.settings.sweep_seconds + 10)
    if lease is None:
        return 0
    since = lease.get("swept_to", datetime(2000, 1, 1, tzinfo=UTC))
    touched = await _repair(world, since) + await _repair_designs(world, since)
    due = await world.stores.products.due(world.now(), UNITS_MAX)
    for product in due:
        await _attend(world, product)
    await world.stores.plant.note_on_lease(LEASE, HOLDER, {"swept_to": wall})
    return touched + len(due)


async def _attend(world: World, product: Product) -> None:
    """Do what is due for one unit; what goes wrong with it must not hold up the others."""
    try:
        unit = await at_head(world, product)
        if unit.state.plan is None:
            await schedule(world, [unit])
        else:
            await settle(world, [unit])
    except UNAVAILABLE:
        raise
    except Exception:
        log.exception("a unit could not be attended to", extra={"product": product.code})


async def _repair(world: World, since: datetime) -> int:
    """Write the projections that are behind their journal, among the units with steps since a wall time."""
    codes = list({code async for code in world.stores.steps.touched_since(since)})
    repaired = 0
    for start in range(0, len(codes), UNITS_MAX):
        batch = codes[start : start + UNITS_MAX]
        heads = await world.stores.steps.heads(batch)
        products = await world.stores.products.find_all(batch)
        stale = [unit for code, unit in products.items() if unit.state.sequence < heads[code]]
        current = [await at_head(world, unit) for unit in stale]
        await world.stores.products.project([projection(world, unit) for unit in current])
        repaired += len(current)
    return repaired


async def _repair_designs(world: World, since: datetime) -> int:
    """Write the projections of designs that are behind their journal, or missing, among those changed since."""
    changed = list({design async for design in world.stores.design_changes.touched_since(since)})
    repaired = 0
    for start in range(0, len(changed), UNITS_MAX):
        batch = changed[start : start + UNITS_MAX]
        heads = await world.stores.design_changes.heads(batch)
        known = await world.stores.designs.find_all(batch)
        for design in batch:
            if design not in known or known[design].sequence < heads[design]:
                head = await world.stores.design_changes.head(design)
                assert head is not None
                await project(world, head.state)
                repaired += 1
    return repaired
