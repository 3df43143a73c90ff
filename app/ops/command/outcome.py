"""How a command ends whose problem is an expected one."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from app.domain.shared.refusal import Refusal
from app.ops.problem import OperatorProblem
from seeds.files import CatalogueError


@contextmanager
def reported_problems() -> Iterator[None]:
    """End a command whose problem is expected with its message and code 1, instead of a traceback."""
    try:
        yield
    except (OperatorProblem, CatalogueError, Refusal) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
