"""Processes of their own: the server as the experiments start it, and Python on anything else."""

import asyncio
import sys
from pathlib import Path

from experiments.process import ROOT, ServerProcess, free_port

__all__ = ["ROOT", "ServerProcess", "free_port", "run_python"]


async def run_python(*arguments: str, cwd: Path) -> tuple[int, str]:
    """Run Python on something of its own; return the exit code and what it prints."""
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=cwd, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode().strip()
