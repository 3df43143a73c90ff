"""A real Redis for a test, or the test is skipped with a message."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from experiments.redis_server import RedisServer, find_redis

__all__ = ["RedisServer", "running_redis"]


@asynccontextmanager
async def running_redis() -> AsyncIterator[RedisServer]:
    """Run one for a test, or skip the test with a message."""
    binary = find_redis()
    if binary is None:
        pytest.skip("there is no redis-server here: install one, or run on Linux x86-64, where a wheel brings it")
    server = RedisServer(binary)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()
