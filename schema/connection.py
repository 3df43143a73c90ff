"""Lists in pages, after Relay's Cursor Connections Specification, forwards and backwards, paged by keyset."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from app.domain.shared.refusal import InvalidInput
from app.store.paging import Page
from schema.cursor import read_cursor, write_cursor

SIZE_DEFAULT, SIZE_MAX = 20, 100
SEQUENCE = (int,)
"""What the cursors of a journal hold."""
NEWEST = (datetime, str)
"""What the cursors of a list by time hold: the time, and the key of the entry."""

First = Annotated[
    int | None,
    strawberry.argument(
        description="The page holds at most so many entries: 1 to 100; without `first` and `last`, 20."
    ),
]
After = Annotated[str | None, strawberry.argument(description="The page begins after the entry with this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description="The page holds at most so many of the list's last entries: 1 to 100.")
]
Before = Annotated[str | None, strawberry.argument(description="The page ends before the entry with this cursor.")]

Place = tuple[datetime | int | str, ...]
"""The values that a list is ordered by."""
T = TypeVar("T")
D = TypeVar("D")


@strawberry.type(description="The place of a page in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are entries after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are entries before this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first entry; null: the page is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the page's last entry; null: the page is empty."
    )


def _cursor(self: "Edge[Any]") -> str:
    return write_cursor(*self.values)


@strawberry.type(description="An entry of a list, with its cursor.")
class Edge(Generic[T]):
    values: strawberry.Private[Place]
    cursor: str = strawberry.field(resolver=_cursor, description="The cursor of the entry, for `after` and `before`.")
    node: T = strawberry.field(description="The entry itself.")


@strawberry.type(description="One page of a list. Pages do not shift when entries are added to the list meanwhile.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(
        description="The entries of the page with their cursors, in the list's order."
    )
    nodes: list[T] = strawberry.field(description="The entries of the page, in the list's order.")
    page_info: PageInfo = strawberry.field(description="The place of the page in its list.")


def page_asked(
    types: Sequence[type],
    first: int | None,
    after: str | None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """Read a connection's arguments; `types` are those of the values in its cursors. Raises InvalidInput."""
    if first is not None and last is not None:
        raise InvalidInput("Give first or last, not both.", ("last",))
    return Page(
        size=_checked_size(first, "first") if last is None else _checked_size(last, "last"),
        after=None if after is None else read_cursor(after, types),
        before=None if before is None else read_cursor(before, types, "before"),
        backwards=last is not None,
    )


def _checked_size(size: int | None, name: str) -> int:
    if size is None:
        return SIZE_DEFAULT
    if not 1 <= size <= SIZE_MAX:
        raise InvalidInput(f"{name} is 1 to {SIZE_MAX}, not {size}.", (name,))
    return size


def connection(page: Page, found: Sequence[D], of: Callable[[D], T], place: Callable[[D], Place]) -> Connection[T]:
    """Make a page of what was read for it, in the list's order; `place` says what the list is ordered by.

    One entry more than was asked for says that there is more in the direction of reading; it is not shown.
    """
    more = len(found) > page.size
    shown = found[-page.size :] if page.backwards else found[: page.size]
    edges = [Edge(values=place(item), node=of(item)) for item in shown]
    return Connection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=page.before is not None if page.backwards else more,
            has_previous_page=more if page.backwards else page.after is not None,
            start_cursor=write_cursor(*edges[0].values) if edges else None,
            end_cursor=write_cursor(*edges[-1].values) if edges else None,
        ),
    )
