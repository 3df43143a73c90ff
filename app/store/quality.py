"""Units by what quality knows of them: by component, by what waits for somebody, and the figures of a line."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.line.quality import Tally
from app.domain.order.order import Product
from app.store.database import Document
from app.store.paging import Keyset, Page, read_page
from app.store.product import EVER, PACKAGES, Products
from app.store.visibility import NOTHING

PACKED_MAX = 100
BY_CODE = Keyset(("_id",))


class Quality:
    """Reads the projection of units; so it is right as soon as a unit's projection is."""

    def __init__(self, products: Products) -> None:
        self._products = products

    async def page_with_component(
        self, visible: Document, part: str | None, serial: str | None, lot: str | None, page: Page
    ) -> list[Product]:
        """Read units that have a component of this lot or serial number fitted now, by code."""
        wanted = {"part": part, "serial": serial, "lot": lot}
        fitted = {name: value for name, value in wanted.items() if value is not None}
        query: Document = {**visible, "fitted": {"$elemMatch": fitted}}
        by = "fitted.serial" if serial is not None else "fitted.lot"
        documents = await read_page(self._products.collection, query, BY_CODE, page, hint=[(by, 1), ("_id", 1)])
        return await self._products.load_all(documents)

    async def units_with_package(self, visible: Document, sscc: str) -> list[Product]:
        """Read the units that were packed under one number, by code: more than one, where it was given twice."""
        if visible == NOTHING:
            return []
        query = {**visible, f"state.packages.{sscc}": {"$exists": True}}
        cursor = self._products.collection.find(query).hint(PACKAGES).limit(PACKED_MAX)
        units = await self._products.load_all(await cursor.to_list(PACKED_MAX))
        return sorted(units, key=lambda unit: unit.code)

    async def page_asked(self, account: str, page: Page) -> list[Product]:
        """Read an account's units with open decisions, the oldest question first, as many as a page of these needs."""
        return await self._page_since({"account": account}, "asked_since", page)

    async def page_nonconforming(self, line: str, page: Page) -> list[Product]:
        """Read a line's units with open nonconformances, the oldest first, as many as a page of these needs."""
        return await self._page_since({"line": line}, "nonconforming_since", page)

    async def _page_since(self, scope: Document, field: str, page: Page) -> list[Product]:
        """Read from the unit in the cursor on, itself included: a unit may have more than one entry of such a list."""
        query: Document = {**scope, field: {"$gt": EVER}}
        if page.after is not None:
            since, code, *_ = page.after.values
            query[field] = {"$gte": since}
            query["$or"] = [{field: {"$gt": since}}, {"_id": {"$gte": code}}]
        limit = page.size + 2
        keys = [(next(iter(scope)), 1), (field, 1), ("_id", 1)]
        cursor = self._products.collection.find(query).sort([(field, 1), ("_id", 1)]).hint(keys).limit(limit)
        return await self._products.load_all(await cursor.to_list(limit))

    async def first_passes(self, line: str, since: datetime, until: datetime) -> tuple[list[Tally], Tally]:
        """Count by operation the units first inspected in a period, and all units with those that passed everywhere."""
        window = {"$gte": since, "$lt": until}
        pipeline: Sequence[Document] = [
            {"$match": {"line": line, **_in("first_passes", window)}},
            {"$unwind": "$first_passes"},
            {"$match": {"first_passes.at": window}},
            {"$addFields": {"passed": {"$cond": ["$first_passes.passed", 1, 0]}}},
            {
                "$facet": {
                    "operations": [
                        {
                            "$group": {
                                "_id": "$first_passes.operation",
                                "counted": {"$sum": 1},
                                "passed": {"$sum": "$passed"},
                            }
                        }
                    ],
                    "units": [
                        {"$group": {"_id": "$_id", "passed": {"$min": "$passed"}}},
                        {"$group": {"_id": "units", "counted": {"$sum": 1}, "passed": {"$sum": "$passed"}}},
                    ],
                }
            },
        ]
        (row,) = await self._products.collection.aggregate(
            list(pipeline), hint={"line": 1, "first_passes.at": 1}
        ).to_list(1)
        operations = [Tally(each["_id"], each["counted"], each["passed"]) for each in row["operations"]]
        units = [Tally(each["_id"], each["counted"], each["passed"]) for each in row["units"]]
        return operations, next(iter(units), Tally("units", 0))

    async def defects(self, line: str, since: datetime, until: datetime) -> list[Tally]:
        """Count the defects raised in a period by their code, the most frequent first."""
        window = {"$gte": since, "$lt": until}
        pipeline: Sequence[Document] = [
            {"$match": {"line": line, **_in("defects", window)}},
            {"$unwind": "$defects"},
            {"$match": {"defects.at": window}},
            {"$group": {"_id": "$defects.code", "counted": {"$sum": 1}}},
        ]
        rows = await self._products.collection.aggregate(list(pipeline), hint={"line": 1, "defects.at": 1}).to_list(
            None
        )
        found = [Tally(row["_id"], row["counted"]) for row in rows]
        return sorted(found, key=lambda tally: (-tally.counted, tally.code))


def _in(entries: str, window: Document) -> Document:
    """Match units with an entry in a period, in the words of the index."""
    return {f"{entries}.at": {"$gt": EVER}, entries: {"$elemMatch": {"at": window}}}
