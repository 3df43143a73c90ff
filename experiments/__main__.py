"""python -m experiments NAME --minutes N --seed S: runs one experiment and exits with 1 where a promise is broken."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Mapping
from enum import StrEnum
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from experiments.live import run_control, run_live, run_p4, run_p7
from experiments.order import run_orders
from experiments.p6 import run_p6
from experiments.p18 import run_p18
from experiments.result import BATCH_MAX, Options, Result
from experiments.silence import run_silence
from experiments.stall import run_stall
from experiments.storm import run_storm

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
SHOWN_MAX = 20


class Name(StrEnum):
    live = "live"
    control = "control"
    orders = "orders"
    p1 = "p1"
    p2 = "p2"
    p3 = "p3"
    p4 = "p4"
    p5 = "p5"
    p6 = "p6"
    p7 = "p7"
    p10 = "p10"
    p11 = "p11"
    p12 = "p12"
    p18 = "p18"
    p19 = "p19"


class BellName(StrEnum):
    memory = "memory"
    mongodb = "mongodb"
    redis = "redis"


EXPERIMENTS: Mapping[Name, Callable[[Options], Coroutine[None, None, Result]]] = {
    Name.live: run_live,
    Name.control: run_control,
    Name.orders: run_orders,
    Name.p1: run_live,
    Name.p2: run_live,
    Name.p3: run_live,
    Name.p4: run_p4,
    Name.p5: run_orders,
    Name.p6: run_p6,
    Name.p7: run_p7,
    Name.p10: run_storm,
    Name.p11: run_stall,
    Name.p12: run_silence,
    Name.p18: run_p18,
    Name.p19: run_orders,
}


@cli.command()
def run(
    name: Annotated[Name, typer.Argument(help="By promise; live is p1 to p3 together, orders p5 and p19.")],
    minutes: Annotated[float, typer.Option(min=0.1, help="Begin nothing new after so many minutes.")] = 2.0,
    seed: Annotated[int | None, typer.Option(help="Draws the same again; none: a new one.")] = None,
    keys: Annotated[int, typer.Option(min=1, help="Keys to order with, at most (orders).")] = 500,
    bell: Annotated[
        BellName, typer.Option(help="What rings (all of live delivery but p7, which is Redis).")
    ] = BellName.memory,
    subscribers: Annotated[int, typer.Option(min=1, help="Who watch (live, p4, p7, p10, p11), or trials (p12).")] = 40,
    reports: Annotated[int, typer.Option(min=1, max=100, help="In one mutation, at most (live delivery).")] = BATCH_MAX,
    folder: Annotated[Path | None, typer.Option(help="Keeps database and history; none: a temporary one.")] = None,
) -> None:
    """Run an experiment behind the promises, and say what was counted and whether they held."""
    logging.basicConfig(level=logging.ERROR)
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    where = folder or Path(mkdtemp(prefix="experiment-"))
    where.mkdir(parents=True, exist_ok=True)
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"seed {seed}, data in {where}")
    result = asyncio.run(EXPERIMENTS[name](Options(seed, minutes, where, keys, bell.value, subscribers, reports)))
    table = Table(show_header=False)
    for figure, value in result.figures.items():
        table.add_row(figure, f"{value:,}" if isinstance(value, int) else str(value))
    console.print(table)
    for violation in result.violations[:SHOWN_MAX]:
        console.print(f"VIOLATED {violation}", markup=False)
    console.print(f"{len(result.violations)} contradictions (seed {seed})")
    if result.violations:
        raise typer.Exit(1)


if __name__ == "__main__":
    cli()
