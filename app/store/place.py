"""Units as the planner sees them: those that wait for a line, the gaps among them, and those that began last."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pydantic import TypeAdapter
from pymongo import DESCENDING, UpdateOne

from app.domain.configuration.configuration import Selections
from app.domain.line.calendar import Plan
from app.domain.line.plan import CLOSED, VacatedPlace
from app.domain.order.order import Product
from app.domain.unit.stage import BEFORE_PRODUCTION, ProductStatus
from app.store.database import BATCH_MAX, Collection, Document, Transaction
from app.store.paging import Keyset, Page, read_pages
from app.store.product import Products
from app.store.snapshot import Snapshot

PLAN = TypeAdapter(Plan)
BATCH = 250
"""Documents decoded at a stretch, while nothing else can run; a line may have thousands."""
BEGUN = frozenset(ProductStatus) - BEFORE_PRODUCTION - {ProductStatus.CANCELLED}
BY_POSITION = Keyset(("plan.position",))
STANDING = frozenset(ProductStatus) - {ProductStatus.CANCELLED}
BUILT = {"model": 1, "edition": 1, "plan": 1, "status": 1, "state.selections": 1, "state.begun_at": 1}
WORKING = (
    ProductStatus.IN_PRODUCTION,
    ProductStatus.IN_INSPECTION,
    ProductStatus.ON_HOLD,
    ProductStatus.IN_REWORK,
)


@dataclass(frozen=True)
class PlannedUnit:
    """A unit that waits, as it is stored. `announced`: the finish that its journal names."""

    code: str
    model: str
    edition: int
    selections: Selections
    ordered_at: datetime
    plan: Plan | None
    announced: datetime | None
    replaces: str | None
    levelled: str | None


@dataclass(frozen=True)
class UnitAtPlace:
    """A unit at its place: its choices, and when its production began."""

    code: str
    model: str
    edition: int
    plan: Plan
    selections: Selections
    begun_at: datetime | None


class PlaceRange(NamedTuple):
    """The places of a line above one and up to another."""

    line: str
    above: int
    until: int

    def holds(self, line: str, built: UnitAtPlace) -> bool:
        """Tell whether a unit of a line stands there."""
        return line == self.line and self.above < built.plan.position <= self.until


@dataclass(frozen=True)
class TakenPlaces:
    """The last place that a waiting unit of a line has, and the places that several have."""

    last: int = 0
    doubly: tuple[int, ...] = ()


class Places:
    """Reads and writes the plans in the collection of units; only the planner and who reserves places write them."""

    def __init__(self, products: Products) -> None:
        self._products = products
        self._collection: Collection = products.collection

    async def waiting(self, line: str) -> Sequence[PlannedUnit]:
        """Read the units of a line whose production has not begun."""
        wanted = {
            "model": 1,
            "edition": 1,
            "state.selections": 1,
            "ordered_at": 1,
            "plan": 1,
            "state.plan": 1,
            "replaces": 1,
        }
        query = {"line": line, "status": {"$in": _values(BEFORE_PRODUCTION)}}
        cursor = self._collection.find(query, {**wanted, "levelled": 1}, batch_size=BATCH)
        documents = {document["_id"]: document for document in await cursor.to_list(None)}
        await self._products.know(documents.values())
        return await asyncio.to_thread(lambda: [_placed(document) for document in documents.values()])

    async def vacated(self, line: str, above: int) -> Sequence[VacatedPlace]:
        """Find places ahead whose units were cancelled, and that nobody has closed yet."""
        query = {"line": line, "status": ProductStatus.CANCELLED.value, "plan.position": {"$gt": above}}
        cursor = self._collection.find({**query, "levelled": {"$ne": CLOSED}}, {"plan": 1})
        return [VacatedPlace(document["_id"], PLAN.validate_python(document["plan"])) async for document in cursor]

    async def begun(self, line: str, limit: int) -> Sequence[UnitAtPlace]:
        """Read the units with the last places among those whose production has begun, the last one first."""
        query = {"line": line, "status": {"$in": _values(BEGUN)}, "plan.position": {"$gt": 0}}
        cursor = self._collection.find(query, BUILT).sort("plan.position", DESCENDING).limit(limit)
        return await self._built(await cursor.to_list(limit))

    async def between(
        self, line: str, above: int, until: int, transaction: Transaction | None = None
    ) -> Sequence[UnitAtPlace]:
        """Read all that is, or will be, built at places of a line above one and up to another."""
        query = {"line": line, "status": {"$in": _values(STANDING)}, "plan.position": {"$gt": above, "$lte": until}}
        cursor = self._collection.find(query, BUILT, session=transaction)
        return await self._built(await cursor.to_list(None))

    async def between_all(self, ranges: Sequence[PlaceRange]) -> Mapping[PlaceRange, Sequence[UnitAtPlace]]:
        """Read the same of many ranges in one command."""
        if not ranges:
            return {}
        standing = {"status": {"$in": _values(STANDING)}}
        wanted = [
            {"line": line, **standing, "plan.position": {"$gt": above, "$lte": until}} for line, above, until in ranges
        ]
        documents = await self._collection.find({"$or": wanted}, {**BUILT, "line": 1}, batch_size=BATCH_MAX).to_list(
            None
        )
        found = [(document["line"], _built(document)) for document in documents]
        return {each: [built for line, built in found if each.holds(line, built)] for each in ranges}

    async def find(self, code: str, transaction: Transaction | None = None) -> UnitAtPlace | None:
        """Find a unit's own place."""
        document = await self._collection.find_one({"_id": code, "plan": {"$ne": None}}, BUILT, session=transaction)
        return (await self._built([document]))[0] if document else None

    async def _built(self, documents: Sequence[Document]) -> Sequence[UnitAtPlace]:
        await self._products.know(documents)
        return [_built(document) for document in documents]

    async def find_all(self, codes: Sequence[str]) -> Mapping[str, UnitAtPlace]:
        """Find the places of many units, of those that have one."""
        placed = {"_id": {"$in": list(codes)}, "plan": {"$ne": None}}
        documents = await self._collection.find(placed, BUILT, batch_size=len(codes) + 1).to_list(None)
        return {document["_id"]: _built(document) for document in documents}

    async def refit(self, code: str, known: Plan, plan: Plan) -> None:
        """Write the plan that follows from a unit's new choices, unless the planner was there meanwhile."""
        if plan != known:
            query = {"_id": code, "plan": PLAN.dump_python(known, exclude_defaults=True)}
            await self._collection.update_one(query, {"$set": {"plan": PLAN.dump_python(plan, exclude_defaults=True)}})

    async def working(self, line: str) -> Sequence[Product]:
        """Read the units that are being built, inspected or repaired."""
        cursor = self._collection.find({"line": line, "status": {"$in": _values(WORKING)}})
        return await self._products.load_all(await cursor.to_list(None))

    async def pages(
        self, changed_after: int | None, page: Page, lines: Sequence[str]
    ) -> Mapping[str, Sequence[tuple[Product, int]]]:
        """Read a page of the units that wait for each of some lines, in the sequence of their places.

        Each comes with the version of the plan that last moved it: with `changed_after`, a later one only.
        """
        query: Document = {"status": {"$in": _values(BEFORE_PRODUCTION)}, "plan.position": {"$gt": 0}}
        if changed_after:
            query["plan_version"] = {"$gt": changed_after}
        found = await read_pages(self._collection, "line", lines, query, BY_POSITION, page)
        return {line: await self._with_versions(documents) for line, documents in found.items()}

    async def _with_versions(self, documents: Sequence[Document]) -> list[tuple[Product, int]]:
        versions = [document.get("plan_version", 0) for document in documents]
        return list(zip(await self._products.load_all(documents), versions, strict=True))

    async def taken(self, snapshot: Snapshot, lines: Document) -> Mapping[str, TakenPlaces]:
        """Find, for each line of which units wait, what is taken, as it was at one moment."""
        waiting = {**lines, "status": {"$in": _values(BEFORE_PRODUCTION)}, "plan.position": {"$gt": 0}}
        line_and_place = {"line": "$line", "position": "$plan.position"}
        pipeline: list[Document] = [
            {"$match": waiting},
            {"$group": {"_id": line_and_place, "units": {"$sum": 1}}},
            {"$sort": {"_id": 1}},
        ]
        found: dict[str, TakenPlaces] = {}
        for row in await snapshot.aggregate(self._collection, pipeline):
            line, position = row["_id"]["line"], row["_id"]["position"]
            before = found.get(line, TakenPlaces())
            found[line] = TakenPlaces(position, (*before.doubly, position) if row["units"] > 1 else before.doubly)
        return found

    async def place(self, plans: Mapping[str, Plan], levelled: Mapping[str, str], version: int) -> None:
        """Give units their places, as of one version of the line's plan; never over those of a later one."""
        updates = [
            UpdateOne(
                {"_id": code, "plan_version": {"$not": {"$gte": version}}},
                {"$set": {"plan": PLAN.dump_python(plan, exclude_defaults=True), "plan_version": version}},
            )
            for code, plan in plans.items()
        ] + [UpdateOne({"_id": code}, {"$set": {"levelled": mix}}) for code, mix in levelled.items()]
        if updates:
            await self._collection.bulk_write(updates, ordered=False)


def _values(statuses: Iterable[ProductStatus]) -> list[str]:
    return [status.value for status in statuses]


def _built(document: Document) -> UnitAtPlace:
    state = document["state"]
    return UnitAtPlace(
        code=document["_id"],
        model=document["model"],
        edition=document["edition"],
        plan=PLAN.validate_python(document["plan"]),
        selections=_selections(state),
        begun_at=state.get("begun_at"),
    )


def _selections(state: Document) -> Selections:
    return {group: tuple(options) for group, options in state.get("selections", {}).items()}


def _placed(document: Document) -> PlannedUnit:
    state = document["state"]
    return PlannedUnit(
        code=document["_id"],
        model=document["model"],
        edition=document["edition"],
        selections=_selections(state),
        ordered_at=document["ordered_at"],
        plan=PLAN.validate_python(document["plan"]) if "plan" in document else None,
        announced=state["plan"]["finishes_at"] if "plan" in state else None,
        replaces=document.get("replaces"),
        levelled=document.get("levelled"),
    )
