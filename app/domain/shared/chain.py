"""What makes a journal tamper-evident: each step's content in one canonical form, hashed with the hash before it.

docs/CHAIN.md specifies the form; docs/verify.py checks it without this code.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, Protocol

from app.domain.shared.canonical import canonical, plain_number, quick
from app.domain.shared.clock import without_zone

NOT_HASHED = frozenset(("hash", "signature"))


@dataclass(frozen=True)
class Head:
    """The last step of a journal, as it is signed: who keeps one can tell a journal that was cut off or rewritten."""

    product: str
    sequence: int
    hash: str


Sign = Callable[[Head], str]
Check = Callable[[str, Head], bool]


class Chained(Protocol):
    """What a link of a chain is hashed and signed by; all its other fields are hashed too."""

    @property
    def product(self) -> str: ...

    @property
    def sequence(self) -> int: ...

    @property
    def previous_hash(self) -> str | None: ...

    @property
    def hash(self) -> str: ...

    @property
    def signature(self) -> str: ...


def content(link: Chained) -> dict[str, Any]:
    """Say in JSON all that a link says. What equals its default is left out, so that fields may be added later."""
    return members(link, NOT_HASHED)


def hash_of(link: Chained) -> str:
    """SHA-256, in hexadecimal, over the RFC 8785 form of a link's content, in which the hash before it stands."""
    return digest(content(link))


def digest(said: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(said)).hexdigest()


def has_digest(said: dict[str, Any], expected: str | None) -> bool:
    """Tell whether what is said, in its JSON form, has this digest: bytes that have it are the canonical ones."""
    return hashlib.sha256(quick(said)).hexdigest() == expected or digest(said) == expected


def form(value: Any) -> Any:
    """Give a value its JSON form: times in UTC to the millisecond, exact decimals as strings without idle zeros."""
    kind = value.__class__
    return value if kind in _PLAIN else _form_of(kind)(value)


def _forms(values: Iterable[Any]) -> list[Any]:
    return [value if value.__class__ in _PLAIN else form(value) for value in values]


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if value.__class__ in _PLAIN else form(value) for name, value in values.items()}


def members(value: Any, left_out: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Give a dataclass its JSON form, without what equals its default."""
    said = vars(value)
    return {
        member: found if found.__class__ in _PLAIN else form(found)
        for name, member, default in _fields(value.__class__, left_out)
        if (found := said[name]) is not default and found != default
    }


def _itself(value: Any) -> Any:
    return value


def _moment(value: datetime) -> str:
    return without_zone(value).isoformat("T", "milliseconds") + "Z"


_PLAIN = frozenset((str, int, bool, type(None)))
"""What most values are: they need no look into the table."""
_FORMS: Mapping[type, Callable[[Any], Any]] = {
    type(None): _itself,
    str: _itself,
    int: _itself,
    float: plain_number,
    datetime: _moment,
    date: date.isoformat,
    time: lambda value: f"{value:%H:%M:%S}",
    Decimal: lambda value: f"{(value + 0).normalize():f}",
    tuple: _forms,
    list: _forms,
    Mapping: _named,
}


@cache
def _form_of(kind: type) -> Callable[[Any], Any]:
    """Find what gives values of a type their form: the first in the table that it is one of."""
    if is_dataclass(kind):
        return members
    for known, give in _FORMS.items():
        if issubclass(kind, known):
            return give
    raise TypeError(f"{kind.__name__} has no form in a journal's content")


@cache
def _fields(kind: type, left_out: frozenset[str]) -> list[tuple[str, str, Any]]:
    """List the fields of a dataclass: name, name in JSON, and default, which equals nothing where there is none."""
    return [(f.name, _camel(f.name), f.default) for f in fields(kind) if f.name not in left_out]


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def link_faults(before: Chained | None, link: Chained, check: Check) -> Iterator[str]:
    """Say what is wrong with a link behind the one before it: its number, the hash named, its hash, its signature."""
    expected = before.sequence + 1 if before else 1
    if link.sequence != expected:
        yield f"step {expected} is missing"
    if link.previous_hash != (before.hash if before else None):
        yield f"step {link.sequence} does not follow from the one before: it names another hash"
    if not has_digest(content(link), link.hash):
        yield f"step {link.sequence} was altered: its hash does not fit its content"
    elif not check(link.signature, Head(link.product, link.sequence, link.hash)):
        yield f"step {link.sequence} is not signed by this installation"
