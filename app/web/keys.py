"""The public keys that tokens and journals are signed with, as a JWK Set (RFC 7517): /.well-known/jwks.json."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.auth.keys import key_set
from app.deps import Deps


def routes(deps: Callable[[], Deps]) -> list[BaseRoute]:
    """List the route of the key set, for anybody. `deps` is asked at each request."""

    async def answer(request: Request) -> Response:
        return JSONResponse(key_set(deps().keys), headers={"Cache-Control": "public, max-age=300"})

    return [Route("/.well-known/jwks.json", answer)]
