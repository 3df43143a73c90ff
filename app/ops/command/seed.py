"""python -m app seed: the catalogue's files, into the database."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.actions.seed import Load, StillInUse, load_catalogue
from app.ops.bootstrap import CATALOGUE, with_database, with_stores
from app.ops.command.outcome import reported_problems
from app.ops.load_summary import summary
from app.ops.problem import OperatorProblem
from app.settings import Settings
from seeds.files import read_catalogue

IN_USE = "Nothing was loaded: what is withdrawn is in use. To withdraw it nevertheless, add --yes."


def run(
    folder: Annotated[Path, typer.Option(help="The catalogue's YAML files.")] = CATALOGUE,
    yes: Annotated[bool, typer.Option("--yes", help="Withdraw also what is in use.")] = False,
) -> None:
    """Load the catalogue's files into the database, and show what that changes. Loading twice changes nothing.

    A wrong file loads nothing. What is no longer in the files is withdrawn: known, but never offered again; where
    somebody has it, only with --yes. A model that changes gets a new edition, and what was sold keeps its own. Running
    servers take it up within 5 seconds.
    """
    with reported_problems(), with_database(Settings()) as settings:
        try:
            load = asyncio.run(_load(settings, folder, yes))
        except StillInUse as refused:
            typer.echo(summary(refused.load, done=False))
            raise OperatorProblem(IN_USE) from refused
    typer.echo(summary(load, done=True))


async def _load(settings: Settings, folder: Path, confirmed: bool) -> Load:
    catalogue = read_catalogue(folder)
    async with with_stores(settings) as stores:
        await stores.build_indexes()
        return await load_catalogue(stores, catalogue, confirmed)
