"""linePlan, stopLine and resumeLine."""

from collections.abc import Awaitable

import strawberry

from app.actions.stop_line import resume_line, stop_line
from app.context import Info
from app.domain.shared.viewer import works_at
from schema.arguments import Id, Input
from schema.line_plan import LinePlan, ResumeLineInput, ResumeLineResult, StopLineInput, StopLineResult
from schema.node import key_of
from schema.refusal import answered


async def plan_of(info: Info, line: str) -> LinePlan:
    return LinePlan.of(info, line, await info.context.deps.stores.lines.get(line))


@strawberry.type
class LinePlanQuery:
    @strawberry.field(
        description="The plan of a line; null: there is no such line, or the viewer may not see its plan."
    )
    async def line_plan(self, info: Info, line_id: Id) -> LinePlan | None:
        line = key_of("Line", line_id)
        factory = info.context.deps.catalogue.factory_of_line.get(line)
        if factory is None or not works_at(info.context.viewer, factory.code):
            return None
        return await plan_of(info, line)


@strawberry.type
class LinePlanMutation:
    @strawberry.mutation(
        description="Reports when a line stands still. Only its factory, its engineers and our staff may."
    )
    async def stop_line(self, info: Info, input: Input[StopLineInput]) -> StopLineResult:
        context, line = info.context, key_of("Line", input.line_id)
        return await answered(
            _planned(
                info, line, stop_line(context.deps, context.viewer, line, input.begins_at, input.until, input.reason)
            ),
            lambda plan: plan,
        )

    @strawberry.mutation(description="Reports that a line runs again. A line that runs is left as it is.")
    async def resume_line(self, info: Info, input: Input[ResumeLineInput]) -> ResumeLineResult:
        context, line = info.context, key_of("Line", input.line_id)
        return await answered(_planned(info, line, resume_line(context.deps, context.viewer, line)), lambda plan: plan)


async def _planned(info: Info, line: str, work: Awaitable[None]) -> LinePlan:
    await work
    return await plan_of(info, line)
