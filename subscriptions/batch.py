"""Many reads of one kind, asked for at about the same time, made into one."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from typing import Generic, TypeVar

from app.store.database import UNAVAILABLE

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Asked = dict[K, list[asyncio.Future[V]]]
SIZE_MAX = 1_000


def waiting(asked: Asked[K, V]) -> Iterator[tuple[K, asyncio.Future[V]]]:
    """Yield those who still wait for what they asked for."""
    return ((key, future) for key, futures in asked.items() for future in futures if not future.done())


def halves(asked: Asked[K, V]) -> tuple[Asked[K, V], Asked[K, V]]:
    items = list(asked.items())
    middle = len(items) // 2
    return dict(items[:middle]), dict(items[middle:])


class Batch(Generic[K, V]):
    """Gathers the keys that are asked for while a read is under way into the next one, up to a size together.

    A key is never answered from a read that began before it was asked for. One that cannot
    be read spoils it for no other.
    """

    def __init__(
        self,
        read: Callable[[list[K]], Awaitable[Mapping[K, V]]],
        size_max: int = SIZE_MAX,
        size_of: Callable[[K], int] = lambda key: 1,
    ) -> None:
        self._read = read
        self._size_max = size_max
        self._size_of = size_of
        self._asked: Asked[K, V | None] = {}
        self._reading: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """Read one value; None where there is none."""
        future: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(key, []).append(future)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_all())
        return await future

    async def _read_all(self) -> None:
        while self._asked:
            await self._answer(self._taken())

    async def _answer(self, asked: Asked[K, V | None]) -> None:
        try:
            found = await self._read(list(asked))
        except Exception as error:
            if len(asked) > 1 and not isinstance(error, UNAVAILABLE):
                for half in halves(asked):
                    await self._answer(half)
                return
            for _, future in waiting(asked):
                future.set_exception(error)
                future.exception()  # whoever asked may have gone
        else:
            for key, future in waiting(asked):
                future.set_result(found.get(key))

    def _taken(self) -> Asked[K, V | None]:
        """Take as much as one read may be: those who asked first, at least one."""
        size = 0
        taken: Asked[K, V | None] = {}
        for key in tuple(self._asked):
            size += self._size_of(key)
            if taken and size > self._size_max:
                break
            taken[key] = self._asked.pop(key)
        return taken
