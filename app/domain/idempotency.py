"""Which keys a client may name its own requests by."""

from app.domain.refusal import InvalidInput

KEY_LENGTH_MAX = 128


def checked_key(idempotency_key: str) -> str:
    """Check an idempotency key; raises InvalidInput naming its limit."""
    if not 1 <= len(idempotency_key) <= KEY_LENGTH_MAX or not idempotency_key.isprintable():
        raise InvalidInput(f"An idempotency key has 1 to {KEY_LENGTH_MAX} printable characters.", ("idempotencyKey",))
    return idempotency_key
