"""What a short lane of an experiment counted, printed for who proves, and whether it broke a promise."""

from collections.abc import Coroutine

from experiments.result import Options, Result
from tests.lane import rounds

SEEDS = range(rounds(push=10, prove=100))
"""Of made-up histories that the checkers are checked with."""


async def judged(run: Coroutine[None, None, Result], options: Options) -> Result:
    """Await an experiment, print its seed and its figures, and see that it found no violation."""
    result = await run
    figures = [f"{figure}: {value}" for figure, value in result.figures.items()]
    print(f"seed {options.seed}", *figures, sep="\n  ")  # noqa: T201 — pytest shows it where it is asked for (-rP)
    assert result.violations == []
    return result
