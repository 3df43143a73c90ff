"""A database of its own for what is planted, away from the one that all tests share."""

import secrets
from collections.abc import AsyncIterator

import pytest

from app.opening import with_world
from app.settings import Settings
from app.world import World
from tests.doctor.clinic import Patient, admit


@pytest.fixture(scope="module")
def clinic_settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"database": f"clinic_{secrets.token_hex(4)}"})


@pytest.fixture(scope="module")
async def clinic(clinic_settings: Settings) -> AsyncIterator[World]:
    async with with_world(clinic_settings) as world:
        await world.stores.build_indexes()
        yield world


@pytest.fixture
async def patient(clinic: World) -> Patient:
    return await admit(clinic)
