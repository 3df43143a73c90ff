"""Signed links to one performance report: for a browser that prints it, for a few minutes, for nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from app.auth.keys import Keys
from app.auth.token import ALGORITHM, LENGTH_MAX
from app.settings import Settings

TYPE = "report+jwt"


@dataclass(frozen=True)
class ReportLink:
    """What a link opens."""

    product: str
    revision: int


def sign_link(keys: Keys, settings: Settings, link: ReportLink, wall: datetime) -> str:
    """Sign a link. Its type and audience differ from an access token's: neither passes for the other."""
    expires_at = wall + timedelta(seconds=settings.report_link_seconds)
    claims = {
        "iss": settings.issuer,
        "aud": _audience(settings),
        "sub": link.product,
        "revision": link.revision,
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(claims, keys.signing, ALGORITHM, headers={"typ": TYPE})


def read_link(keys: Keys, settings: Settings, token: str) -> ReportLink | None:
    """Check a link's token; None where anything about it is wrong."""
    try:
        if len(token) > LENGTH_MAX or jwt.get_unverified_header(token).get("typ") != TYPE:
            return None
        claims = jwt.decode(
            token,
            keys.signing.public_key(),
            algorithms=[ALGORITHM],
            audience=_audience(settings),
            issuer=settings.issuer,
            options={"require": ["exp", "sub", "aud", "iss", "revision"]},
        )
    except jwt.PyJWTError:
        return None
    return ReportLink(claims["sub"], claims["revision"])


def _audience(settings: Settings) -> str:
    return f"{settings.audience}/report"
