"""A start that meets a database that is away, or fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette

from app.main import Application
from app.settings import Settings
from experiments.proxy import NONE, FaultProxy, Faults
from tests.waiting import until


@asynccontextmanager
async def through_a_proxy(settings: Settings, faults: Faults = NONE) -> AsyncIterator[tuple[FaultProxy, str]]:
    """Put a proxy before the database, and give its address."""
    proxy = FaultProxy(urlsplit(settings.mongodb_url).port or 0, Random(1), faults)
    await proxy.start()
    try:
        yield proxy, f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true&heartbeatFrequencyMS=500"
    finally:
        await proxy.stop()


async def test_a_start_waits_for_a_database_that_is_away(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    async with through_a_proxy(settings, Faults(cut=1.0)) as (proxy, url):
        application = Application(settings.model_copy(update={"mongodb_url": url, "database": "late"}))
        async with asyncio.TaskGroup() as group:
            group.create_task(_heal_once_waited_for(proxy, caplog))
            async with application.lifespan(Starlette()):
                assert application.parts is not None
        assert application.parts is None


async def _heal_once_waited_for(proxy: FaultProxy, caplog: pytest.LogCaptureFixture) -> None:
    await until(lambda: "the start waits for the database" in caplog.text)
    proxy.faults = NONE


async def test_a_start_that_fails_closes_its_connections(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "not a folder"
    folder.write_text("")
    async with through_a_proxy(settings) as (proxy, url):
        application = Application(settings.model_copy(update={"mongodb_url": url, "data_dir": folder}))
        with pytest.raises(OSError, match="not a folder"):
            async with application.lifespan(Starlette()):
                raise AssertionError("it started without keys")
        await until(lambda: not proxy.open_connections)
