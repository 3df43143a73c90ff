"""The performance report of one unit, as clients see it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.context import Info
from app.domain.order import Product as DomainProduct
from app.domain.performance import PerformanceReport as DomainReport
from app.domain.performance import summary
from schema.step import Measurement
from schema.words import InLocale, words

if TYPE_CHECKING:
    from schema.product import Product


@strawberry.type(description="What was measured on one unit; issued with its release, immutable.")
class PerformanceReport:
    report: strawberry.Private[DomainReport]
    unit: strawberry.Private[DomainProduct]
    revision: int = strawberry.field(description="1; a re-test makes the next.")
    issued_at: datetime = strawberry.field(description="When it was issued (factory clock).")
    measurements: list[Measurement] = strawberry.field(description="The values measured on this unit.")
    content_hash: str = strawberry.field(description="SHA-256 over the canonical JSON of its content.")

    @classmethod
    def of(cls, report: DomainReport, unit: DomainProduct) -> "PerformanceReport":
        return cls(
            report=report,
            unit=unit,
            revision=report.revision,
            issued_at=report.issued_at,
            measurements=[Measurement.of(measurement, unit.model) for measurement in report.measurements],
            content_hash=report.content_hash,
        )

    @strawberry.field(description="The unit it is about.")
    def product(self) -> Annotated["Product", strawberry.lazy("schema.product")]:
        from schema.product import Product

        return Product.of(self.unit)

    @strawberry.field(description="The report in plain words.")
    def summary(self, info: Info, locale: InLocale = None) -> str:
        return words(info, summary(self.report), locale)
