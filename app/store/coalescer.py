"""Calls of one kind that come at about the same time, made as one, in which each keeps an outcome of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")
Work = Callable[[Sequence[A]], Awaitable[Sequence[R | Exception]]]
HELD_UP_SECONDS = 0.25
"""For so long newcomers wait behind a call that is under way: one that hangs holds nobody else up."""


class Coalescer(Generic[A, R]):
    """Gathers what is asked for while a call is under way into the next one; who comes alone goes alone, at once.

    `work` does what was asked, the first first, and returns for each in the same order its result or what is to be
    raised; what it raises itself is raised to all. Nothing is done for who has gone before their call began; whose call
    has begun may go, and it is done even so.
    """

    def __init__(self, work: Work[A, R], size_max: int) -> None:
        self._work = work
        self._size_max = size_max
        self._waiting: list[tuple[A, asyncio.Future[R]]] = []
        self._travelling: asyncio.Task[None] | None = None
        self._left_at = 0.0

    async def do(self, asked: A) -> R:
        """Have one thing done, together with others that are asked for just now."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._waiting.append((asked, future))
        under_way = self._travelling is not None and not self._travelling.done()
        if not under_way or loop.time() > self._left_at + HELD_UP_SECONDS:
            self._left_at = loop.time()
            self._travelling = asyncio.create_task(self._travel())
        return await future

    async def _travel(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[: self._size_max], self._waiting[self._size_max :]
            present = [(asked, future) for asked, future in taken if not future.done()]
            if present:
                self._left_at = asyncio.get_running_loop().time()
                await self._answer(present)

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
            else:
                future.set_result(outcome)
