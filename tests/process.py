"""Processes of their own: the server as the experiments start it, and Python on anything else."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.deps import Deps
from app.ops.bootstrap import with_database, with_deps
from app.settings import Settings
from experiments.process import ROOT, ServerProcess, free_port

__all__ = ["ROOT", "ServerProcess", "beside", "free_port", "run_python"]


@asynccontextmanager
async def beside(server: ServerProcess) -> AsyncIterator[Deps]:
    """Open the database of a running server as a command beside it does, without a process for it."""
    with with_database(Settings(data_dir=server.data_dir)) as settings:
        async with with_deps(settings) as deps:
            yield deps


async def run_python(*arguments: str, cwd: Path) -> tuple[int, str]:
    """Run Python on something of its own; return the exit code and what it prints."""
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=cwd, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode().strip()
