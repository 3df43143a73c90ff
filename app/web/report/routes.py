"""Who may read which report over HTTP, and in which language: /products/{code}/report and /report.json."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.actions.performance import find_report
from app.actions.unit import at_head
from app.auth.link import read_link
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.refusal import NotFound, Unauthenticated
from app.domain.shared.text import accepted_locale
from app.domain.shared.viewer import sees_inside
from app.domain.unit.code import parse_code
from app.domain.unit.performance import PerformanceReport, content
from app.store.visibility import visible_products
from app.web.endpoint import endpoint, identify
from app.web.report.page import CONTENT_SECURITY_POLICY, page

REVISION_DIGITS_MAX, LOCALE_LENGTH_MAX = 3, 64
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "private, no-store",
    "Vary": "Authorization, Accept-Language",
}
PAGE_HEADERS = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "X-Frame-Options": "DENY"}


@dataclass(frozen=True)
class Found:
    report: PerformanceReport
    locale: str | None


Form = Callable[[Deps, Found], Response]


def routes(deps: Callable[[], Deps]) -> list[BaseRoute]:
    """List the two addresses of a report. `deps` is asked at each request."""
    path = "/products/{code}/report"
    return [_route(path, deps, _page), _route(f"{path}.json", deps, _json)]


def _page(deps: Deps, found: Found) -> Response:
    text = page(found.report, found.locale, deps.settings.resolver_url)
    return Response(text, media_type="text/html", headers={**SAFE_HEADERS, **PAGE_HEADERS})


def _json(deps: Deps, found: Found) -> Response:
    body = {**content(found.report), "contentHash": found.report.content_hash}
    return JSONResponse(body, headers=SAFE_HEADERS)


def _failure(status: int, code: str, message: str) -> Response:
    return PlainTextResponse(message, status, SAFE_HEADERS)


def _route(path: str, deps: Callable[[], Deps], form: Form) -> Route:
    async def answer(request: Request) -> Response:
        try:
            return form(deps(), await _get(deps(), request))
        except Unauthenticated as error:  # absent, foreign, not signed in, a link that has expired: one answer
            raise NotFound(str(error)) from error

    absent = "There is no such report, or its link has expired."
    return Route(path, endpoint(answer, absent, _failure), methods=["GET"])


async def _get(deps: Deps, request: Request) -> Found:
    """Find the report that a request names and may read, by its link or as its bearer; raises NotFound otherwise."""
    wanted = _revision(request.query_params.get("revision"))
    locale = request.query_params.get("locale", "")[:LOCALE_LENGTH_MAX] or None
    code = parse_code(request.path_params["code"])
    token = request.query_params.get("token")
    if token is not None:
        link = read_link(deps.keys, deps.settings, token)
        if link is None or link.product != code or wanted not in (None, link.revision):
            raise NotFound("This link is none of this report.")
        unit, wanted = await deps.stores.products.find(code), link.revision
    else:
        viewer = identify(deps, request)
        locale = locale or (viewer.locale if viewer else None)
        unit = await deps.stores.products.find(code, visible_products(viewer)) if sees_inside(viewer) else None
    report = await _report(deps, unit, wanted) if unit else None
    if report is None:
        raise NotFound("There is no such report.")
    return Found(report, locale or accepted_locale(request.headers.get("accept-language")))


def _revision(text: str | None) -> int | None:
    """Read the number of a revision; None where none is given."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= REVISION_DIGITS_MAX):
        raise NotFound("This is no revision.")
    return int(text)


async def _report(deps: Deps, unit: Product, revision: int | None) -> PerformanceReport | None:
    return await find_report(deps, await at_head(deps, unit), revision)
