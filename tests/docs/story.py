"""Runs the code blocks of one page in their order, as a reader would: what one answers, the next ones use."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationDefinitionNode, OperationType, parse, print_ast

from app.settings import Settings
from tests.client import Api, new_customer
from tests.conftest import Token
from tests.docs.page import ROOT, Block, here

CALLERS = ("nobody", "customer", "sister", "partner", "factory", "engineer", "carrier")
BOUND = {
    "partner": ("partner", {}),
    "factory": ("factory", {"factory": "FOSHAN"}),
    "engineer": ("staff", {"factory": "FOSHAN"}),
    "carrier": ("carrier", {"carrier": "HUAXIA"}),
}
ENDLESS = "endless"
LEAVE = '.venv/bin/python -c \'import json, os; json.dump(dict(os.environ), open("left.json", "w"))\''


@dataclass
class Story:
    """One reader of one page: who they are signed in as, and all that they were answered, by name."""

    api: Api
    machine: Token
    settings: Settings
    folder: Path
    known: dict[str, Any] = field(default_factory=dict)
    callers: dict[str, Api] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("app", "docs", "resolvers", "schema", "seeds", "subscriptions"):
            (self.folder / name).symlink_to(ROOT / name)
        (self.folder / ".venv").symlink_to(sys.prefix)

    async def run(self, block: Block) -> None:
        await RUNNERS[block.language](self, block)

    async def caller(self, name: str) -> Api:
        if name not in self.callers:
            self.callers[name] = await self._sign_in(name)
        return self.callers[name]

    async def _sign_in(self, name: str) -> Api:
        if name == "nobody":
            return self.api
        if name in BOUND:
            kind, bound = BOUND[name]
            return await self.machine(kind, **bound)
        return await new_customer(self.api)

    def learn(self, answer: Any, *, anew: bool = True, lists_too: bool = True) -> None:
        """Keep every value of an answer under the name that it has there; of a list, those of its first entry.

        A list that was only looked at (`lists_too` is false) fills in what is not known yet, and changes nothing.
        """
        if isinstance(answer, list):
            anew = anew and lists_too
            for entry in reversed(answer) if anew else answer:
                self.learn(entry, anew=anew, lists_too=lists_too)
        elif isinstance(answer, dict):
            for name, value in answer.items():
                self.learn(value, anew=anew, lists_too=lists_too)
                if value is not None and not isinstance(value, list | dict) and (anew or name not in self.known):
                    self.known[name] = value


async def run_graphql(story: Story, block: Block) -> None:
    """Send each operation of a block; each must succeed. A subscription must bring an event."""
    caller = await story.caller(block.words[0] if block.words else "nobody")
    for operation in parse(block.text).definitions:
        assert isinstance(operation, OperationDefinitionNode)
        data = await _answer(story, caller, operation)
        for name, answer in data.items():
            for member in answer if isinstance(answer, list) else [answer]:
                assert member is not None, f"{name} answered null"
                assert not isinstance(member, dict) or "errorCode" not in member, f"{name} refused: {member}"
        story.learn(data, lists_too=operation.operation != OperationType.QUERY)
        if "signUp" in data:
            story.callers["customer"] = story.api.signed_in(story.known["accessToken"])


async def _answer(story: Story, caller: Api, operation: OperationDefinitionNode) -> dict[str, Any]:
    text = print_ast(operation)
    asked = [each.variable.name.value for each in operation.variable_definitions or () if each.default_value is None]
    variables = {name: story.known[name] for name in asked}
    if operation.operation != OperationType.SUBSCRIPTION:
        return await caller.ask(text, **variables)
    async with caller.subscribe(text, **variables) as events:
        return await events.next()


async def run_sh(story: Story, block: Block) -> None:
    """Run a block in a shell that knows the answers so far in capitals; what it sets, later blocks have."""
    if "curl" in block.text and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    async with _shell(story, here(block.text, story.api.url)) as shell:
        if ENDLESS in block.words:
            await _first_event(shell)
            return
        out, _ = await shell.communicate()
    assert shell.returncode == 0, out.decode()
    assert b'"errors"' not in out, out.decode()
    assert b'"errorCode"' not in out, out.decode()
    left: dict[str, str] = json.loads((story.folder / "left.json").read_text(encoding="utf-8"))
    story.environment |= {name: value for name, value in left.items() if name.isupper() and name not in os.environ}


@asynccontextmanager
async def _shell(story: Story, text: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a shell in the story's folder; end it, and all that it started, where it has not ended by itself."""
    known = {_snake(name).upper(): str(value) for name, value in story.known.items()}
    settings = {
        "ZERO_DISTANCE_MONGODB_URL": story.settings.mongodb_url,
        "ZERO_DISTANCE_DATABASE": story.settings.database,
        "ZERO_DISTANCE_DATA_DIR": str(story.settings.data_dir),
    }
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", f"set -a\n{text}\n{LEAVE}"),
        cwd=story.folder,
        env={**os.environ, **settings, **known, **story.environment},
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield shell
    finally:
        if shell.returncode is None:
            os.killpg(shell.pid, signal.SIGKILL)
            await shell.wait()


async def _first_event(shell: asyncio.subprocess.Process) -> None:
    """Wait until a stream that does not end has brought something."""
    assert shell.stdout is not None
    while not (line := await shell.stdout.readline()).startswith(b"data: {"):
        assert line, "the stream ended"


async def run_python(story: Story, block: Block) -> None:
    """Execute a block that knows the answers so far by their names in snake case."""
    known = {_snake(name): value for name, value in story.known.items()}
    await asyncio.to_thread(exec, compile(here(block.text, story.api.url), str(block), "exec"), known)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


RUNNERS: dict[str, Callable[[Story, Block], Awaitable[None]]] = {
    "graphql": run_graphql,
    "sh": run_sh,
    "python": run_python,
}
