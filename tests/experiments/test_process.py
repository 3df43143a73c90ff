"""A server as the experiments treat it: frozen and thawed."""

from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from experiments.process import ServerProcess, free_port
from tests.waiting import WAIT_SECONDS_MAX


@pytest.mark.prove
async def test_a_frozen_server_is_silent_until_it_is_thawed(tmp_path: Path, settings: Settings) -> None:
    environment = {"ZERO_DISTANCE_MONGODB_URL": settings.mongodb_url, "ZERO_DISTANCE_DATABASE": "frozen"}
    server = ServerProcess(tmp_path, free_port(), environment)
    await server.start()
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{server.url}/healthz")).is_success
        server.freeze()
        with pytest.raises(httpx.ReadTimeout):
            await http.get(f"{server.url}/healthz", timeout=0.3)
        server.thaw()
        assert (await http.get(f"{server.url}/healthz", timeout=WAIT_SECONDS_MAX)).is_success
    await server.kill()
