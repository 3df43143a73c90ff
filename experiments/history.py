"""What clients did and saw, as JSON lines: what a checker judges."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


class History(Generic[T]):
    """Entries of one dataclass, in the order in which they ended; written to a file as they come, if one is given."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[T] = []
        self._file = path.open("w", encoding="utf-8") if path else None

    def add(self, entry: T) -> None:
        self.entries.append(entry)
        if self._file:
            self._file.write(json.dumps(entry, ensure_ascii=False, default=vars) + "\n")

    def close(self) -> None:
        if self._file:
            self._file.close()


def read_history(path: Path, entry: type[T]) -> Sequence[T]:
    """Read a history that was written to a file, to judge it again."""
    adapter: TypeAdapter[Any] = TypeAdapter(entry)
    return [adapter.validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]
