"""P18 in short: a few alterations of every kind, all found; nothing found where nothing was altered."""

from pathlib import Path

from experiments.alteration import ALTERATIONS
from experiments.p18 import run_p18
from experiments.result import Options


async def test_every_kind_of_alteration_is_found(tmp_path: Path) -> None:
    result = await run_p18(Options(seed=18, minutes=2, folder=tmp_path), each=2 * len(ALTERATIONS))
    assert result.violations == []
    assert result.figures["alterations of stored steps"] == 2 * len(ALTERATIONS)
    assert result.figures["alterations of exported journals"] == 2 * len(ALTERATIONS)
