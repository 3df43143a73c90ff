"""Real GraphQL clients subscribe, lose the connection, come back by themselves, and miss nothing."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from tests.client import Api, Json, factory_now, new_customer, new_unit, record, report
from tests.conftest import serving
from tests.docs.page import BLOCKS, Block, here
from tests.process import ROOT
from tests.proxy import proxied
from tests.waiting import WAIT_SECONDS_MAX

HERE = Path(__file__).parent
INSTALLED = ROOT / ".cache" / "clients"
SCRIPTS = ["subscriptions-transport-ws", "eventsource"]
COMMON, *ON_PAGE = [block for block in BLOCKS if block.language == "js"]
(OF_GQL,) = [block for block in BLOCKS if block.language == "python" and block.page == COMMON.page]
OWN = """import { code, fail, query as STEPS, show, token } from "./steps.mjs";
const freshToken = async () => token;
"""
STEPS = "subscription($code: ProductCode!, $after: Int) { productSteps(code: $code, after: $after) { sequence kind } }"
BURST = 5
LAST = 2 + 4 * BURST
Next = Callable[[], Awaitable[int]]
Program = Callable[[Json], AbstractAsyncContextManager[Next]]


@pytest.fixture(scope="session")
async def installed() -> Path:
    """Install the clients once for each package.json, outside of the source; skip where that is not possible."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm is not installed: the JavaScript clients are not tested")
    stamp, mark = hashlib.sha256((HERE / "package.json").read_bytes()).hexdigest(), INSTALLED / "installed"
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for source in (HERE / "package.json", *HERE.glob("*.mjs")):
        shutil.copy(source, INSTALLED)
    if not mark.exists() or mark.read_text() != stamp:
        command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        npm = await asyncio.create_subprocess_exec(
            *command, cwd=INSTALLED, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        try:
            _, problem = await asyncio.wait_for(npm.communicate(), WAIT_SECONDS_MAX)
        except TimeoutError:
            npm.kill()
            await npm.wait()
            problem = b"it took too long"
        if npm.returncode != 0:
            pytest.skip(f"npm install failed: {problem.decode().strip()[-300:]}")
        mark.write_text(stamp)
    return INSTALLED


@asynccontextmanager
async def node_client(folder: Path, name: str, asked: Json) -> AsyncIterator[Next]:
    """Run a script; each number that it prints is a step that its user saw."""
    process = await asyncio.create_subprocess_exec(
        "node", f"{name}.mjs", json.dumps(asked), cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    lines = process.stdout

    async def following() -> int:
        line = await asyncio.wait_for(lines.readline(), WAIT_SECONDS_MAX)
        assert line, f"{name} ended"
        return int(line)

    try:
        yield following
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def page_client(folder: Path, block: Block, asked: Json) -> AsyncIterator[Next]:
    """Run an example of docs/PROTOCOL.md behind the socket that all of them share there."""
    (name,) = block.words
    script = OWN + COMMON.text + block.text
    for library in ("graphql-ws", "graphql-sse"):
        script = script.replace(f'from "{library}"', f'from "./{library}-here.mjs"')
    (folder / f"page-{name}.mjs").write_text(here(script, asked["url"]), encoding="utf-8")
    async with node_client(folder, f"page-{name}", asked) as following:
        yield following


@asynccontextmanager
async def gql_client(asked: Json) -> AsyncIterator[Next]:
    """Run the example for Python's gql, which leaves coming back to its user, with the last step as the cursor."""
    seen: asyncio.Queue[int] = asyncio.Queue()
    names: dict[str, Any] = {
        "STEPS": STEPS,
        "fresh_token": lambda: asked["token"],
        "show": lambda step: seen.put_nowait(step["sequence"]),
    }
    exec(compile(here(OF_GQL.text, asked["url"]), str(OF_GQL), "exec"), names)
    following = asyncio.create_task(names["watch"](asked["code"]))
    try:
        yield lambda: asyncio.wait_for(seen.get(), WAIT_SECONDS_MAX)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def sees_every_step_once(settings: Settings, api: Api, foshan: Api, client: Program) -> None:
    """Cut the client off, twice, while steps are recorded; then end its server, so that another takes over."""
    customer = await new_customer(api)
    code, at = await new_unit(customer), await factory_now(api)

    async def write() -> None:
        await record(foshan, *(report(code, "COMPONENT_FITTED", at) for _ in range(BURST)))

    async with proxied(api.url) as proxy, AsyncExitStack() as first:
        proxy.target = await first.enter_async_context(serving(settings))
        asked = {"url": f"{proxy.url}/graphql", "token": customer.token, "code": code, "last": LAST}
        async with client(asked) as following:
            seen = [await following() for _ in range(2)]
            for cut in (lambda: None, proxy.cut, proxy.cut):
                cut()  # type: ignore[no-untyped-call]
                await write()
                seen += [await following() for _ in range(BURST)]
            proxy.target = api.url
            await first.aclose()
            await write()
            seen += [await following() for _ in range(BURST)]
    assert seen == list(range(1, LAST + 1))
    assert proxy.connections >= 4


@pytest.mark.prove
@pytest.mark.parametrize("block", ON_PAGE, ids=lambda block: block.words[0])
async def test_an_example_of_the_protocol_s_page_misses_nothing(
    settings: Settings, api: Api, foshan: Api, installed: Path, block: Block
) -> None:
    await sees_every_step_once(settings, api, foshan, partial(page_client, installed, block))


@pytest.mark.prove
@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_client_of_npm_misses_nothing(
    settings: Settings, api: Api, foshan: Api, installed: Path, name: str
) -> None:
    await sees_every_step_once(settings, api, foshan, partial(node_client, installed, name))


async def test_gql_misses_nothing(settings: Settings, api: Api, foshan: Api) -> None:
    await sees_every_step_once(settings, api, foshan, gql_client)
