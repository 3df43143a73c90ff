"""python -m app seed: the catalogue's files, into the database."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.ops.bootstrap import CATALOGUE, seed, with_database, with_stores
from app.ops.command.outcome import reported_problems
from app.settings import Settings


def run(folder: Annotated[Path, typer.Option(help="The catalogue's YAML files.")] = CATALOGUE) -> None:
    """Load the catalogue's files into the database. Loading twice changes nothing; a wrong file loads nothing."""
    with reported_problems(), with_database(Settings()) as settings:
        changed = asyncio.run(_seed(settings, folder))
    typer.echo(f"{changed} parts of the catalogue were new or changed. A running server sees them after a restart.")


async def _seed(settings: Settings, folder: Path) -> int:
    async with with_stores(settings) as stores:
        await stores.build_indexes()
        return await seed(stores, folder)
