"""A unit's journal as one JSON document, to be checked offline: /products/{code}/journal.json."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.actions.export import export_journal
from app.deps import Deps
from app.domain.unit.code import parse_code
from app.web.endpoint import endpoint, identify


def routes(deps: Callable[[], Deps]) -> list[BaseRoute]:
    """List the route of journals, for their buyers and staff. `deps` is asked at each request."""

    async def answer(request: Request) -> Response:
        viewer = identify(deps(), request)
        found = await export_journal(deps(), viewer, parse_code(request.path_params["code"]))
        return JSONResponse(found, headers={"Cache-Control": "private, no-store"})

    return [Route("/products/{code}/journal.json", endpoint(answer, "There is no such unit."))]
