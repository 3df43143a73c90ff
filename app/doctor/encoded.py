"""The bytes as which a state is stored, kept by field, so that after an event only what it touched is encoded anew.

A state that is stored in other bytes, by another version say, is none the worse for it: it is then compared by field.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from app.domain.journey import Changes, State
from app.store.raw import document, element, nested

Dump = Callable[[Any], Any]
KINDS = get_type_hints(State)
EMPTY = State(selections={})
MAPS = {name: get_args(kind)[1] for name, kind in KINDS.items() if get_origin(kind) is Mapping}


def _dump(kind: Any) -> Dump | None:
    """Make what dumps values of a type as the store does; None for those that are stored as they are."""
    if all(is_scalar(one) for one in get_args(kind) or (kind,)):
        return None
    serialize = TypeAdapter(kind).serializer.to_python
    return lambda value: serialize(value, exclude_defaults=True)


def is_scalar(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, (str, int, float, Decimal, datetime, type(None)))


DUMPS: Mapping[str, Dump | None] = {name: _dump(MAPS.get(name, kind)) for name, kind in KINDS.items()}
"""Of a map, what dumps one of its entries."""


def _element(name: str, value: Any, dump: Dump | None) -> bytes:
    return element(name, dump(value) if dump else value)


class Encoded:
    """A state in BSON (bsonspec.org), as the store writes it: what equals its default is left out."""

    def __init__(self, state: State) -> None:
        self._elements = dict.fromkeys(KINDS, b"")
        self._entries: dict[str, dict[str, tuple[Any, bytes]]] = {}
        self.update(vars(state))

    def __bytes__(self) -> bytes:
        return document(self._elements.values())

    def update(self, changes: Changes) -> None:
        """Change some fields; what was in a map before is known by being the same object."""
        for name, value in changes.items():
            if value == getattr(EMPTY, name):
                self._elements[name] = b""
            elif name in MAPS:
                self._elements[name] = nested(name, self._map(name, value))
            else:
                self._elements[name] = _element(name, value, DUMPS[name])

    def _map(self, name: str, value: Mapping[str, Any]) -> bytes:
        known, dump = self._entries.get(name, {}), DUMPS[name]
        entries = {
            key: before if (before := known.get(key)) and before[0] is entry else (entry, _element(key, entry, dump))
            for key, entry in value.items()
        }
        self._entries[name] = entries
        return document([stored for _, stored in entries.values()])
