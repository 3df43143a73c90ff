"""A line's plan as its plant sees it: the sequence in which units are built, its changes, and the line's stops."""

from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from app.context import Info
from app.domain.line import calendar as planning
from app.domain.line import plan as domain
from app.domain.line.plan import PlanChangeKind
from app.domain.order.order import Product as DomainProduct
from schema.catalogue import Line, Model
from schema.configuration import Selection, selections_of
from schema.connection import SEQUENCE, After, Connection, First, connection, page_asked
from schema.links import Product
from schema.refusal import InvalidInput, NotFound
from schema.scalars import ProductCode
from schema.words import vocabulary

vocabulary(
    PlanChangeKind,
    "What changed the plan of a line. The list grows: expect unknown values.",
    {
        "RESERVED": "New units were given the places behind the last one.",
        "REPLANNED": "Units got other places or times: levelled, or after what happened on the line.",
        "STOPPED": "The line stands still, or will; the plan follows with a REPLANNED.",
        "RESUMED": "The line runs again before it was expected to; the plan follows with a REPLANNED.",
    },
)
ChangedAfter = Annotated[
    int | None,
    strawberry.argument(description="Only places that later versions of the plan moved: the last version seen."),
]


@strawberry.type(description="A span in which a line stands still.")
class LineStop:
    begins_at: datetime = strawberry.field(description="From then on (factory clock).")
    ends_at: datetime = strawberry.field(description="Until then (factory clock).")
    reason: str = strawberry.field(description="The plant's own word; customers never see it.")

    @classmethod
    def of(cls, stop: planning.Stop) -> "LineStop":
        return cls(begins_at=stop.begins_at, ends_at=stop.ends_at, reason=stop.reason)


@strawberry.type(description="A place in a line's sequence and the unit that will be built there.")
class PlannedPlace:
    unit: strawberry.Private[DomainProduct]
    position: int = strawberry.field(description="Places are numbered along the line, one takt apart.")
    starts_at: datetime = strawberry.field(description="Planned start of the first operation (factory clock).")
    finishes_at: datetime = strawberry.field(description="Planned end of the last operation (factory clock).")
    version: int = strawberry.field(description="The version of the plan that put the unit here.")
    frozen: bool = strawberry.field(
        description="It will not get another place any more, whatever becomes of its times."
    )

    @classmethod
    def of(cls, unit: DomainProduct, version: int, frozen: int) -> "PlannedPlace":
        plan = unit.plan
        assert plan is not None, "only units with a place are read"
        return cls(
            unit=unit,
            position=plan.position,
            starts_at=plan.starts_at,
            finishes_at=plan.finishes_at,
            version=version,
            frozen=plan.position <= frozen,
        )

    @strawberry.field(description="The unit's ID code: what the line builds by.")
    def code(self) -> ProductCode:
        return ProductCode(self.unit.code)

    @strawberry.field(description="What it is.")
    def model(self, info: Info) -> Model:
        deps = info.context.deps
        return Model.of(deps.model(self.unit.model), deps.catalogue)

    @strawberry.field(description="How it is to be built, as of now.")
    def selections(self, info: Info) -> list[Selection]:
        return selections_of(info, info.context.deps.model(self.unit.model), self.unit.state.selections)

    @strawberry.field(description="The unit itself.")
    def product(self) -> Product:
        return Product.of(self.unit)


@strawberry.type(description="The plan of a line, for its plant and its engineers alone.")
class LinePlan:
    line: Line = strawberry.field(description="The line.")
    version: int = strawberry.field(description="Grows with each change; of places, those of later ones are the moved.")
    frozen_until: datetime = strawberry.field(
        description="What is planned to begin until then is frozen within seconds; what is, stays so if times move."
    )
    frozen: strawberry.Private[int]
    stops: list[LineStop] = strawberry.field(description="When it stands still, now and later.")

    @classmethod
    def of(cls, info: Info, line: str, state: domain.LineState) -> "LinePlan":
        deps = info.context.deps
        now = deps.now()
        return cls(
            line=Line.of(deps.catalogue.line[line]),
            version=state.version,
            frozen_until=now + timedelta(hours=deps.settings.frozen_hours),
            frozen=state.frozen,
            stops=[LineStop.of(stop) for stop in state.stops if stop.ends_at > now],
        )

    @strawberry.field(description="The units that wait for the line, in the sequence in which they will be built.")
    async def places(
        self, info: Info, first: First = None, after: After = None, changed_after: ChangedAfter = None
    ) -> Connection[PlannedPlace]:
        page = page_asked(SEQUENCE, first, after)
        found = await info.context.load(info.context.deps.stores.places.pages, self.line.code, changed_after, page)
        return connection(page, found or (), self._place, _position)

    def _place(self, row: tuple[DomainProduct, int]) -> PlannedPlace:
        return PlannedPlace.of(*row, self.frozen)


def _position(row: tuple[DomainProduct, int]) -> tuple[int]:
    unit, _ = row
    assert unit.plan is not None, "only units with a place are read"
    return (unit.plan.position,)


@strawberry.type(description="One entry of a line's own journal: its plan is another one than before.")
class LinePlanChange:
    sequence: int = strawberry.field(description="1, 2, 3 … for each line, without holes, never renumbered.")
    kind: PlanChangeKind = strawberry.field(description="What it was.")
    occurred_at: datetime = strawberry.field(description="When it was (factory clock).")
    moved: int = strawberry.field(description="How many units got another place or time.")
    changed_after: int = strawberry.field(description="`places` with this as `changedAfter` says which units moved.")
    stop: LineStop | None = strawberry.field(description="The stop that it made known.")
    line_code: strawberry.Private[str]

    @classmethod
    def of(cls, change: domain.PlanChange) -> "LinePlanChange":
        return cls(
            sequence=change.sequence,
            kind=change.kind,
            occurred_at=change.occurred_at,
            moved=change.moved,
            stop=LineStop.of(change.stop) if change.stop else None,
            changed_after=change.version - 1,
            line_code=change.line,
        )

    @strawberry.field(description="The plan as of now.")
    async def plan(self, info: Info) -> LinePlan:
        state = await info.context.load(info.context.deps.stores.lines.find_all, self.line_code)
        assert state is not None, "a line that was never planned has a state, too"
        return LinePlan.of(info, self.line_code, state)


@strawberry.input(description="A span in which a line stands still.")
class StopLineInput:
    line_id: strawberry.ID = strawberry.field(description="The line.")
    begins_at: datetime | None = strawberry.field(default=None, description="From then on; without it, from now.")
    until: datetime = strawberry.field(description="Until then, at most 90 days ahead.")
    reason: str = strawberry.field(description="Why, in 1 to 200 characters; customers never see it.")


@strawberry.input(description="The line runs again.")
class ResumeLineInput:
    line_id: strawberry.ID = strawberry.field(description="The line.")


StopLineResult = Annotated[
    LinePlan | InvalidInput | NotFound,
    strawberry.union("StopLineResult", description="The plan that is to follow, or why not."),
]
ResumeLineResult = Annotated[
    LinePlan | NotFound, strawberry.union("ResumeLineResult", description="The plan that is to follow, or why not.")
]
