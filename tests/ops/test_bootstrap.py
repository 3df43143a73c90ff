"""A start that meets a database that is away, or fails."""

import asyncio
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest
from pymongo.errors import InvalidOperation
from starlette.applications import Starlette

from app.main import Application
from app.settings import Settings
from experiments.proxy import NONE, FaultProxy, Faults
from tests.waiting import until


async def test_a_start_waits_for_a_database_that_is_away(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    proxy = FaultProxy(urlsplit(settings.mongodb_url).port or 0, Random(1), Faults(cut=1.0))
    await proxy.start()
    url = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
    application = Application(settings.model_copy(update={"mongodb_url": url, "database": "late"}))
    async with asyncio.TaskGroup() as group:
        group.create_task(_heal_once_waited_for(proxy, caplog))
        async with application.lifespan(Starlette()):
            assert application.view is not None
    assert application.view is None
    await proxy.stop()


async def _heal_once_waited_for(proxy: FaultProxy, caplog: pytest.LogCaptureFixture) -> None:
    await until(lambda: "the start waits for the database" in caplog.text)
    proxy.faults = NONE


async def test_a_start_that_fails_closes_its_connections(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "not a folder"
    folder.write_text("")
    application = Application(settings.model_copy(update={"data_dir": folder}))
    with pytest.raises(OSError, match="not a folder"):
        async with application.lifespan(Starlette()):
            raise AssertionError("it started without keys")
    assert application.database is not None
    with pytest.raises(InvalidOperation):
        await application.database.ping()
