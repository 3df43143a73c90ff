"""What was just made, kept a moment for others who want the same: those who come back after a cut come together."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key, for so many seconds after they were made and at most so many: then nothing of them is held."""

    def __init__(self, seconds: float, values_max: int) -> None:
        self._seconds = seconds
        self._values_max = values_max
        self._made: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    def get(self, key: K) -> V | None:
        found = self._made.get(key)
        return found[1] if found else None

    def put(self, key: K, value: V) -> None:
        """Keep a value; the oldest makes room."""
        loop = asyncio.get_running_loop()
        self._made[key] = loop.time(), value
        self._made.move_to_end(key)
        if len(self._made) > self._values_max:
            self._made.popitem(last=False)
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._forget)

    def values(self) -> list[V]:
        return [value for _, value in self._made.values()]

    def clear(self) -> None:
        self._made.clear()

    def _forget(self) -> None:
        loop, self._timer = asyncio.get_running_loop(), None
        while self._made:
            at, _ = next(iter(self._made.values()))
            if at + self._seconds > loop.time():
                self._timer = loop.call_at(at + self._seconds, self._forget)
                return
            self._made.popitem(last=False)
