"""The code blocks of each page are run in their order against a real server: a reader who pastes them gets there."""

import secrets
from collections.abc import AsyncIterator, Callable
from itertools import groupby
from pathlib import Path

import pytest

from app.domain.shared.viewer import AccountKind
from app.ops.bootstrap import build_deps
from app.ops.issue_token import machine_token
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from tests.client import Api
from tests.conftest import serving
from tests.docs.meanwhile import MEANWHILE
from tests.docs.page import BLOCKS
from tests.docs.story import RUNNERS, Story

TOLD = [block for block in BLOCKS if block.runs and block.language in RUNNERS]
STORIES = {page: list(blocks) for page, blocks in groupby(TOLD, key=lambda block: block.page)}


@pytest.fixture(scope="module")
async def story_in(settings: Settings) -> AsyncIterator[Callable[[Path], Story]]:
    """A server for all pages, with a database in which nothing has happened yet."""
    settings = settings.model_copy(update={"database": f"docs_{secrets.token_hex(4)}"})
    async with serving(settings) as url:
        api = Api(url)
        database = Database.connect(settings.mongodb_url, settings.database)
        deps = await build_deps(settings, Stores(database))

        async def machine(kind: str, **bound: str) -> Api:
            return api.signed_in(await machine_token(deps, AccountKind(kind.upper()), **bound))

        yield lambda folder: Story(api, machine, settings, folder)
        await api.http.aclose()
        database.close()


@pytest.mark.parametrize("page", STORIES)
async def test_the_blocks_of_a_page_succeed_one_after_the_other(
    story_in: Callable[[Path], Story], tmp_path: Path, page: str
) -> None:
    story = story_in(tmp_path)
    for block in STORIES[page]:
        try:
            for act in block.meanwhile:
                await MEANWHILE[act](story)
            await story.run(block)
        except Exception as error:
            error.add_note(f"at {block}")
            raise
