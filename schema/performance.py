"""The performance report of one unit, as clients see it."""

from datetime import datetime
from typing import Self
from urllib.parse import urlencode

import strawberry

from app.auth.link import ReportLink, sign_link
from app.context import Info
from app.domain.order.order import Product as DomainProduct
from app.domain.unit import performance as domain
from app.domain.unit.code import format_code
from schema.catalogue import TypeTest
from schema.scalars import Locale
from schema.step import Measurement
from schema.words import InLocale, words


@strawberry.type(
    description="A value that was measured on this unit, beside the type test and the units made before it."
)
class PerformanceValue:
    measurement: Measurement = strawberry.field(description="The measurement with its limits.")
    measured_at: datetime = strawberry.field(description="When it was measured (factory clock).")
    nominal: float | None = strawberry.field(description="The nominal value.")
    type_test_value: float | None = strawberry.field(
        description="What the type test of the model found; it was not measured on this unit."
    )
    percentile: float | None = strawberry.field(
        description="The percentage, 0 to 100, of units with a smaller value, of which equal ones count half, among "
        "the last 1,000 units of the model that were released before. Null: the result is pass or fail, "
        "or there are fewer than 20 such units."
    )
    siblings: int = strawberry.field(description="The number of units with which this one is compared.")
    better_than: float | None = strawberry.field(
        description="The percentage, 0 to 100, of these units with a worse value; null: neither less nor more is "
        "better."
    )

    @classmethod
    def of(cls, value: domain.PerformanceValue) -> "PerformanceValue":
        return cls(
            measurement=Measurement.named(value.measurement, value.name),
            measured_at=value.measured_at,
            nominal=value.nominal,
            type_test_value=value.type_test,
            percentile=value.percentile,
            siblings=value.siblings,
            better_than=value.better_than,
        )


@strawberry.type
class PerformanceReportFields:
    """What a performance report says of itself."""

    report: strawberry.Private[domain.PerformanceReport]
    unit: strawberry.Private[DomainProduct]
    revision: int = strawberry.field(
        description="The number of the revision: 1, 2, 3 … A re-test makes the next one, and this one stays."
    )
    issued_at: datetime = strawberry.field(description="When the report was issued (factory clock).")
    measurements: list[Measurement] = strawberry.field(description="The values that were measured on this unit.")
    values: list[PerformanceValue] = strawberry.field(description="The same values with what they are compared with.")
    type_tests: list[TypeTest] = strawberry.field(
        description="What the type test of the model found; it was not measured on this unit."
    )
    content_hash: str = strawberry.field(
        description="The SHA-256 hash, in hexadecimal, of the RFC 8785 canonical form of the JSON at jsonUrl without "
        "its contentHash."
    )

    @classmethod
    def of(cls, report: domain.PerformanceReport, unit: DomainProduct) -> Self:
        values = [PerformanceValue.of(value) for value in report.values]
        return cls(
            report=report,
            unit=unit,
            revision=report.revision,
            issued_at=report.issued_at,
            measurements=[value.measurement for value in values],
            values=values,
            type_tests=[TypeTest.of(test) for test in report.type_tests],
            content_hash=report.content_hash,
        )

    @strawberry.field(description="A summary of the report in plain words.")
    def summary(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.report.summary, locale)

    @strawberry.field(
        description="The address of the report as a page to read and print. For five minutes it needs no token."
    )
    def page_url(self, info: Info, locale: InLocale = None) -> str:
        return self._url(info, "report", locale or info.context.locale)

    @strawberry.field(description="The address of the report as JSON. For five minutes it needs no token.")
    def json_url(self, info: Info) -> str:
        return self._url(info, "report.json", None)

    def _url(self, info: Info, name: str, locale: Locale | str | None) -> str:
        deps = info.context.deps
        link = ReportLink(self.report.product, self.revision)
        query = {"token": sign_link(deps.keys, deps.settings, link, deps.wall())}
        if locale:
            query["locale"] = locale
        return f"{deps.settings.public_url.rstrip('/')}/products/{format_code(link.product)}/{name}?{urlencode(query)}"
