"""python -m app token: an access token, to try things with or for a machine."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from app.domain.shared.viewer import AccountKind
from app.ops.bootstrap import with_database, with_deps
from app.ops.command.outcome import reported_problems
from app.ops.issue_token import customer_token, machine_token
from app.settings import Settings


class Kind(StrEnum):
    customer = "customer"
    partner = "partner"
    factory = "factory"
    carrier = "carrier"
    staff = "staff"


def run(
    kind: Annotated[Kind, typer.Option(help="Whose token.")],
    factory: Annotated[str | None, typer.Option(help="For a factory, or to bind staff to one: FOSHAN …")] = None,
    carrier: Annotated[str | None, typer.Option(help="For a carrier: its code.")] = None,
    name: Annotated[str | None, typer.Option(help="What to call a partner or a member of staff.")] = None,
    email: Annotated[str | None, typer.Option(help="For a customer who has signed up.")] = None,
) -> None:
    """Print one access token, valid for 12 hours. Works beside a running server."""

    async def issue(settings: Settings) -> str:
        async with with_deps(settings) as deps:
            if kind == Kind.customer and email is not None:
                return await customer_token(deps, email)
            return await machine_token(deps, AccountKind(kind.value.upper()), factory, carrier, name)

    with reported_problems(), with_database(Settings()) as settings:
        typer.echo(asyncio.run(issue(settings)))
