"""Keyset paging, newest first: a page starts behind the last document seen, however many came since."""

from dataclasses import dataclass
from datetime import datetime

from pymongo import DESCENDING, IndexModel

from app.store.database import Collection, Document
from app.store.visibility import NOTHING


@dataclass(frozen=True)
class Place:
    """Where a page ended: the value it is sorted by, a time or a count, and the id of its last document."""

    at: datetime | int
    id: str


def newest_first(field: str, *scopes: str) -> list[IndexModel]:
    """Build the indexes that serve `page_newest`: one for each field that a filter scopes by, and one without."""
    order = [(field, DESCENDING), ("_id", DESCENDING)]
    return [IndexModel([(scope, DESCENDING), *order]) for scope in scopes] + [IndexModel(order)]


async def page_newest(
    collection: Collection, visible: Document, field: str, after: Place | None, limit: int
) -> list[Document]:
    """Read up to `limit` visible documents behind a place, newest first."""
    if visible == NOTHING:
        return []
    query: Document = dict(visible)
    if after is not None:
        query[field] = {"$lte": after.at}
        query["$or"] = [{field: {"$lt": after.at}}, {"_id": {"$lt": after.id}}]
    cursor = collection.find(query).sort([(field, DESCENDING), ("_id", DESCENDING)]).limit(limit)
    return await cursor.to_list(limit)
