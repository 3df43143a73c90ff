"""Which keys a client may name its own requests by, and what is kept of them in a journal."""

import hashlib

from app.domain.refusal import InvalidInput

KEY_LENGTH_MAX = 128


def checked_key(idempotency_key: str) -> str:
    """Check the length of an idempotency key; raises InvalidInput naming its limit."""
    if not 1 <= len(idempotency_key) <= KEY_LENGTH_MAX:
        raise InvalidInput(f"An idempotency key has 1 to {KEY_LENGTH_MAX} characters.", ("idempotencyKey",))
    return idempotency_key


def hashed_key(product: str, idempotency_key: str) -> str:
    """Return what a unit's journal keeps of a key: a client may put anything into it, and a journal is never erased."""
    return f"sha256:{hashlib.sha256(f'{product}{idempotency_key}'.encode()).hexdigest()}"


def is_key(kept: str, product: str, idempotency_key: str) -> bool:
    """Tell whether a journal keeps this key; journals from before keys were hashed hold the key itself."""
    return kept in (hashed_key(product, idempotency_key), idempotency_key)
