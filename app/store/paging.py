"""Keyset paging: a page starts behind the last entry that was seen, however many were added since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import DESCENDING, IndexModel

from app.store.database import Collection, Document
from app.store.visibility import NOTHING

PARENTS_MAX = 100
"""How many lists are read in one command, at most: MongoDB takes a thousand stages, and each list is a few."""


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the values of its last entry by which the list is ordered, the first field first."""

    values: tuple[datetime | int | str, ...]


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for: `size` entries after one cursor and before another, from the start of the list
    or, `backwards`, from its end. Reading finds one entry more, which says that there is more.
    """

    size: int
    after: Cursor | None = None
    before: Cursor | None = None
    backwards: bool = False


@dataclass(frozen=True)
class Keyset:
    """The fields by which a list is ordered, one or two, all rising or all falling; together they are unique."""

    fields: tuple[str, ...]
    falling: bool = False

    def within(self, query: Document, page: Page) -> Document:
        """Narrow a query down to what lies between the cursors of a page."""
        bounds = [_beyond(self.fields, page.after, self.falling), _beyond(self.fields, page.before, not self.falling)]
        given = [bound for bound in bounds if bound]
        return {"$and": [query, *given]} if given else query

    def order(self, page: Page) -> dict[str, int]:
        """Say in which order the page is read: backwards, the list's last entries come first."""
        return dict.fromkeys(self.fields, -1 if self.falling != page.backwards else 1)


BY_SEQUENCE = Keyset(("sequence",))


def newest(field: str) -> Keyset:
    """Order by a time or a number, the greatest first."""
    return Keyset((field, "_id"), falling=True)


def _beyond(fields: tuple[str, ...], cursor: Cursor | None, falling: bool) -> Document:
    if cursor is None:
        return {}
    beyond = "$lt" if falling else "$gt"
    first, *rest = zip(fields, cursor.values, strict=True)
    if not rest:
        return {first[0]: {beyond: first[1]}}
    each = [{field: {beyond: value}} for field, value in (first, *rest)]
    return {first[0]: {f"{beyond}e": first[1]}, "$or": each}


@dataclass(frozen=True)
class TimeRange:
    """A range of time: from `since` on, before `until`; None where it is open."""

    since: datetime | None = None
    until: datetime | None = None

    def of(self, field: str) -> Document:
        """Match documents with a field in this range."""
        bounds = {"$gte": self.since, "$lt": self.until}
        given = {operator: at for operator, at in bounds.items() if at is not None}
        return {field: given} if given else {}


ALWAYS = TimeRange()


def newest_first(field: str, *scopes: str) -> list[IndexModel]:
    """Build the indexes that serve `newest`: one for each field that a filter scopes by, and one without."""
    order = [(field, DESCENDING), ("_id", DESCENDING)]
    return [IndexModel([(scope, DESCENDING), *order]) for scope in scopes] + [IndexModel(order)]


async def read_page(
    collection: Collection,
    query: Document,
    keyset: Keyset,
    page: Page,
    fields: Document | None = None,
    hint: Sequence[tuple[str, int]] | None = None,
) -> list[Document]:
    """Read a page of what a query matches, and one more where there is more, in the order of the list."""
    if NOTHING.items() <= query.items():
        return []
    limit = page.size + 1
    order = list(keyset.order(page).items())
    cursor = collection.find(keyset.within(query, page), fields, sort=order, limit=limit, hint=hint)
    documents = await cursor.to_list(limit)
    return documents[::-1] if page.backwards else documents


async def read_pages(
    collection: Collection,
    parent: str,
    keys: Sequence[str],
    query: Document,
    keyset: Keyset,
    page: Page,
    fields: Document | None = None,
) -> dict[str, list[Document]]:
    """Read the same page of many lists, each as `read_page` reads one, by the key in their field `parent`.

    Lists are read together in one command, each by itself: within its own limit, and by the same index as one alone.
    """
    if len(keys) == 1:
        return {keys[0]: await read_page(collection, {parent: keys[0], **query}, keyset, page, fields)}
    found: dict[str, list[Document]] = {key: [] for key in keys}
    for start in range(0, len(keys), PARENTS_MAX):
        first, *others = [
            _stages({parent: key, **query}, keyset, page, fields) for key in keys[start : start + PARENTS_MAX]
        ]
        pipeline = [*first, *({"$unionWith": {"coll": collection.name, "pipeline": each}} for each in others)]
        size = (page.size + 1) * PARENTS_MAX
        for document in await collection.aggregate(pipeline, batchSize=size).to_list(None):
            found[document[parent]].append(document)
    return {key: documents[::-1] if page.backwards else documents for key, documents in found.items()}


def _stages(query: Document, keyset: Keyset, page: Page, fields: Document | None) -> list[Document]:
    match, order = {"$match": keyset.within(query, page)}, {"$sort": keyset.order(page)}
    return [match, order, {"$limit": page.size + 1}, *([{"$project": fields}] if fields else [])]
