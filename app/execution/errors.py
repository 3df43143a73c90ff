"""What a client learns of an error: expected ones with their code, unexpected ones masked with an id."""

import logging
import secrets

from graphql import GraphQLError, GraphQLSyntaxError

from app.domain.shared.refusal import Refusal, Unauthenticated
from app.execution.causes import cause_of
from app.store.database import UNAVAILABLE

log = logging.getLogger(__name__)
ERRORS_MAX = 10


def public(error: GraphQLError) -> GraphQLError:
    """Make the error that a client may see; log what it may not."""
    cause = cause_of(error)
    if cause is None or isinstance(cause, GraphQLError):
        return _with_code(error, (cause or error).extensions or {}, _code_of(error))
    if isinstance(cause, Unauthenticated):
        return _with_code(error, {}, "UNAUTHENTICATED")
    if isinstance(cause, Refusal):
        return _with_code(error, {"path": list(cause.path)} if cause.path else {}, cause.code.value)
    if isinstance(cause, UNAVAILABLE):
        log.warning("the database did not answer", extra={"error": type(cause).__name__})
        return _with_code(error, {}, "UNAVAILABLE", "The service can't answer just now: try again.")
    if error.path is None and error.nodes is None and isinstance(cause, ValueError | TypeError):
        return _with_code(error, {}, "BAD_USER_INPUT")
    error_id = secrets.token_hex(8)
    log.error("unexpected error", extra={"error_id": error_id, "path": error.path}, exc_info=cause)
    return _with_code(error, {"errorId": error_id}, "INTERNAL", "Something went wrong here.")


def _code_of(error: GraphQLError) -> str:
    """Name an error of the library's own: the text does not parse, or a value is none of its type."""
    return "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "BAD_USER_INPUT"


def _with_code(
    error: GraphQLError, extensions: dict[str, object], code: str, message: str | None = None
) -> GraphQLError:
    return GraphQLError(
        message or error.message.partition(" Did you mean")[0],
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code, **extensions},
    )


def published(errors: list[GraphQLError] | None) -> list[GraphQLError] | None:
    """Replace the errors of a result by what a client may see, ten at most."""
    return [public(error) for error in errors[:ERRORS_MAX]] if errors else None
