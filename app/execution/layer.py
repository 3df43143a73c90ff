"""Which layers of ours lie over Strawberry, graphql-core and uvicorn, each of which can be switched off by its name."""

from enum import StrEnum


class Layer(StrEnum):
    """One way in which work is saved that the libraries do. Switched off, the library does it as it comes."""

    DIRECT_RESOLVERS = "direct_resolvers"
    """Fields call their method, inputs are built while they are coerced, unions know their types by class."""
    VARIABLE_PLANS = "variable_plans"
    """Variables are coerced by what was found out about their types once for the document."""
    EXECUTION_PLANS = "execution_plans"
    """What is selected of a type, and how its plain fields are read, is worked out once for the document."""
    STRAIGHT_HTTP = "straight_http"
    """A POST of one operation is answered without Strawberry's view around its execution."""
    DETACHED_CONNECTIONS = "detached_connections"
    """Sockets and event streams leave ASGI: frames go straight to uvicorn's transport."""


ALL_LAYERS = frozenset(Layer)
