"""python -m app demo: everything on one machine, to see."""

from typing import Annotated

import typer

from app.ops.command.outcome import reported_problems
from app.ops.command.simulation import Failures, Orders, Pace, Seed
from app.ops.demo.run import run_demo
from app.settings import Settings
from seeds.simulator import Rules


def run(
    port: Annotated[int | None, typer.Option(help="Port to listen on [ZERO_DISTANCE_PORT, 8000].")] = None,
    pace: Pace = 1.0,
    seed: Seed = 1,
    failures: Failures = 0.08,
    orders_per_minute: Orders = 2.0,
) -> None:
    """Start the server with a simulated factory and customers, a day a minute, and show what happens."""
    settings = Settings() if port is None else Settings(port=port)
    with reported_problems():
        run_demo(settings, Rules(pace, seed, failures), orders_per_minute)
