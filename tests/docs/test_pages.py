"""Every code block of the README and the docs is run or parsed, or says that it is not; operations are this API's."""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from graphql import DocumentNode, parse, validate

from tests.docs.page import BLOCKS, NOT_RUN, ROOT, Block
from tests.docs.story import CALLERS
from tests.sdl import sdl

JAVASCRIPT = [block for block in BLOCKS if block.language == "js"]
LINES_MAX = 160


async def check_graphql(block: Block) -> None:
    for operation in parse(block.text).definitions:
        assert validate(sdl(), DocumentNode(definitions=(operation,))) == []
    assert set(block.words) <= {*CALLERS, NOT_RUN}


async def check_sh(block: Block) -> None:
    shell = await asyncio.create_subprocess_exec("bash", "-n", "-c", block.text)
    assert await shell.wait() == 0


async def check_python(block: Block) -> None:
    compile(block.text, str(block), "exec")


async def check_js(block: Block) -> None:
    """Those of docs/PROTOCOL.md are run by tests/clients; here they are parsed, where there is Node."""
    assert block.page == "docs/PROTOCOL.md"
    if (node := shutil.which("node")) is None:
        pytest.skip("Node is not installed")
    program = await asyncio.create_subprocess_exec(
        node, "--check", "--input-type=module", "-", stdin=asyncio.subprocess.PIPE
    )
    await program.communicate(block.text.encode())
    assert program.returncode == 0


async def check_json(block: Block) -> None:
    json.loads(block.text)


async def check_nothing(block: Block) -> None:
    """What a program prints is not code; of other languages a reader is told that nobody runs them here."""
    assert block.language == "text" or not block.runs


CHECKS: dict[str, Callable[[Block], Awaitable[None]]] = {
    "graphql": check_graphql,
    "sh": check_sh,
    "python": check_python,
    "js": check_js,
    "json": check_json,
}


@pytest.mark.parametrize("block", BLOCKS, ids=str)
async def test_each_code_block_is_checked_by_the_rules_of_its_language(block: Block) -> None:
    await CHECKS.get(block.language, check_nothing)(block)


@pytest.mark.parametrize("language", ["", "ruby"])
async def test_a_block_that_nobody_checks_fails_unless_it_says_that_it_is_not_run(language: str) -> None:
    block = Block("page", 1, language, (), "puts 1")
    with pytest.raises(AssertionError):
        await check_nothing(block)
    await check_nothing(replace(block, words=(NOT_RUN,)))


def test_the_readme_fits_on_two_screens() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= LINES_MAX
