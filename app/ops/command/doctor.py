"""python -m app doctor: every invariant of what is stored."""

import os
from typing import Annotated

import typer

from app.ops.bootstrap import with_database
from app.ops.command.outcome import reported_problems
from app.ops.doctor.run import run_doctor
from app.settings import Settings


def run(
    processes: Annotated[int | None, typer.Option(min=1, max=64, help="Processes that examine [one per core].")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Compute no hashes anew: a good third of the time.")] = False,
) -> None:
    """Check every invariant of the stored data and repair what is derived. Exits 1 where something stays wrong.

    Of each journal it checks all hashes and links and the signature of its head; `verify` checks every signature.
    """
    with reported_problems(), with_database(Settings()) as settings:
        sound = run_doctor(settings, processes or os.cpu_count() or 1, quick=quick)
    if not sound:
        raise typer.Exit(1)
