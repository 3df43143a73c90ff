"""What all endpoints beside GraphQL share: who calls, and how each answers what it must not, or can't, show."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.auth.token import VIEWER, read_authorization
from app.deps import Deps
from app.domain.shared.refusal import InvalidInput, NotFound, Unauthenticated
from app.domain.shared.viewer import Viewer
from app.execution.errors import error_body
from app.store.database import UNAVAILABLE

Answer = Callable[[Request], Awaitable[Response]]
Failure = Callable[[int, str, str], Response]
"""Makes a response of a status, a code as GraphQL's errors have it, and words for a developer."""


def identify(deps: Deps, request: Request) -> Viewer | None:
    """Name the bearer of a request, None where nobody is signed in; raises Unauthenticated."""
    viewer = read_authorization(deps.keys, deps.settings, request.headers.get("authorization"))
    request.scope[VIEWER] = viewer
    return viewer


def json_failure(status: int, code: str, message: str) -> Response:
    return JSONResponse(error_body(code, message), status_code=status)


def endpoint(answer: Answer, absent: str, failure: Failure = json_failure) -> Answer:
    """Wrap an endpoint that raises: absent, forbidden and wrongly named are one answer, in the words of `absent`."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except Unauthenticated as error:
            return failure(401, "UNAUTHENTICATED", str(error))
        except (NotFound, InvalidInput):
            return failure(404, "NOT_FOUND", absent)
        except UNAVAILABLE:
            return failure(503, "UNAVAILABLE", "Try again in a moment.")

    return answered
