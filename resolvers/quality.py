"""unitsWithComponent, unitsWithPackage, openDecisions, openNonconformances, lineQuality and disposeNonconformance."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.actions import quality
from app.actions.dispose_nonconformance import dispose_nonconformance
from app.actions.quality import OpenMatter
from app.context import Info
from app.domain.order.order import Product as DomainProduct
from resolvers.node import nonconformance_of
from schema.arguments import Input
from schema.connection import After, Connection, First, connection, page_asked
from schema.links import Decision, Nonconformance, Product
from schema.node import key_of
from schema.nonconformance import DisposeNonconformanceInput
from schema.quality import LineQuality
from schema.refusal import answered
from schema.result import DisposeNonconformanceResult

LineId = Annotated[strawberry.ID, strawberry.argument(description="The id of the line.")]
Part = Annotated[str | None, strawberry.argument(description="Only components of this type.")]
Serial = Annotated[
    str | None, strawberry.argument(description="The serial number; a serial number or a lot must be given.")
]
Lot = Annotated[str | None, strawberry.argument(description="The lot number.")]
Sscc = Annotated[str, strawberry.argument(description="The package's GS1 SSCC: 18 digits.")]
From = Annotated[
    datetime, strawberry.argument(name="from", description="The beginning of the period, which is included.")
]
Until = Annotated[
    datetime, strawberry.argument(description="The end of the period, which is not included, at most 366 days later.")
]


WAITING = (datetime, str, str)
"""What the cursors of a list of what waits hold: since when its unit has waited, that unit, and the entry's id."""


def _place(waiting: OpenMatter) -> tuple[datetime, str, str]:
    assert waiting.since is not None, "it waits since something was raised"
    return waiting.since, waiting.unit.code, waiting.id


def _shown(info: Info, unit: DomainProduct, id: str) -> Nonconformance:
    found = nonconformance_of(info, unit, id)
    assert found is not None, "it was found by this id"
    return found


@strawberry.type
class QualityQuery:
    @strawberry.field(
        description="The units in which a component of this lot, or with this serial number, is fitted now. Only our "
        "staff and the machines of a factory, for its units, may ask."
    )
    async def units_with_component(
        self,
        info: Info,
        part: Part = None,
        serial: Serial = None,
        lot: Lot = None,
        first: First = None,
        after: After = None,
    ) -> Connection[Product]:
        page, viewer = page_asked((str,), first, after), info.context.signed_in
        found = await quality.units_with_component(info.context.deps, viewer, part, serial, lot, page)
        return connection(page, found, Product.of, lambda unit: (unit.code,))

    @strawberry.field(
        description="The units that were packed under this number, among those that the viewer may see: more than "
        "one, if the number was used twice by mistake. At most 100 are answered."
    )
    async def units_with_package(self, info: Info, sscc: Sscc) -> list[Product]:
        found = await quality.units_with_package(info.context.deps, info.context.signed_in, sscc)
        return [Product.of(unit) for unit in found]

    @strawberry.field(
        description="The questions that wait for the viewer's answer, of all their units, those of the unit that "
        "waits longest first."
    )
    async def open_decisions(self, info: Info, first: First = None, after: After = None) -> Connection[Decision]:
        page = page_asked(WAITING, first, after)
        found = await quality.open_decisions(info.context.deps, info.context.signed_in, page)
        return connection(page, found, lambda waiting: Decision.of(info, waiting.unit, waiting.id), _place)

    @strawberry.field(
        description="The open nonconformances of a line's units, those of the unit that waits longest first; empty "
        "for everybody who does not work there."
    )
    async def open_nonconformances(
        self, info: Info, line_id: LineId, first: First = None, after: After = None
    ) -> Connection[Nonconformance]:
        page, line = page_asked(WAITING, first, after), key_of("Line", line_id)
        found = await quality.line_nonconformances(info.context.deps, info.context.signed_in, line, page)
        return connection(page, found, lambda waiting: _shown(info, waiting.unit, waiting.id), _place)

    @strawberry.field(
        description="How well a line worked in a period; null: there is no such line, or the viewer does not work "
        "there."
    )
    async def line_quality(self, info: Info, line_id: LineId, since: From, until: Until) -> LineQuality | None:
        line = key_of("Line", line_id)
        found = await quality.line_quality(info.context.deps, info.context.signed_in, line, since, until)
        return LineQuality.of(info, line, found) if found else None


@strawberry.type
class QualityMutation:
    @strawberry.mutation(
        description="Decides what is done with a nonconforming unit. Only an engineer of its factory may."
    )
    async def dispose_nonconformance(
        self, info: Info, input: Input[DisposeNonconformanceInput]
    ) -> DisposeNonconformanceResult:
        code, _, id = key_of("Nonconformance", input.nonconformance_id).partition(".")
        work = dispose_nonconformance(
            info.context.deps, info.context.viewer, code, id, input.disposition, input.note, input.idempotency_key
        )
        return await answered(work, lambda unit: _shown(info, unit, id))
