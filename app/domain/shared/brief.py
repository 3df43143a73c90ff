"""Values of which only some fields were read: whoever asks for another is refused, where a default would mislead."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


class NotRead:
    """Stands on a class for a field that a value of it may lack; it gives way to the field of a value that has it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, value: Any, owner: type) -> Any:
        raise LookupError(f"{self._name} was not read of this {owner.__name__}")


def brief(kind: type[T]) -> type[T]:
    """Decorate a class that is derived from a dataclass: its values may lack any field."""
    for field in fields(kind):  # type: ignore[arg-type]
        setattr(kind, field.name, NotRead(field.name))
    return kind


def brief_of(kind: type[T], known: Mapping[str, Any]) -> T:
    """Make a value of a class that `brief` decorates, with these fields alone."""
    made = object.__new__(kind)
    vars(made).update(known)
    return made
