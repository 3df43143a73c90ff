"""Calls of one kind that come at about the same time, made as one, in which each keeps an outcome of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from app.store.database import UNAVAILABLE

A = TypeVar("A")
R = TypeVar("R")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
READERS_MAX = 100_000
"""How many callers one round of reads answers at most: a read is limited by its keys, not by who asks for them."""
Work = Callable[[Sequence[A]], Awaitable[Sequence[R | Exception]]]
CallLater = Callable[[float, Callable[[], None]], object]
"""How a callback is called some seconds later: as the event loop's `call_later` does."""


def call_later(seconds: float, callback: Callable[[], None]) -> object:
    """Call back by the running loop's own clock."""
    return asyncio.get_running_loop().call_later(seconds, callback)


class Coalescer(Generic[A, R]):
    """Gathers what is submitted while a batch is under way into the next one; whoever comes alone goes alone, at once.

    `work` is given what was submitted, oldest first, and returns for each, in the same order, its result or the
    exception to raise; what it raises itself is raised to all in the batch. A caller that is cancelled before its batch
    begins has asked for nothing; later, its work is finished without it.

    `size_max`: calls to a batch. `max_wait_seconds`: nobody waits longer for a batch under way; those who wait begin
    another one beside it, so that a batch that hangs holds nobody up. `later` is the clock, of which tests have one.
    """

    def __init__(
        self,
        work: Work[A, R],
        size_max: int,
        max_wait_seconds: float = 0.25,
        later: CallLater = call_later,
    ) -> None:
        self._work = work
        self._size_max = size_max
        self._max_wait_seconds = max_wait_seconds
        self._later = later
        self._waiting: list[tuple[A, asyncio.Future[R]]] = []
        self._newest: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def submit(self, asked: A) -> R:
        """Have one thing done, together with others that are submitted just now; raises what became of it."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._newest is None:
            self._begin()
        elif len(self._waiting) == 1:
            self._limit_wait(self._newest)
        return await future

    def _begin(self) -> None:
        """Begin a batch; it takes those who wait when it runs, and so all who submit in the same turn of the loop."""
        self._newest = asyncio.create_task(self._run())
        self._under_way.add(self._newest)
        self._newest.add_done_callback(self._under_way.discard)

    def _limit_wait(self, batch: asyncio.Task[None] | None) -> None:
        self._later(self._max_wait_seconds, lambda: self._follow(batch))

    def _follow(self, batch: asyncio.Task[None] | None) -> None:
        """Begin the batch that follows a given one, unless that was done already."""
        if self._newest is batch:
            self._newest = None
            if self._waiting:
                self._begin()

    async def _run(self) -> None:
        batch = asyncio.current_task()
        try:
            taken, self._waiting = self._waiting[: self._size_max], self._waiting[self._size_max :]
            if self._waiting:
                self._limit_wait(batch)
            present = [(asked, future) for asked, future in taken if not future.done()]
            if present:
                await self._answer(present)
        finally:
            self._follow(batch)

    async def _answer(self, present: Sequence[tuple[A, asyncio.Future[R]]]) -> None:
        outcomes: Sequence[R | Exception]
        try:
            outcomes = await self._work([asked for asked, _ in present])
        except Exception as error:
            outcomes = [error] * len(present)
        except asyncio.CancelledError:
            for _, future in present:
                future.cancel()
            raise
        for (_, future), outcome in zip(present, outcomes, strict=True):
            if future.done():
                continue  # whoever asked has gone
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
                future.exception()  # whoever asked may go before it is raised
            else:
                future.set_result(outcome)


def one_each(key: object) -> int:
    """Count every key as one."""
    return 1


def coalesced_reads(
    read: Callable[[list[K]], Awaitable[Mapping[K, V]]], size_max: int = 1_000, size_of: Callable[[K], int] = one_each
) -> Coalescer[K, V | None]:
    """Make a coalescer of reads: a key is read once for all who ask for it, and None answers what is not there.

    No key is answered from a read that began before it was asked for, and one that cannot be read spoils it for no
    other. One read is of keys up to `size_max` by `size_of` together, or of one key that is larger.
    """

    async def read_all(keys: Sequence[K]) -> Sequence[V | Exception | None]:
        found: dict[K, V | Exception] = {}
        for part in _parts(dict.fromkeys(keys), size_max, size_of):
            found.update(await _read_each(read, part))
        return [found.get(key) for key in keys]

    return Coalescer(read_all, READERS_MAX)


def _parts(keys: Iterable[K], size_max: int, size_of: Callable[[K], int]) -> Iterator[list[K]]:
    part: list[K] = []
    size = 0
    for key in keys:
        size += size_of(key)
        if part and size > size_max:
            yield part
            part, size = [], size_of(key)
        part.append(key)
    if part:
        yield part


async def _read_each(read: Callable[[list[K]], Awaitable[Mapping[K, V]]], keys: list[K]) -> Mapping[K, V | Exception]:
    """Read keys together, and by halves where that fails but for a database that does not answer."""
    try:
        return await read(keys)
    except Exception as error:
        if len(keys) == 1 or isinstance(error, UNAVAILABLE):
            return dict.fromkeys(keys, error)
        middle = len(keys) // 2
        return {**await _read_each(read, keys[:middle]), **await _read_each(read, keys[middle:])}
