"""A database of its own for what is planted, away from the one that all tests share."""

import secrets
from collections.abc import AsyncIterator

import pytest

from app.deps import Deps
from app.ops.bootstrap import with_deps
from app.settings import Settings
from tests.ops.doctor.clinic import Patient, admit


@pytest.fixture(scope="module")
def clinic_settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"database": f"clinic_{secrets.token_hex(4)}"})


@pytest.fixture(scope="module")
async def clinic(clinic_settings: Settings) -> AsyncIterator[Deps]:
    async with with_deps(clinic_settings) as deps:
        await deps.stores.build_indexes()
        yield deps


@pytest.fixture
async def patient(clinic: Deps) -> Patient:
    return await admit(clinic)
