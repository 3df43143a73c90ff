"""The options that the demonstration and the simulator share."""

from typing import Annotated

import typer

Pace = Annotated[float, typer.Option(min=0, help="Factor on all durations: 1 as planned, 0 at once.")]
Seed = Annotated[int, typer.Option(help="The same seed makes the same of the same units.")]
Failures = Annotated[float, typer.Option(min=0, max=1, help="Share of units that fail an inspection once.")]
Orders = Annotated[float, typer.Option(min=0, max=600, help="Orders that simulated customers place in a minute.")]
