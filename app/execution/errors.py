"""What a client learns of an error: expected ones with their code, unexpected ones masked with an id."""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import GraphQLError, GraphQLSyntaxError

log = logging.getLogger(__name__)
ERRORS_MAX = 10


@dataclass(frozen=True)
class PublicError:
    """What a client may learn of an exception.

    Without a `message`, the exception's own text is shown. Where it is `transient`, the same operation may succeed a
    moment later: an event of a subscription is executed again instead of failing.
    """

    code: str
    message: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict)
    transient: bool = False


Explain = Callable[[Exception], PublicError | None]
"""Says what an exception means to a client; None for one that nobody expected, which is masked and logged.

The product gives it: execution knows no exception but graphql-core's own.
"""


def error_body(code: str, message: str) -> dict[str, object]:
    """Write the answer to a request that did not get as far as an operation, in the form of GraphQL's errors."""
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def cause_of(error: GraphQLError) -> Exception | None:
    """Return what was raised, however often it was wrapped; None, or a GraphQLError, where it is GraphQL's own."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def is_transient(error: GraphQLError, explain: Explain) -> bool:
    """Tell whether what raised an error may be gone in a moment."""
    cause = cause_of(error)
    meaning = explain(cause) if cause is not None else None
    return meaning is not None and meaning.transient


def published(errors: Sequence[GraphQLError] | None, explain: Explain) -> list[GraphQLError] | None:
    """Replace the errors of a result by what a client may see, ten at most."""
    return [_public(error, explain) for error in errors[:ERRORS_MAX]] if errors else None


def _public(error: GraphQLError, explain: Explain) -> GraphQLError:
    """Make the error that a client may see; log what it may not."""
    cause = cause_of(error)
    if cause is None or isinstance(cause, GraphQLError):
        return _with_code(error, (cause or error).extensions or {}, _code_of(error))
    meaning = explain(cause)
    if meaning is not None:
        if meaning.transient:
            log.warning("what an operation needs is not available", extra={"error": type(cause).__name__})
        return _with_code(error, meaning.extensions, meaning.code, meaning.message)
    if error.path is None and error.nodes is None and isinstance(cause, ValueError | TypeError):
        return _with_code(error, {}, "BAD_USER_INPUT")
    error_id = secrets.token_hex(8)
    log.error("unexpected error", extra={"error_id": error_id, "path": error.path}, exc_info=cause)
    return _with_code(error, {"errorId": error_id}, "INTERNAL", "Something went wrong here.")


def _code_of(error: GraphQLError) -> str:
    """Name an error of the library's own: the text does not parse, or a value is none of its type."""
    return "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "BAD_USER_INPUT"


def _with_code(
    error: GraphQLError, extensions: Mapping[str, object], code: str, message: str | None = None
) -> GraphQLError:
    return GraphQLError(
        message or error.message.partition(" Did you mean")[0],
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code, **extensions},
    )
