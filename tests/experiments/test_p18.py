"""P18 in short: a few alterations of every kind, all found; nothing found where nothing was altered."""

from pathlib import Path

import pytest

from experiments.alteration import ALTERATIONS
from experiments.p18 import run_p18
from experiments.result import Options
from tests.experiments.judged import judged

pytestmark = pytest.mark.prove


async def test_every_kind_of_alteration_is_found(tmp_path: Path) -> None:
    asked = Options(seed=18, minutes=2, folder=tmp_path)
    result = await judged("p18", run_p18(asked, each=2 * len(ALTERATIONS)), asked)
    assert result.figures["alterations of stored steps"] == 2 * len(ALTERATIONS)
    assert result.figures["alterations of exported journals"] == 2 * len(ALTERATIONS)
