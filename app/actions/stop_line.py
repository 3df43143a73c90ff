"""stopLine and resumeLine: the plant says when a line stands still; its plan follows within seconds."""

from datetime import datetime

from app.actions.schedule import append_plan_change, change_line
from app.deps import Deps
from app.domain.line.calendar import Stop
from app.domain.line.plan import LineState, PlanChangeKind, resumed, stopped
from app.domain.shared.refusal import NotFound, Unauthenticated
from app.domain.shared.viewer import Viewer, works_at


async def stop_line(
    deps: Deps, viewer: Viewer | None, line: str, begins_at: datetime | None, until: datetime, reason: str
) -> None:
    """Take a span out of a line's working time, from now where nothing else is said."""
    _check_right(deps, viewer, line)
    now = deps.now()
    stop = Stop(begins_at or now, until, reason)
    state = await change_line(deps, line, lambda state: stopped(state, stop, now))
    deps.set_stops(line, state.stops)
    await append_plan_change(deps, line, PlanChangeKind.STOPPED, state.version, stop=stop)


async def resume_line(deps: Deps, viewer: Viewer | None, line: str) -> None:
    """End what stops a line just now; nothing where it runs."""
    _check_right(deps, viewer, line)

    def resume(state: LineState) -> LineState | None:
        return resumed(state, deps.now())

    state = await change_line(deps, line, resume)
    if state is not None:
        deps.set_stops(line, state.stops)
        await append_plan_change(deps, line, PlanChangeKind.RESUMED, state.version)


def _check_right(deps: Deps, viewer: Viewer | None, line: str) -> None:
    if viewer is None:
        raise Unauthenticated("Sign in first.")
    factory = deps.catalogue.factory_of_line.get(line)
    if factory is None or not works_at(viewer, factory.code):
        raise NotFound("There is no such line.", ("lineId",))
