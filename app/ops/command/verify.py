"""python -m app verify: whether journals are as they were written."""

import asyncio
from typing import Annotated

import typer

from app.actions.access import get_unit
from app.actions.anchor import verify_anchors
from app.actions.verify import verify
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.unit.code import format_code, parse_code
from app.ops.bootstrap import with_database, with_deps
from app.ops.command.outcome import reported_problems
from app.settings import Settings


def run(
    code: Annotated[str | None, typer.Argument(help="The ID code of a unit.", show_default=False)] = None,
    all: Annotated[bool, typer.Option("--all", help="All units instead of one.")] = False,
) -> None:
    """Check that journals are as they were written: hashes, links, signatures, states. Exits 1 where one is not."""
    if all == (code is not None):
        typer.echo("Give the ID code of a unit, or --all.", err=True)
        raise typer.Exit(1)
    with reported_problems(), with_database(Settings()) as settings:
        faults = asyncio.run(_verify(settings, code))
    typer.echo(f"{len(faults)} journals verified, {sum(faults)} with something wrong.")
    if any(faults):
        raise typer.Exit(1)


async def _verify(settings: Settings, code: str | None) -> list[bool]:
    """Verify one unit's journal, or with None all and the anchors; tell of each whether anything is wrong with it."""
    async with with_deps(settings) as deps:
        if code is not None:
            return [_print(code, await verify(deps, await _named(deps, code)))]
        found = [_print("anchors", await verify_anchors(deps))]
        units = deps.stores.products.all()
        return found + [_print(format_code(unit.code), await verify(deps, unit)) async for unit in units]


async def _named(deps: Deps, code: str) -> Product:
    return await get_unit(deps, None, parse_code(code), visible=lambda _: {})


def _print(name: str, faults: list[str]) -> bool:
    """Print what is wrong with one journal; tell whether anything is."""
    for fault in faults:
        typer.echo(f"{name}: {fault}")
    return bool(faults)
