"""Time that passes only when nobody has anything to do, for what waits and neither reads nor writes."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

Test = Callable[..., Coroutine[Any, Any, None]]


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop whose clock stands while anything can go on, and then jumps to the next timer."""

    def __init__(self) -> None:
        self._passed = 0.0
        super().__init__(_Jumping(self._pass))

    def time(self) -> float:
        return self._passed

    def _pass(self, seconds: float) -> None:
        self._passed += seconds


class _Jumping(selectors.DefaultSelector):
    """Asks for what is ready without waiting, and lets the time go by instead."""

    def __init__(self, passing: Callable[[float], None]) -> None:
        super().__init__()
        self._passing = passing

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everybody waits for ever"
            self._passing(max(0.0, timeout))
        return ready


def in_virtual_time(test: Test) -> Callable[..., None]:
    """Run an asynchronous test in a loop of its own with virtual time; it can have only fixtures that are at hand."""

    @wraps(test)
    def run(*arguments: Any, **fixtures: Any) -> None:
        loop = VirtualTimeLoop()
        try:
            loop.run_until_complete(test(*arguments, **fixtures))
        finally:
            loop.close()

    return run
