"""The bytes as which a state is stored, kept by field, so that after an event only what it touched is encoded anew.

A state that is stored in other bytes, by another version say, is none the worse for it: it is then compared by field.
"""

from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from app.domain.unit.journey import Changes, State
from app.store.raw import document, element, nested

Dump = Callable[[Any], Any]
KINDS = get_type_hints(State)
EMPTY = State(selections={})
NOTHING = vars(EMPTY)
MAPS = {name: get_args(kind)[1] for name, kind in KINDS.items() if get_origin(kind) is Mapping}
PLAIN = (str, int)
"""Stored as they are."""


def _dump(kind: Any) -> Dump:
    """Make what dumps values of a type as the store does."""
    serialize = TypeAdapter(kind).serializer.to_python
    return lambda value: serialize(value, exclude_defaults=True)


DUMPS: Mapping[str, Dump] = {name: _dump(MAPS.get(name, kind)) for name, kind in KINDS.items()}
"""Of a map, what dumps one of its entries."""


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
            if value == NOTHING[name]:
                self._elements[name] = b""
            elif name in MAPS:
                self._elements[name] = nested(name, self._map(name, value))
            else:
                plain = value.__class__ in PLAIN
                self._elements[name] = element(name, value if plain else DUMPS[name](value))

    def _map(self, name: str, value: Mapping[str, Any]) -> bytes:
        known, dump = self._entries.get(name, {}), DUMPS[name]
        entries = {
            key: before if (before := known.get(key)) and before[0] is entry else (entry, element(key, dump(entry)))
            for key, entry in value.items()
        }
        self._entries[name] = entries
        return document([stored for _, stored in entries.values()])
