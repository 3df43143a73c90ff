"""The QR code of a unit at an HTTP address, as SVG and PNG: its GS1 Digital Link URI (ISO/IEC 18004, level M)."""

import io
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from stdnum import ean

from app.domain.shared.refusal import InvalidInput, NotFound
from app.domain.unit.code import QR_PATH, QrFormat, digital_link, parse_code
from app.web.endpoint import endpoint

MEDIA_TYPES = {QrFormat.SVG.value: "image/svg+xml", QrFormat.PNG.value: "image/png"}
LOOKS: Mapping[str, Mapping[str, Any]] = {
    QrFormat.SVG.value: {"light": "#fff", "omitsize": True, "svgclass": None, "lineclass": None},
    QrFormat.PNG.value: {"scale": 8},
}
GTIN_LENGTH = 14
HEADERS = {
    "Cache-Control": "public, max-age=86400",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


def routes(resolver_url: str) -> list[BaseRoute]:
    """List the route of QR codes. Anybody may fetch one, so that it can stand in an <img>.

    A code is drawn from its address alone, whether there is such a unit or not: so it tells nobody which units exist.
    """

    async def answer(request: Request) -> Response:
        gtin, serial, form = (request.path_params[name] for name in ("gtin", "serial", "form"))
        if form not in MEDIA_TYPES or not _well_formed(gtin, serial):
            raise NotFound("There is no such QR code.")
        content = draw(digital_link(resolver_url, gtin, serial), form)
        etag = f'"{sha256(content).hexdigest()[:16]}"'
        headers = {**HEADERS, "ETag": etag}
        if etag in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=MEDIA_TYPES[form])

    return [Route(QR_PATH, endpoint(answer, "There is no such QR code."))]


@lru_cache(maxsize=256)
def draw(text: str, form: str) -> bytes:
    """Draw a QR code with its quiet zone of four modules, as SVG or PNG."""
    drawn = io.BytesIO()
    segno.make_qr(text, error="m").save(drawn, kind=form, **LOOKS[form])
    return drawn.getvalue()


def _well_formed(gtin: str, serial: str) -> bool:
    try:
        exact = gtin.isascii() and gtin.isdigit() and len(gtin) == GTIN_LENGTH
        return exact and ean.is_valid(gtin) and parse_code(serial) == serial
    except InvalidInput:
        return False
