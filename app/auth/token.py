"""Access tokens: RFC 9068 JWTs signed with EdDSA, checked by the rules of RFC 8725."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from app.auth.keys import Keys
from app.domain.shared.refusal import Unauthenticated
from app.domain.shared.viewer import AccountKind, Viewer
from app.settings import Settings
from app.store.account import Account

ALGORITHM = "EdDSA"
TYPE = "at+jwt"
LEEWAY_SECONDS = 10
LENGTH_MAX = 4096
BEARERS_MAX = 10_000
VIEWER = "zero_distance.viewer"
"""Where the scope of a request names its viewer, for whoever logs it."""
REQUIRED = ["exp", "iat", "sub", "aud", "iss"]


def issue_token(
    keys: Keys, settings: Settings, account: Account, seconds: int, wall: datetime, session: str | None = None
) -> tuple[str, datetime]:
    """Sign an access token for an account, as part of a session where there is one; return it with its end."""
    expires_at = (wall + timedelta(seconds=seconds)).replace(microsecond=0)
    claims: dict[str, Any] = {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": account.id,
        "iat": int(wall.timestamp()),
        "exp": int(expires_at.timestamp()),
        "jti": secrets.token_urlsafe(12),
        "kind": account.kind.value,
    }
    claims |= {name: value for name in ("factory", "carrier", "locale") if (value := getattr(account, name))}
    if session is not None:
        claims["sid"] = session
    return jwt.encode(claims, keys.signing, ALGORITHM, headers={"typ": TYPE}), expires_at


def read_token(keys: Keys, settings: Settings, token: str) -> Viewer:
    """Name the bearer of an access token; raises Unauthenticated where anything about it is wrong.

    One that was found right is not checked again until it expires, which costs more than many an answer.
    """
    if len(token) > LENGTH_MAX:
        raise Unauthenticated(f"The access token is longer than {LENGTH_MAX} characters.")
    place = hashlib.sha256(f"{settings.issuer} {settings.audience} {token}".encode("utf-8", "surrogatepass")).digest()
    viewer = keys.bearers.get(place)
    if viewer is None or viewer.expires_at <= datetime.now(UTC):
        viewer = _check(keys, settings, token)
        if len(keys.bearers) >= BEARERS_MAX:
            keys.bearers.clear()
        keys.bearers[place] = viewer
    return viewer


def _check(keys: Keys, settings: Settings, token: str) -> Viewer:
    try:
        if str(jwt.get_unverified_header(token).get("typ", "")).lower() != TYPE:
            raise Unauthenticated("This is not an access token.")
        claims = jwt.decode(
            token,
            keys.signing.public_key(),
            algorithms=[ALGORITHM],
            audience=settings.audience,
            issuer=settings.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )
        return Viewer(
            account=claims["sub"],
            kind=AccountKind(claims["kind"]),
            expires_at=datetime.fromtimestamp(claims["exp"] + LEEWAY_SECONDS, UTC),
            factory=claims.get("factory"),
            carrier=claims.get("carrier"),
            locale=claims.get("locale"),
            session=claims.get("sid"),
            token_expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )
    except jwt.ExpiredSignatureError as error:
        raise Unauthenticated("The access token has expired.") from error
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise Unauthenticated("The access token is not valid.") from error


def read_authorization(keys: Keys, settings: Settings, header: str | None) -> Viewer | None:
    """Name the bearer of an Authorization header (RFC 6750); None where there is no header."""
    if header is None or not header.strip():
        return None
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Authorization must be: Bearer <access token>.")
    return read_token(keys, settings, token.strip())
