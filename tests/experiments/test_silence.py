"""P12, the short lane: tokens expire and sessions are revoked while steps go on."""

from pathlib import Path

import pytest

from experiments.result import Options
from experiments.silence import run_silence
from experiments.silence_checker import Cause
from tests.experiments.judged import judged

pytestmark = pytest.mark.prove
TRIALS = 20


async def test_expired_or_revoked_means_silent(tmp_path: Path) -> None:
    asked = Options(seed=12, minutes=0, folder=tmp_path, bell="mongodb", subscribers=TRIALS)
    result = await judged("p12", run_silence(asked, token_seconds=6), asked)
    assert [result.figures[f"{cause}: trials"] for cause in Cause] == [TRIALS // 2, TRIALS // 2]
    assert int(result.figures["deliveries to who fell silent"]) > TRIALS
