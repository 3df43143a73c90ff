"""Keyset paging, newest first: a page starts behind the last document seen, however many came since."""

from dataclasses import dataclass
from datetime import datetime

from pymongo import DESCENDING, IndexModel

from app.store.database import Collection, Document
from app.store.visibility import NOTHING


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the value it is sorted by, a time or a count, and the id of its last document."""

    at: datetime | int
    id: str


@dataclass(frozen=True)
class TimeRange:
    """A range of time: from `since` on, before `until`; None where it is open."""

    since: datetime | None = None
    until: datetime | None = None


ALWAYS = TimeRange()


def newest_first(field: str, *scopes: str) -> list[IndexModel]:
    """Build the indexes that serve `page_newest`: one for each field that a filter scopes by, and one without."""
    order = [(field, DESCENDING), ("_id", DESCENDING)]
    return [IndexModel([(scope, DESCENDING), *order]) for scope in scopes] + [IndexModel(order)]


async def page_newest(
    collection: Collection, visible: Document, field: str, after: Cursor | None, limit: int, span: TimeRange = ALWAYS
) -> list[Document]:
    """Read up to `limit` visible documents behind a place, newest first; of a time span only, where one is given."""
    if all(visible.get(key) == nothing for key, nothing in NOTHING.items()):
        return []
    query: Document = dict(visible)
    bounds = {"$gte": span.since, "$lt": span.until, "$lte": after.at if after else None}
    if bounded := {operator: at for operator, at in bounds.items() if at is not None}:
        query[field] = bounded
    if after is not None:
        query["$or"] = [{field: {"$lt": after.at}}, {"_id": {"$lt": after.id}}]
    cursor = collection.find(query).sort([(field, DESCENDING), ("_id", DESCENDING)]).limit(limit)
    return await cursor.to_list(limit)
