"""What a crash left out and what a deadline brought: done every few seconds, by whichever process is alive."""

import os
import secrets
import socket
from datetime import UTC, datetime

from app.actions.anchor import note_heads
from app.actions.background.outbox import mail_id, post, post_invitation
from app.actions.design_journal import project
from app.actions.performance import issue_reports
from app.actions.schedule import schedule
from app.actions.unit import at_head, conclude_and_project
from app.actions.unit import project as project_units
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.unit.journey import Step
from app.domain.unit.kinds.quality import QualityKind
from app.mail.letter import LETTERS, is_mailed
from app.store.retry import apart, run_forever

HOLDER = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
LEASE = "sweep"
UNITS_MAX = 500
FAILED = "a unit could not be attended to"


async def sweep_forever(deps: Deps) -> None:
    """Sweep again and again."""
    noted: dict[str, int] = {}
    await run_forever("the sweep", deps.settings.sweep_seconds, lambda: sweep(deps, noted))


async def sweep(deps: Deps, noted: dict[str, int] | None = None) -> int:
    """Repair projections, plan units, announce what is due, note heads; return how many units it touched.

    Needs the lease. `noted` remembers from one sweep to the next which heads were noted.
    """
    wall = deps.wall()
    lease = await deps.stores.plant.take_lease(LEASE, HOLDER, wall, 4 * deps.settings.sweep_seconds + 10)
    if lease is None:
        return 0
    since = lease.get("swept_to", datetime(2000, 1, 1, tzinfo=UTC))
    moved = await deps.stores.steps.touched_since(since)
    await note_heads(deps, moved, {} if noted is None else noted)
    touched = await _repair(deps, moved) + await _repair_designs(deps, since)
    await _post_mails(deps, since)
    await _post_invitations(deps, since)
    due = await deps.stores.products.due(deps.now(), UNITS_MAX)
    for product in due:
        await apart(FAILED, _process_due(deps, product), product=product.code)
    await deps.stores.plant.note_on_lease(LEASE, HOLDER, {"swept_to": wall})
    return touched + len(due)


async def _process_due(deps: Deps, product: Product) -> None:
    unit = await at_head(deps, product)
    if unit.plan is None and unit.state.scrapped_at is None:
        await schedule(deps, [unit])
    else:
        await conclude_and_project(deps, [unit])


async def _post_mails(deps: Deps, since: datetime) -> None:
    """Put mails about the steps written since a wall time into the outbox; a report is issued before it is told of."""
    steps = [step async for step in deps.stores.steps.written_since(since, list(LETTERS)) if is_mailed(step)]
    for start in range(0, len(steps), UNITS_MAX):
        batch = steps[start : start + UNITS_MAX]
        posted = await deps.stores.outbox.find_all([mail_id(step) for step in batch])
        unposted = [step for step in batch if mail_id(step) not in posted]
        products = await deps.stores.products.find_all([step.product for step in unposted])
        for step in unposted:
            if step.product in products:
                await apart(FAILED, _post_mail(deps, step, products[step.product]), product=step.product)


async def _post_invitations(deps: Deps, since: datetime) -> None:
    """Put mails about the invitations made since a wall time into the outbox: the same again changes nothing."""
    async for invitation in deps.stores.invitations.addressed_since(since):
        await post_invitation(deps, invitation.id)


async def _post_mail(deps: Deps, step: Step, product: Product) -> None:
    if step.kind == QualityKind.RELEASED:
        await issue_reports(deps, await at_head(deps, product))
    await post(deps, step, product)


async def _repair(deps: Deps, codes: list[str]) -> int:
    """Write the projections that are behind their journal, among some units."""
    repaired = 0
    for start in range(0, len(codes), UNITS_MAX):
        batch = codes[start : start + UNITS_MAX]
        heads = await deps.stores.steps.heads(batch)
        projected = await deps.stores.products.sequences(batch)
        stale = [code for code, sequence in projected.items() if sequence < heads[code]]
        current = [await at_head(deps, unit) for unit in (await deps.stores.products.find_all(stale)).values()]
        await project_units(deps, current)
        repaired += len(current)
    return repaired


async def _repair_designs(deps: Deps, since: datetime) -> int:
    """Write the projections of designs that are behind their journal, or missing, among those changed since."""
    changed = await deps.stores.design_changes.touched_since(since)
    repaired = 0
    for start in range(0, len(changed), UNITS_MAX):
        batch = changed[start : start + UNITS_MAX]
        heads = await deps.stores.design_changes.heads(batch)
        known = await deps.stores.designs.find_all(batch)
        for design in batch:
            if design not in known or known[design].sequence < heads[design]:
                head = await deps.stores.design_changes.head(design)
                assert head is not None
                await project(deps, head.state)
                repaired += 1
    return repaired
