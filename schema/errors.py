"""What the product's exceptions mean to a client, wherever no union of a mutation answers with them."""

from app.domain.shared.refusal import Refusal, Unauthenticated
from app.execution.errors import PublicError
from app.store.database import UNAVAILABLE


def explain(error: Exception) -> PublicError | None:
    """Say what a client may learn of an exception; None for one that nobody expected."""
    match error:
        case Unauthenticated():
            return PublicError("UNAUTHENTICATED")
        case Refusal():
            return PublicError(error.code.value, extensions={"path": list(error.path)} if error.path else {})
        case _ if isinstance(error, UNAVAILABLE):
            return PublicError("UNAVAILABLE", "The service can't answer just now: try again.", transient=True)
    return None
