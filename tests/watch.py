"""Waiting for what the server writes by itself, by a change stream instead of by sleeping."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def watching(collection: Any, *pipeline: dict[str, Any]) -> AsyncIterator[Any]:
    """Open a change stream that is surely open: motor's opens at the first question only."""
    async with collection.watch(list(pipeline)) as changes:
        await changes.try_next()
        yield changes
