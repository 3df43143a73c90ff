"""The command line: python -m app …

What only some commands need, and takes long to import (the schema, the web server), they import themselves.
"""

import asyncio
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from app.actions.access import get_unit
from app.actions.anchor import verify_anchors
from app.actions.verify import verify
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.refusal import Refusal
from app.domain.shared.viewer import AccountKind
from app.domain.unit.code import format_code, parse_code
from app.ops.bootstrap import CATALOGUE, with_database, with_deps, with_stores
from app.ops.bootstrap import seed as seed_stores
from app.ops.doctor.run import run_doctor
from app.ops.embedded.mongod import NoDatabase
from app.ops.issue_token import customer_token, machine_token
from app.ops.logs import configure_logs
from app.settings import Settings
from seeds.files import CatalogueError
from seeds.simulator import Rules

cli = typer.Typer(
    help="ZeroDistance: between a customer and the factory. Settings are environment variables ZERO_DISTANCE_…",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
SDL = Path(__file__).parent.parent / "schema" / "schema.graphql"


class Kind(StrEnum):
    customer = "customer"
    partner = "partner"
    factory = "factory"
    carrier = "carrier"
    staff = "staff"


def fail(message: object) -> typer.Exit:
    typer.echo(str(message), err=True)
    return typer.Exit(1)


@cli.command("serve")
def serve_command(
    host: Annotated[str | None, typer.Option(help="Address to listen on [ZERO_DISTANCE_HOST, 127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [ZERO_DISTANCE_PORT, 8000].")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer [ZERO_DISTANCE_WORKERS, 1].")] = None,
) -> None:
    """Serve the API at /graphql, over HTTP and WebSocket. Starts a database of its own where none is named."""
    from app.ops.serve import SeveralWorkersNeedABell, serve

    given = {"host": host, "port": port, "workers": workers}
    try:
        serve(Settings(**{name: value for name, value in given.items() if value is not None}))  # type: ignore[arg-type]
    except (NoDatabase, SeveralWorkersNeedABell, CatalogueError) as error:
        raise fail(error) from error


@cli.command("seed")
def seed_command(
    folder: Annotated[Path, typer.Option(help="The catalogue's YAML files.")] = CATALOGUE,
) -> None:
    """Load the catalogue's files into the database. Loading twice changes nothing; a wrong file loads nothing."""

    async def run(settings: Settings) -> int:
        async with with_stores(settings) as stores:
            await stores.build_indexes()
            return await seed_stores(stores, folder)

    try:
        with with_database(Settings()) as settings:
            changed = asyncio.run(run(settings))
    except (NoDatabase, CatalogueError) as error:
        raise fail(error) from error
    typer.echo(f"{changed} parts of the catalogue were new or changed. A running server sees them after a restart.")


@cli.command("token")
def token_command(
    kind: Annotated[Kind, typer.Option(help="Whose token.")],
    factory: Annotated[str | None, typer.Option(help="For a factory, or to bind staff to one: FOSHAN …")] = None,
    carrier: Annotated[str | None, typer.Option(help="For a carrier: its code.")] = None,
    name: Annotated[str | None, typer.Option(help="What to call a partner or a member of staff.")] = None,
    email: Annotated[str | None, typer.Option(help="For a customer who has signed up.")] = None,
) -> None:
    """Print one access token, valid for 12 hours. Works beside a running server."""

    async def run(settings: Settings) -> str:
        async with with_deps(settings) as deps:
            if kind == Kind.customer and email is not None:
                return await customer_token(deps, email)
            return await machine_token(deps, AccountKind(kind.value.upper()), factory, carrier, name)

    try:
        with with_database(Settings()) as settings:
            typer.echo(asyncio.run(run(settings)))
    except (NoDatabase, Refusal) as error:
        raise fail(error) from error


@cli.command("schema")
def schema_command(
    check: Annotated[bool, typer.Option(help="Compare with schema/schema.graphql instead of printing.")] = False,
    write: Annotated[bool, typer.Option(help="Write schema/schema.graphql instead of printing.")] = False,
) -> None:
    """Print the GraphQL schema."""
    from app.execution.schema import Schema

    sdl = Schema(Settings()).as_str() + "\n"
    if write:
        SDL.write_text(sdl)
    elif not check:
        typer.echo(sdl, nl=False)
    elif SDL.read_text() != sdl:
        raise fail("schema/schema.graphql differs from the code: run `python -m app schema --write`.")


@cli.command("doctor")
def doctor_command(
    processes: Annotated[int | None, typer.Option(min=1, max=64, help="Processes that examine [one per core].")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Compute no hashes anew: a good third of the time.")] = False,
) -> None:
    """Check every invariant of the stored data and repair what is derived. Exits 1 where something stays wrong.

    Of each journal it checks all hashes and links and the signature of its head; `verify` checks every signature.
    """
    try:
        with with_database(Settings()) as settings:
            sound = run_doctor(settings, processes or os.cpu_count() or 1, quick=quick)
    except NoDatabase as error:
        raise fail(error) from error
    if not sound:
        raise typer.Exit(1)


@cli.command("verify")
def verify_command(
    code: Annotated[str | None, typer.Argument(help="The ID code of a unit.", show_default=False)] = None,
    all: Annotated[bool, typer.Option("--all", help="All units instead of one.")] = False,
) -> None:
    """Check that journals are as they were written: hashes, links, signatures, states. Exits 1 where one is not."""

    async def run(settings: Settings) -> list[bool]:
        async with with_deps(settings) as deps:
            if not all:
                return [_tell(code or "", await verify(deps, await _named(deps, code or "")))]
            found = [_tell("anchors", await verify_anchors(deps))]
            units = deps.stores.products.all()
            return found + [_tell(format_code(unit.code), await verify(deps, unit)) async for unit in units]

    if all == (code is not None):
        raise fail("Give the ID code of a unit, or --all.")
    try:
        with with_database(Settings()) as settings:
            faults = asyncio.run(run(settings))
    except (NoDatabase, Refusal) as error:
        raise fail(error) from error
    typer.echo(f"{len(faults)} journals verified, {sum(faults)} with something wrong.")
    if any(faults):
        raise typer.Exit(1)


async def _named(deps: Deps, code: str) -> Product:
    return await get_unit(deps, None, parse_code(code), visible=lambda _: {})


def _tell(name: str, faults: list[str]) -> bool:
    """Print what is wrong with one journal; tell whether anything is."""
    for fault in faults:
        typer.echo(f"{name}: {fault}")
    return bool(faults)


Pace = Annotated[float, typer.Option(min=0, help="Factor on all durations: 1 as planned, 0 at once.")]
Seed = Annotated[int, typer.Option(help="The same seed makes the same of the same units.")]
Failures = Annotated[float, typer.Option(min=0, max=1, help="Share of units that fail an inspection once.")]
Orders = Annotated[float, typer.Option(min=0, max=600, help="Orders that simulated customers place in a minute.")]


@cli.command("demo")
def demo_command(
    port: Annotated[int | None, typer.Option(help="Port to listen on [ZERO_DISTANCE_PORT, 8000].")] = None,
    pace: Pace = 1.0,
    seed: Seed = 1,
    failures: Failures = 0.08,
    orders_per_minute: Orders = 2.0,
) -> None:
    """Start the server with a simulated factory and customers, a day a minute, and show what happens."""
    from app.ops.demo.run import run_demo
    from app.ops.demo.server import NoServer

    settings = Settings() if port is None else Settings(port=port)
    try:
        run_demo(settings, Rules(pace, seed, failures), orders_per_minute)
    except (NoServer, NoDatabase) as error:
        raise fail(error) from error


@cli.command("simulate")
def simulate_command(
    url: Annotated[str, typer.Option(help="Where the API is.")] = "http://127.0.0.1:8000/graphql",
    pace: Pace = 1.0,
    seed: Seed = 1,
    failures: Failures = 0.08,
    orders_per_minute: Orders = 0.0,
) -> None:
    """Report what machines and carriers would, as a client beside a running server. Ctrl-C stops it."""
    from app.ops.demo.run import run_simulator

    try:
        run_simulator(Settings(), url, Rules(pace, seed, failures), orders_per_minute)
    except NoDatabase as error:
        raise fail(error) from error


if __name__ == "__main__":
    try:
        configure_logs(Settings().log_format)
    except ValidationError as error:
        raise SystemExit(f"A setting ZERO_DISTANCE_… is wrong.\n{error}") from None
    cli()
