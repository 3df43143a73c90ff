"""P1 to P4 and P7, the short lane: live delivery through kills, cuts and lost bells, and a control that must fail."""

from pathlib import Path

import pytest

from experiments.live import run_control, run_live, run_p4, run_p7
from experiments.proxy import Fault
from experiments.redis_server import find_redis
from experiments.result import Options, Result
from tests.experiments.judged import judged

pytestmark = pytest.mark.prove
SUBSCRIBERS = 20


def options(folder: Path, seconds: float, bell: str = "memory") -> Options:
    return Options(seed=6, minutes=seconds / 60, folder=folder, bell=bell, subscribers=SUBSCRIBERS)


def deliveries(result: Result) -> int:
    return int(result.figures["deliveries"])


async def test_every_subscriber_sees_every_step_once_and_in_order_through_kills_cuts_and_lost_bells(
    tmp_path: Path,
) -> None:
    asked = options(tmp_path, 6, "mongodb")
    result = await judged("live", run_live(asked), asked)
    assert deliveries(result) > 10 * SUBSCRIBERS
    assert int(result.figures["subscriptions"]) > SUBSCRIBERS
    assert int(result.figures["cold subscribers"]) > SUBSCRIBERS
    assert int(result.figures[f"sockets: {Fault.AGE}"]) > 0
    assert result.figures["blows"] != "0"


async def test_delivery_straight_from_broadcaster_fails_under_the_same_faults(tmp_path: Path) -> None:
    asked = options(tmp_path, 4)
    result = await judged("control", run_control(asked), asked)
    assert deliveries(result) > SUBSCRIBERS
    assert int(result.figures["objected: skipped"]) > 0


async def test_without_any_bell_steps_are_late_and_none_is_lost(tmp_path: Path) -> None:
    asked = options(tmp_path, 3)
    result = await judged("p4", run_p4(asked), asked)
    assert deliveries(result) > 10 * SUBSCRIBERS


async def test_no_mutation_fails_while_redis_is_away(tmp_path: Path) -> None:
    if find_redis() is None:
        pytest.skip("there is no redis-server here: install one, or run on Linux x86-64, where a wheel brings it")
    asked = options(tmp_path, 4.5)
    result = await judged("p7", run_p7(asked), asked)
    assert deliveries(result) > 10 * SUBSCRIBERS
