"""python -m app simulate: machines and carriers, beside a running server."""

from typing import Annotated

import typer

from app.ops.command.outcome import reported_problems
from app.ops.command.simulation import Failures, Orders, Pace, Seed
from app.ops.demo.run import run_simulator
from app.settings import Settings
from seeds.simulator import Rules


def run(
    url: Annotated[str, typer.Option(help="Where the API is.")] = "http://127.0.0.1:8000/graphql",
    pace: Pace = 1.0,
    seed: Seed = 1,
    failures: Failures = 0.08,
    orders_per_minute: Orders = 0.0,
) -> None:
    """Report what machines and carriers would, as a client beside a running server. Ctrl-C stops it."""
    with reported_problems():
        run_simulator(Settings(), url, Rules(pace, seed, failures), orders_per_minute)
