"""Which routes serve the GraphiQL page, its files and the example operations."""

import gzip
import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

HERE = Path(__file__).parent
MEDIA_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
OWN_FILES = ("page.js", "page.css", "favicon.svg")
FOR_EVER = "public, max-age=31536000, immutable"  # a vendored file never changes: its folder names its version
ASK_AGAIN = "no-cache"
# the one style element the bundle adds: while a dialog is open, the page does not scroll
SCROLL_LOCK = "'sha256-Y/huXlwoYkVyQlxwSVcCi1RCDGDCSVBzDt0hYP9qlTc='"
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": f"'self' {SCROLL_LOCK}",
    "img-src": "'self' data:",
    "font-src": "data:",
    "connect-src": "'self'",  # CSP 3: includes WebSockets of the same host and port
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{directive} {sources}" for directive, sources in POLICY.items())
SAFE_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
PAGE_HEADERS = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "X-Frame-Options": "DENY"}


def routes() -> list[BaseRoute]:
    """List the page at `/`, and below `/graphiql` its files and the example operations; all read once, here."""
    vendored = sorted(path for path in (HERE / "vendor").rglob("*.min.*") if path.suffix in MEDIA_TYPES)
    files: list[BaseRoute] = [_file(path, path.relative_to(HERE).as_posix(), FOR_EVER) for path in vendored]
    files += [_file(HERE / name, name, ASK_AGAIN) for name in OWN_FILES]
    files.append(_route("/examples.json", json.dumps(examples()).encode(), "application/json", ASK_AGAIN))
    page = _route("/", (HERE / "page.html").read_bytes(), MEDIA_TYPES[".html"], ASK_AGAIN, PAGE_HEADERS)
    return [page, Mount("/graphiql", routes=files, name="graphiql")]


def examples() -> list[dict[str, str]]:
    """Read the example operations in the order of their file names: `name`, `query`, and `variables` as JSON text."""
    return [_example(path) for path in sorted((HERE / "examples").glob("*.graphql"))]


def _example(path: Path) -> dict[str, str]:
    variables = path.with_suffix(".json")
    return {
        "name": path.stem.partition("-")[2].replace("-", " ").capitalize(),
        "query": path.read_text(encoding="utf-8"),
        "variables": variables.read_text(encoding="utf-8") if variables.exists() else "",
    }


def _file(path: Path, name: str, caching: str) -> Route:
    return _route(f"/{name}", path.read_bytes(), MEDIA_TYPES[path.suffix], caching)


def _route(path: str, content: bytes, media_type: str, caching: str, more: dict[str, str] | None = None) -> Route:
    zipped = _zip(content)
    etag = f'W/"{sha256(content).hexdigest()[:16]}"'
    headers = {**SAFE_HEADERS, **(more or {}), "Cache-Control": caching, "ETag": etag, "Vary": "Accept-Encoding"}

    async def answer(request: Request) -> Response:
        if etag in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return Response(zipped, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)
        return Response(content, headers=headers, media_type=media_type)

    return Route(path, answer)


@cache
def _zip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=6, mtime=0)
