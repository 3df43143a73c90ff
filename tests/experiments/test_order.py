"""P5 and P19, the short lane: 500 keys through kills and dropped replies, however long that takes."""

from pathlib import Path

import pytest

from experiments.order import run_orders
from experiments.result import Options
from tests.experiments.judged import judged

pytestmark = pytest.mark.prove
KEYS = 500


@pytest.mark.timeout(1800)
async def test_no_key_makes_two_orders_and_no_order_is_ever_half_there(tmp_path: Path) -> None:
    asked = Options(seed=5, minutes=12, folder=tmp_path, keys=KEYS)
    result = await judged("orders", run_orders(asked), asked)
    figures = result.figures
    assert figures["orders of one key, at most"] == 1
    assert figures["orders"] == figures["keys"] == KEYS
    assert figures["invariants violated"] == 0
    assert int(figures["HTTP: reply dropped after the server had sent it"]) > 0
    assert int(figures["examinations by the doctor"]) >= 3
