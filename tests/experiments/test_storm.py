"""P10, the short lane: everybody is cut at once, comes back, and few reads of the journals serve all."""

from pathlib import Path

import pytest

from experiments.result import Options
from experiments.storm import run_storm
from tests.experiments.judged import judged

pytestmark = pytest.mark.prove
SUBSCRIBERS = 80


async def test_all_who_are_cut_at_once_are_live_again_with_two_reads_of_each_journal(tmp_path: Path) -> None:
    asked = Options(seed=10, minutes=0, folder=tmp_path, subscribers=SUBSCRIBERS)
    result = await judged("p10", run_storm(asked), asked)
    assert int(result.figures["subscriptions"]) >= 2 * SUBSCRIBERS
    assert int(result.figures["steps to catch up, of all"]) >= SUBSCRIBERS
    assert int(result.figures["deliveries"]) >= SUBSCRIBERS
