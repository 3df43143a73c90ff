"""stopLine and resumeLine: the plant says when a line stands still; its plan follows within seconds."""

from collections.abc import Callable
from datetime import datetime

from app.actions.access import get_line, signed_in
from app.actions.schedule import append_plan_change, change_line
from app.deps import Deps
from app.domain.line.calendar import Stop
from app.domain.line.state import LineState, PlanChangeKind
from app.domain.line.stop import resumed, stopped
from app.domain.shared.viewer import Viewer


async def stop_line(
    deps: Deps, viewer: Viewer | None, line: str, begins_at: datetime | None, until: datetime, reason: str
) -> None:
    """Take a span out of a line's working time, from now where nothing else is said. Raises NotFound."""
    get_line(deps, signed_in(viewer), line)
    now = deps.now()
    stop = Stop(begins_at or now, until, reason)
    await _change(deps, line, PlanChangeKind.STOPPED, lambda state: stopped(state, stop, now), stop)


async def resume_line(deps: Deps, viewer: Viewer | None, line: str) -> None:
    """End what stops a line just now; nothing where it runs. Raises NotFound."""
    get_line(deps, signed_in(viewer), line)
    await _change(deps, line, PlanChangeKind.RESUMED, lambda state: resumed(state, deps.now()))


async def _change(
    deps: Deps,
    line: str,
    kind: PlanChangeKind,
    decide: Callable[[LineState], LineState | None],
    stop: Stop | None = None,
) -> None:
    state = await change_line(deps, line, decide)
    if state is not None:
        deps.set_stops(line, state.stops)
        await append_plan_change(deps, line, kind, state.version, stop=stop)
