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


@strawberry.type(description="One value measured on this unit, beside the type test and the units made before.")
class PerformanceValue:
    measurement: Measurement = strawberry.field(description="What was measured, and the limits.")
    measured_at: datetime = strawberry.field(description="When (factory clock).")
    nominal: float | None = strawberry.field(description="The value aimed at.")
    type_test_value: float | None = strawberry.field(
        description="What the type test of the model found; not measured on this unit."
    )
    percentile: float | None = strawberry.field(
        description="The share, 0 to 100, of the last 1,000 units of the model released before with a smaller value, "
        "equal ones counted half; null: pass or fail, or fewer than 20 units."
    )
    siblings: int = strawberry.field(description="Among how many units the percentile is.")
    better_than: float | None = strawberry.field(
        description="The share, 0 to 100, of those with a worse value; null where neither less nor more is better."
    )

    @classmethod
    def of(cls, value: domain.PerformanceValue, model: str) -> "PerformanceValue":
        return cls(
            measurement=Measurement.of(value.measurement, model, value.name),
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
    revision: int = strawberry.field(description="1; a re-test makes the next, and this one stays.")
    issued_at: datetime = strawberry.field(description="When it was issued (factory clock).")
    measurements: list[Measurement] = strawberry.field(description="The values measured on this unit.")
    values: list[PerformanceValue] = strawberry.field(description="The same with what they are compared to.")
    type_tests: list[TypeTest] = strawberry.field(
        description="What the type test of the model found; not measured on this unit."
    )
    content_hash: str = strawberry.field(
        description="SHA-256, hex, over the RFC 8785 canonical form of the JSON at jsonUrl without its contentHash."
    )

    @classmethod
    def of(cls, report: domain.PerformanceReport, unit: DomainProduct) -> Self:
        values = [PerformanceValue.of(value, report.model) for value in report.values]
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

    @strawberry.field(description="The report in plain words.")
    def summary(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.report.summary, locale)

    @strawberry.field(description="A page to read and print. Whoever has this address may, for five minutes.")
    def page_url(self, info: Info, locale: InLocale = None) -> str:
        return self._url(info, "report", locale or info.context.locale)

    @strawberry.field(description="The report as JSON. Whoever has this address may read it, for five minutes.")
    def json_url(self, info: Info) -> str:
        return self._url(info, "report.json", None)

    def _url(self, info: Info, name: str, locale: Locale | str | None) -> str:
        deps = info.context.deps
        link = ReportLink(self.report.product, self.revision)
        query = {"token": sign_link(deps.keys, deps.settings, link, deps.wall())}
        if locale:
            query["locale"] = locale
        return f"{deps.settings.public_url.rstrip('/')}/products/{format_code(link.product)}/{name}?{urlencode(query)}"
