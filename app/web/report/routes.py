"""Who may read which report over HTTP, and in which language: /products/{code}/report and /report.json."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.actions.performance import find_report
from app.actions.unit import at_head
from app.auth.link import read_link
from app.auth.token import read_authorization
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.refusal import InvalidInput, Unauthenticated
from app.domain.shared.viewer import sees_inside
from app.domain.unit.code import parse_code
from app.domain.unit.performance import PerformanceReport, content
from app.store.database import UNAVAILABLE
from app.store.visibility import visible_products
from app.transport.http import accepted_locale
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


Answer = Callable[[Deps, Found], Response]


def routes(deps: Callable[[], Deps]) -> list[BaseRoute]:
    """List the two addresses of a report; the world is asked for at each request."""
    path = "/products/{code}/report"
    return [_route(path, deps, _page), _route(f"{path}.json", deps, _json)]


def _page(deps: Deps, found: Found) -> Response:
    text = page(found.report, found.locale, deps.settings.resolver_url)
    return Response(text, media_type="text/html", headers={**SAFE_HEADERS, **PAGE_HEADERS})


def _json(deps: Deps, found: Found) -> Response:
    body = {**content(found.report), "contentHash": found.report.content_hash}
    return JSONResponse(body, headers=SAFE_HEADERS)


def _route(path: str, deps: Callable[[], Deps], answer: Answer) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            found = await _find(deps(), request)
        except UNAVAILABLE:
            return PlainTextResponse("Try again in a moment.", 503, SAFE_HEADERS)
        if found is None:  # absent, foreign, not signed in, a link that has expired: one answer
            return PlainTextResponse("There is no such report, or its link has expired.", 404, SAFE_HEADERS)
        return answer(deps(), found)

    return Route(path, endpoint, methods=["GET"])


async def _find(deps: Deps, request: Request) -> Found | None:
    """Find the report that a request names and may read: by its link, or as its bearer; None otherwise."""
    revision = request.query_params.get("revision")
    if revision is not None and not (
        revision.isascii() and revision.isdigit() and len(revision) <= REVISION_DIGITS_MAX
    ):
        return None
    wanted = int(revision) if revision else None
    locale = request.query_params.get("locale", "")[:LOCALE_LENGTH_MAX] or None
    accepted = accepted_locale(request.headers.get("accept-language"))
    try:
        code = parse_code(request.path_params["code"])
        token = request.query_params.get("token")
        if token is not None:
            link = read_link(deps.keys, deps.settings, token)
            if link is None or link.product != code or wanted not in (None, link.revision):
                return None
            unit, wanted = await deps.stores.products.find(code), link.revision
        else:
            viewer = read_authorization(deps.keys, deps.settings, request.headers.get("authorization"))
            request.scope["zero_distance.viewer"] = viewer
            locale = locale or (viewer.locale if viewer else None)
            unit = await deps.stores.products.find(code, visible_products(viewer)) if sees_inside(viewer) else None
    except (InvalidInput, Unauthenticated):
        return None
    report = await _report(deps, unit, wanted) if unit else None
    return Found(report, locale or accepted) if report else None


async def _report(deps: Deps, unit: Product, revision: int | None) -> PerformanceReport | None:
    return await find_report(deps, await at_head(deps, unit), revision)
