"""P10, the short lane: everybody is cut at once, comes back, and few reads of the journals serve all."""

from pathlib import Path

import pytest

from experiments.result import Options
from experiments.storm import run_storm

SUBSCRIBERS = 80


@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_all_who_are_cut_at_once_are_live_again_with_two_reads_of_each_journal(tmp_path: Path) -> None:
    result = await run_storm(Options(seed=10, minutes=0, folder=tmp_path, subscribers=SUBSCRIBERS))
    assert result.violations == []
    assert int(result.figures["subscriptions"]) >= 2 * SUBSCRIBERS
    assert int(result.figures["steps to catch up, of all"]) >= SUBSCRIBERS
    assert int(result.figures["deliveries"]) >= SUBSCRIBERS
