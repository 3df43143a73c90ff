"""One server for each module: what is loaded beside it is nobody else's."""

from collections.abc import AsyncIterator

import pytest

from app.settings import Settings
from tests.editions.plant import Plant, running_plant


@pytest.fixture(scope="module")
async def plant(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    async with running_plant(settings, tmp_path_factory.mktemp("catalogue")) as plant:
        yield plant
        assert await plant.findings() == []
