"""What lies behind a GraphQL error: what was raised, however often it was wrapped."""

from graphql import GraphQLError


def cause_of(error: GraphQLError) -> Exception | None:
    """Return what was raised; None, or a GraphQLError, where it is GraphQL's own."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause
