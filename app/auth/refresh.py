"""Refresh tokens: opaque, rotated at each use; a stolen one that is used again kills its family.

A token is `family.secret`. Its successor is derived from it with a secret of the installation, so that a client whose
reply was lost, or 20 that ask at once, get the same successor, and none is ever stored in clear.
"""

import base64
import hashlib
import hmac
import secrets


def new_token() -> tuple[str, str]:
    """Make a family and its first token, with 256 random bits."""
    family = secrets.token_hex(12)
    return family, f"{family}.{secrets.token_urlsafe(32)}"


def family_of(token: str) -> str:
    return token[:64].partition(".")[0]


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def successor(secret: bytes, token: str) -> str:
    digest = hmac.digest(secret, token.encode(), "sha256")
    return f"{family_of(token)}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
