"""Which keys a client may name its requests by, whether one was made before, and what journals keep of a key."""

import hashlib
import json
from dataclasses import dataclass

from app.domain.shared.refusal import InvalidInput, NotPossible, RefusalCode

KEY_LENGTH_MAX = 128


@dataclass(frozen=True)
class Request:
    """The key that a client named its request by, and a digest of all else that it asked."""

    key: str
    digest: str

    @classmethod
    def of(cls, key: str | None, *said: object) -> "Request | None":
        """Make the request of a key, if there is one; raises InvalidInput where it is empty or too long."""
        if key is None:
            return None
        return cls(checked_key(key), hashlib.sha256(json.dumps(said).encode()).hexdigest())

    def check_same(self, before: "Request | None") -> None:
        """Raise NotPossible where the key was used to ask something else."""
        if self != before:
            message = "This idempotency key was used with another input."
            raise NotPossible(RefusalCode.KEY_REUSED, message, ("idempotencyKey",))


def checked_key(idempotency_key: str) -> str:
    """Check an idempotency key; raises InvalidInput naming its limit."""
    if not 1 <= len(idempotency_key) <= KEY_LENGTH_MAX or not idempotency_key.isprintable():
        raise InvalidInput(f"An idempotency key has 1 to {KEY_LENGTH_MAX} printable characters.", ("idempotencyKey",))
    return idempotency_key


def hashed_key(product: str, idempotency_key: str) -> str:
    """Return what a unit's journal keeps of a key: a client may put anything into it, and a journal is never erased."""
    return f"sha256:{hashlib.sha256(f'{product}{idempotency_key}'.encode()).hexdigest()}"
