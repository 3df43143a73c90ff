"""Real parts for all tests: one mongod, one server on a real port, machines with real tokens.

**Time belongs to the test.** Nothing here is slept for and nothing is timed: a test passes on a machine that is busy
with twenty other things. So there is one way for each kind of time:

- How long something waits is an argument of its constructor or one of the settings. A test gives zero or a tenth of a
  second for what has to happen, and an hour for what must not. What is called later, or looks at a clock, takes that
  from outside as well (`later`, `pause`, `now`), and the test moves it.
- Moments that rules compare (a deadline, a token's end) are arguments or come from `deps.clock`; `tests.later` moves
  it. The sweep and the planner run where a test calls them.
- For what has to happen a test waits by an event, a change stream or what a client receives, and where there is none by
  `tests.waiting.until`; always for as long as WAIT_SECONDS_MAX.
- Who is first where two act at once is no matter of luck: `tests.racing`.

What is about speed is a benchmark. What takes long, or has to be alone with the machine to say anything, is marked
`prove` and run by `scripts/prove`.

**Hypothesis has two profiles**: on every push it draws few examples, and the same ones each time, so that what turns
red was changed just now; `scripts/prove` (LANE=prove) draws many, new ones each time.
"""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import pytest
import uvicorn
from hypothesis import HealthCheck

from app.deps import Deps
from app.domain.shared.viewer import AccountKind
from app.main import create_app
from app.ops.bootstrap import build_deps, seed
from app.ops.embedded.mongod import embedded_mongod
from app.ops.issue_token import machine_token
from app.ops.serve import server_options
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from tests.client import Api
from tests.lane import PROVING
from tests.waiting import WAIT_SECONDS_MAX, until

Token = Callable[..., Awaitable[Api]]
CATALOGUE = ["catalogue", "editions"]
"""The collections that hold what `python -m app seed` loads."""
MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30


UNTIMED = hypothesis.settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.settings.register_profile("push", UNTIMED, max_examples=40, derandomize=True, database=None)
hypothesis.settings.register_profile("prove", UNTIMED, max_examples=500, print_blob=True)
hypothesis.settings.load_profile("prove" if PROVING else "push")


@pytest.fixture(scope="session")
def mongodb_url() -> Iterator[str]:
    """Start one mongod for this run, in memory where there is room: it journals as ever, and waits for no disk."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    with TemporaryDirectory(dir=MEMORY if roomy else None) as folder, embedded_mongod(Path(folder)) as running:
        yield running.url


@pytest.fixture(scope="session")
def settings(mongodb_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A database of its own, the bell in memory; its sweep and its planner run where a test calls them."""
    return Settings(
        mongodb_url=mongodb_url,
        database=f"test_{secrets.token_hex(4)}",
        data_dir=tmp_path_factory.mktemp("keys"),
        operation_seconds_max=WAIT_SECONDS_MAX,
        init_seconds_max=WAIT_SECONDS_MAX,
        sweep_seconds=3600,
        planning_seconds=3600,
        catalogue_seconds=3600,
        position_check_seconds=0.3,
        rights_seconds=0.0,
        sockets_per_account_max=1_000,
        drain_seconds=0.5,
    )


@pytest.fixture(scope="session")
def emptied() -> list[str]:
    """Databases that were made for a test and are free again."""
    return []


@pytest.fixture
async def own_database(mongodb_url: str, emptied: list[str]) -> AsyncIterator[str]:
    """A database that holds nothing, or indexes and the catalogue alone: to empty one costs a tenth of making one."""
    name = emptied.pop() if emptied else f"own_{secrets.token_hex(4)}"
    yield name
    database = Database.connect(mongodb_url, name)
    for collection in await database.handle.list_collection_names(filter={"name": {"$nin": CATALOGUE}}):
        await database.collection(collection).delete_many({})
    database.close()
    emptied.append(name)


@asynccontextmanager
async def serving(settings: Settings, **options: Any) -> AsyncIterator[str]:
    """Serve on a free port, in this process but through real sockets; yield the address. `options` are uvicorn's."""
    database = Database.connect(settings.mongodb_url, settings.database)
    await seed(Stores(database))
    database.close()
    given = {**server_options(settings), "factory": False, "host": "127.0.0.1", "port": 0, **options}
    config = uvicorn.Config(create_app(settings), **given)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    await until(lambda: server.started or task.done())
    if task.done():
        await task
        raise RuntimeError("the server ended at its start")
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture(scope="session")
async def api(settings: Settings) -> AsyncIterator[Api]:
    """Nobody in particular, calling the server that all tests share."""
    async with serving(settings) as url:
        caller = Api(url)
        yield caller
        await caller.http.aclose()


@pytest.fixture(scope="session")
async def deps(settings: Settings, api: Api) -> AsyncIterator[Deps]:
    """The same database seen from inside: for tokens, and to see that nothing was written."""
    database = Database.connect(settings.mongodb_url, settings.database)
    yield await build_deps(settings, Stores(database))
    database.close()


@pytest.fixture(scope="session")
async def machine(api: Api, deps: Deps) -> Token:
    """Make the caller of a kind: `await machine("factory", factory="FOSHAN")`."""

    async def caller(kind: str, **bound: str) -> Api:
        return api.signed_in(await machine_token(deps, AccountKind(kind.upper()), **bound))

    return caller


@pytest.fixture(scope="session")
async def foshan(machine: Token) -> Api:
    return await machine("factory", factory="FOSHAN")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"
