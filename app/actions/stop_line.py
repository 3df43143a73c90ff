"""stopLine and resumeLine: the plant says when a line stands still; its plan follows within seconds."""

from datetime import datetime

from app.actions.schedule import change_line, tell_plant
from app.domain.line_plan import LineState, PlanChangeKind, resumed, stopped
from app.domain.planning import Stop
from app.domain.refusal import NotFound, Unauthenticated
from app.domain.viewer import Viewer, works_at
from app.world import World


async def stop_line(
    world: World, viewer: Viewer | None, line: str, begins_at: datetime | None, until: datetime, reason: str
) -> None:
    """Take a span out of a line's working time, from now where nothing else is said."""
    _check_right(world, viewer, line)
    now = world.now()
    stop = Stop(begins_at or now, until, reason)
    state = await change_line(world, line, lambda state: stopped(state, stop, now))
    world.heed_stops(line, state.stops)
    await tell_plant(world, line, PlanChangeKind.STOPPED, state.version, stop=stop)


async def resume_line(world: World, viewer: Viewer | None, line: str) -> None:
    """End what stops a line just now; nothing where it runs."""
    _check_right(world, viewer, line)

    def resume(state: LineState) -> LineState | None:
        return resumed(state, world.now())

    state = await change_line(world, line, resume)
    if state is not None:
        world.heed_stops(line, state.stops)
        await tell_plant(world, line, PlanChangeKind.RESUMED, state.version)


def _check_right(world: World, viewer: Viewer | None, line: str) -> None:
    if viewer is None:
        raise Unauthenticated("Sign in first.")
    factory = world.catalogue.factory_of_line.get(line)
    if factory is None or not works_at(viewer, factory.code):
        raise NotFound("There is no such line.", ("lineId",))
