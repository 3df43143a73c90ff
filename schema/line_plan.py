"""A line's plan as its plant sees it: the sequence in which units are built, its changes, and the line's stops."""

from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from app.context import Info
from app.domain.line import calendar as planning
from app.domain.line import state as domain
from app.domain.line.state import PlanChangeKind
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
    "The kinds of changes of a line's plan. The list grows: expect unknown values.",
    {
        "RESERVED": "New units were given the places after the last one.",
        "REPLANNED": "Units were given other places or times, to level the line or because of what happened on it.",
        "STOPPED": "The line stands still, or will. The new plan follows as REPLANNED.",
        "RESUMED": "The line runs again sooner than expected. The new plan follows as REPLANNED.",
    },
)
ChangedAfter = Annotated[
    int | None,
    strawberry.argument(
        description="The last version of the plan that was seen: only units that later versions moved are listed."
    ),
]


@strawberry.type(description="A period in which a line stands still.")
class LineStop:
    begins_at: datetime = strawberry.field(description="When the line stops (factory clock).")
    ends_at: datetime = strawberry.field(description="Until when the line stands still (factory clock).")
    reason: str = strawberry.field(description="The reason in the factory's own words; customers never see it.")

    @classmethod
    def of(cls, stop: planning.Stop) -> "LineStop":
        return cls(begins_at=stop.begins_at, ends_at=stop.ends_at, reason=stop.reason)


@strawberry.type(description="A place in the sequence of a line, with the unit that will be built there.")
class PlannedPlace:
    unit: strawberry.Private[DomainProduct]
    position: int = strawberry.field(description="The number of the place; places are one takt apart.")
    starts_at: datetime = strawberry.field(description="When the first operation is planned to start (factory clock).")
    finishes_at: datetime = strawberry.field(description="When the last operation is planned to end (factory clock).")
    version: int = strawberry.field(description="The version of the plan that gave the unit this place or these times.")
    frozen: bool = strawberry.field(
        description="Whether the place is frozen: the unit keeps it, though its times may still change."
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

    @strawberry.field(description="The unit's ID code, by which the line builds.")
    def code(self) -> ProductCode:
        return ProductCode(self.unit.code)

    @strawberry.field(description="The unit's model.")
    def model(self, info: Info) -> Model:
        deps = info.context.deps
        return Model.as_sold(deps.edition_of(self.unit), deps.catalogue)

    @strawberry.field(description="The options with which the unit is to be built, as of now.")
    def selections(self, info: Info) -> list[Selection]:
        return selections_of(info, info.context.deps.model_of(self.unit), self.unit.state.selections)

    @strawberry.field(description="The unit that will be built there.")
    def product(self) -> Product:
        return Product.of(self.unit)


@strawberry.type(description="The plan of a line. Only its factory and its engineers see it.")
class LinePlan:
    line: Line = strawberry.field(description="The line.")
    version: int = strawberry.field(
        description="The version of the plan, which grows with each change: give it to `places` as `changedAfter` to "
        "see what moved since."
    )
    frozen_until: datetime = strawberry.field(
        description="Places whose units are planned to start before this time become frozen within seconds (factory "
        "clock). A frozen place stays frozen when times move."
    )
    frozen: strawberry.Private[int]
    stops: list[LineStop] = strawberry.field(description="The periods in which the line stands still, now and later.")

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


@strawberry.type(description="One entry of a line's journal: a change of its plan.")
class LinePlanChange:
    sequence: int = strawberry.field(
        description="The number of the entry: 1, 2, 3 … for each line, without gaps, never renumbered."
    )
    kind: PlanChangeKind = strawberry.field(description="What kind of change it is.")
    occurred_at: datetime = strawberry.field(description="When the plan changed (factory clock).")
    moved: int = strawberry.field(description="How many units were given another place or time.")
    changed_after: int = strawberry.field(
        description="The version of the plan before the change: give it to `places` as `changedAfter` to see which "
        "units moved."
    )
    stop: LineStop | None = strawberry.field(
        description="The period in which the line stands still, where the change announced one."
    )
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

    @strawberry.field(description="The plan of the line as it is now.")
    async def plan(self, info: Info) -> LinePlan:
        state = await info.context.load(info.context.deps.stores.lines.find_all, self.line_code)
        assert state is not None, "a line that was never planned has a state, too"
        return LinePlan.of(info, self.line_code, state)


@strawberry.input(description="A period in which a line stands still.")
class StopLineInput:
    line_id: strawberry.ID = strawberry.field(description="The id of the line.")
    begins_at: datetime | None = strawberry.field(default=None, description="When the line stops; without it, now.")
    until: datetime = strawberry.field(description="Until when the line stands still, at most 90 days ahead.")
    reason: str = strawberry.field(description="The reason, 1 to 200 characters; customers never see it.")


@strawberry.input(description="The line that runs again.")
class ResumeLineInput:
    line_id: strawberry.ID = strawberry.field(description="The id of the line.")


StopLineResult = Annotated[
    LinePlan | InvalidInput | NotFound,
    strawberry.union(
        "StopLineResult", description="The plan, which follows within seconds, or why the request was refused."
    ),
]
ResumeLineResult = Annotated[
    LinePlan | NotFound,
    strawberry.union(
        "ResumeLineResult", description="The plan, which follows within seconds, or why the request was refused."
    ),
]
