"""Signed heads of journals: a compact JWS (RFC 7515) that says of one unit: at this sequence, this hash."""

from base64 import urlsafe_b64decode
from typing import Any

from cryptography.exceptions import InvalidSignature

from app.auth.keys import Keys, base64url
from app.domain.shared.canonical import canonical
from app.domain.shared.chain import Head

TYPE = "journal-head+jws"


def sign_head(keys: Keys, head: Head) -> str:
    """Sign a head with the present key."""
    signed = _signing_input(keys.id, head)
    return f"{signed}.{base64url(keys.signing.sign(signed.encode()))}"


def check_head(keys: Keys, signature: str, head: Head) -> bool:
    """Tell whether this installation signed this very head, with its present key or a retired one."""
    signed, _, proof = signature.rpartition(".")
    key = next((key for id, key in keys.public.items() if _signing_input(id, head) == signed), None)
    if key is None:
        return False
    try:
        decoded = urlsafe_b64decode(proof + "=" * (-len(proof) % 4))
        key.verify(decoded, signed.encode())
    except (InvalidSignature, ValueError):
        return False
    return base64url(decoded) == proof  # nothing in between that decoding would pass over


def _signing_input(key: str, head: Head) -> str:
    header = {"alg": "EdDSA", "kid": key, "typ": TYPE}
    payload: dict[str, Any] = {"hash": head.hash, "product": head.product, "sequence": head.sequence}
    return f"{base64url(canonical(header))}.{base64url(canonical(payload))}"
