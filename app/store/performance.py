"""Performance reports: written once each, never changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from app.domain.unit.performance import SIBLINGS_MAX, PerformanceReport, Rank
from app.store.database import Collection, Database, Document

REPORT = TypeAdapter(PerformanceReport)


class PerformanceReports:
    """Reports by unit and revision. Shard key: {product, revision}."""

    name = "performance_reports"

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database.collection(self.name)

    def indexes(self) -> list[IndexModel]:
        revision = [("product", ASCENDING), ("revision", ASCENDING)]
        siblings = [("model", ASCENDING), ("revision", ASCENDING), ("issued_at", DESCENDING)]
        return [IndexModel(revision, unique=True, name="revision"), IndexModel(siblings)]

    async def keep(self, report: PerformanceReport) -> PerformanceReport:
        """Write a report, unless another process was first: return the one that stands."""
        readings = {value.measurement.characteristic: value.measurement.value for value in report.values}
        document = {**REPORT.dump_python(report, exclude_defaults=True), "readings": readings}
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError:
            kept = await self.find(report.product, report.revision)
            assert kept is not None, "reports are never deleted"
            return kept
        return report

    def load(self, document: Document) -> PerformanceReport:
        return REPORT.validate_python(document)

    async def find(self, product: str, revision: int) -> PerformanceReport | None:
        document = await self.collection.find_one({"product": product, "revision": revision})
        return self.load(document) if document else None

    async def find_many(self, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], PerformanceReport]:
        """Find many reports by (product, revision) in one command."""
        wanted = [{"product": product, "revision": revision} for product, revision in places]
        documents = await self.collection.find({"$or": wanted}, batch_size=len(places) + 1).to_list(None)
        return {(report.product, report.revision): report for report in map(self.load, documents)}

    async def ranks(
        self, model: str, product: str, before: datetime, values: Mapping[str, float]
    ) -> Mapping[str, Rank]:
        """Rank values among the last units of a model that were released before, counted in the database."""
        siblings = {"model": model, "revision": 1, "issued_at": {"$lt": before}, "product": {"$ne": product}}
        counts: Document = {}
        for place, (code, value) in enumerate(values.items()):
            counts |= _counts(place, code, value)
        pipeline: list[Document] = [
            {"$match": siblings},
            {"$sort": {"issued_at": -1}},
            {"$limit": SIBLINGS_MAX},
            {"$group": {"_id": None, **counts}},
        ]
        rows = await self.collection.aggregate(pipeline).to_list(1)
        if not rows:
            return {}
        return {
            code: Rank(*(rows[0][f"{name}_{place}"] for name in ("below", "equal", "siblings")))
            for place, code in enumerate(values)
        }


def _counts(place: int, code: str, value: float) -> dict[str, Any]:
    reading = {"$getField": {"field": {"$literal": code}, "input": "$readings"}}
    there = {"$isNumber": reading}
    conditions = {
        f"below_{place}": {"$and": [there, {"$lt": [reading, value]}]},
        f"equal_{place}": {"$eq": [reading, value]},
        f"siblings_{place}": there,
    }
    return {name: {"$sum": {"$cond": [condition, 1, 0]}} for name, condition in conditions.items()}
