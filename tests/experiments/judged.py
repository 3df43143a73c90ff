"""What a short lane of an experiment counted, told at the end of the run, and whether it broke a promise."""

from collections.abc import Coroutine

from experiments.result import Options, Result
from tests.lane import rounds

SEEDS = range(rounds(push=10, prove=100))
"""Of made-up histories that the checkers are checked with."""
JUDGED: list[tuple[str, Result]] = []
"""What ran in this process; `conftest.py` tells of it."""


async def judged(name: str, run: Coroutine[None, None, Result], options: Options) -> Result:
    """Await an experiment, note its seed and its figures, and see that it found no violation."""
    result = await run
    JUDGED.append((f"{name}, seed {options.seed}", result))
    assert result.violations == []
    return result
