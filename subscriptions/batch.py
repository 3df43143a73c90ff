"""Many reads of one kind, asked for at about the same time, made into one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

V = TypeVar("V")
KEYS_MAX = 1_000


class Batch(Generic[V]):
    """Gathers the keys that are asked for while a read is under way into the next one.

    A key is never answered from a read that began before it was asked for.
    """

    def __init__(self, read: Callable[[list[str]], Awaitable[Mapping[str, V]]]) -> None:
        self._read = read
        self._asked: dict[str, asyncio.Future[V | None]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def get(self, key: str) -> V | None:
        """Read one value; None where there is none."""
        future = self._asked.get(key)
        if future is None:
            future = self._asked[key] = asyncio.get_running_loop().create_future()
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read_all())
        return await asyncio.shield(future)

    async def _read_all(self) -> None:
        while self._asked:
            keys = list(self._asked)[:KEYS_MAX]
            asked = {key: self._asked.pop(key) for key in keys}
            try:
                found = await self._read(keys)
            except Exception as error:
                for future in asked.values():
                    future.set_exception(error)
                    future.exception()  # whoever asked may have gone
            else:
                for key, future in asked.items():
                    future.set_result(found.get(key))
