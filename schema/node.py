"""Global ids and keyset connections, after the Relay specifications."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from app.domain.shared.refusal import InvalidInput
from app.store.paging import Cursor

FIRST_DEFAULT, FIRST_MAX = 20, 100

First = Annotated[int | None, strawberry.argument(description="How many at most: 1 to 100, 20 where not given.")]
After = Annotated[str | None, strawberry.argument(description="Start behind this cursor.")]

T = TypeVar("T")
D = TypeVar("D")


@strawberry.interface(description="An object with an id that is unique over all types and kept for ever.")
class Node:
    id: strawberry.ID = strawberry.field(description="The global id.")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="There is more behind the last edge.")
    has_previous_page: bool = strawberry.field(description="There is more before the first edge.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge.")


@strawberry.type(description="One place in a list.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Marks this place, for `after` and `before`.")
    node: T = strawberry.field(description="What stands there.")


@strawberry.type(description="One page of a list, paged by keyset: a page never shifts when something is added.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The places of this page, in order.")
    nodes: list[T] = strawberry.field(description="The same without cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")


def global_id(kind: str, key: str) -> strawberry.ID:
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{key}".encode()).decode().rstrip("="))


def read_global_id(id: str) -> tuple[str, str]:
    """Take a global id apart; anything else is an id of nothing."""
    try:
        text = base64.urlsafe_b64decode(id[:256] + "=" * (-len(id[:256]) % 4)).decode()
    except (binascii.Error, ValueError):
        return "", ""
    kind, _, key = text.partition(":")
    return kind, key


def key_of(kind: str, id: str) -> str:
    """Return the key in a global id of one kind; empty, and so the key of nothing, for any other id."""
    found, key = read_global_id(id)
    return key if found == kind else ""


def cursor_of(*values: object) -> str:
    text = json.dumps(values, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, *types: type) -> list[Any]:
    """Take a cursor apart; raises InvalidInput where it is none of this list's."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise InvalidInput("This is no cursor of this list.", ("after",)) from error
    if not isinstance(values, list) or [type(value) for value in values] != list(types) or not _sane(values):
        raise InvalidInput("This is no cursor of this list.", ("after",))
    return values


def _sane(values: list[Any]) -> bool:
    """Tell whether the database could hold these: whole numbers of 64 bits, and Unicode text."""
    numbers = [value for value in values if isinstance(value, int)]
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return all(abs(number) < 2**63 for number in numbers)


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000 + 0.5)


def time_of(milliseconds: int) -> datetime:
    """Read the time in a cursor; raises InvalidInput where no calendar has it."""
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidInput("This is no cursor of this list.", ("after",)) from error


def place_cursor(by: datetime | int, key: str) -> str:
    return cursor_of(by if isinstance(by, int) else milliseconds(by), key)


def read_place(cursor: str | None, *, counted: bool = False) -> Cursor | None:
    """Read a cursor of a list that is ordered by time or, `counted`, by a number."""
    if cursor is None:
        return None
    number, key = read_cursor(cursor, int, str)
    return Cursor(number if counted else time_of(number), key)


def checked_first(first: int | None, name: str = "first") -> int:
    if first is None:
        return FIRST_DEFAULT
    if not 1 <= first <= FIRST_MAX:
        raise InvalidInput(f"{name} is 1 to {FIRST_MAX}, not {first}.", (name,))
    return first


def connection(
    found: Sequence[D], first: int, after: str | None, of: Callable[[D], T], cursor: Callable[[D], str]
) -> Connection[T]:
    """Make a page of at most `first` from what was found: one more than that says that there is a next page."""
    edges = [Edge(cursor=cursor(item), node=of(item)) for item in found[:first]]
    return Connection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=page_info(edges, len(found) > first, after is not None),
    )


def page_info(edges: Sequence[Edge[T]], has_next_page: bool, has_previous_page: bool) -> PageInfo:
    return PageInfo(
        has_next_page=has_next_page,
        has_previous_page=has_previous_page,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
