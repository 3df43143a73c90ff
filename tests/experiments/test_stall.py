"""P11, the short lane: some stop reading for a while, are ended or go on, and miss nothing.

How much longer the others wait is judged loosely here: in so short a time, on a machine that does other things, each
phase's p99 is chance.
"""

from pathlib import Path

import pytest

from experiments.result import Options
from experiments.stall import Pace, run_stall
from experiments.stall_checker import Limits
from tests.experiments.judged import judged

pytestmark = pytest.mark.prove
SUBSCRIBERS = 25
PACE = Pace(calm_seconds=0.5, short_seconds=1.0, long_seconds=3.0, patience_seconds=1.5)


async def test_who_does_not_read_misses_nothing_and_harms_nobody(tmp_path: Path) -> None:
    asked = Options(seed=11, minutes=0, folder=tmp_path, subscribers=SUBSCRIBERS)
    result = await judged("p11", run_stall(asked, PACE, Limits(ratio_max=10)), asked)
    assert int(result.figures["ended by the server"]) > 0
    assert int(result.figures["read again in time"]) > 0
