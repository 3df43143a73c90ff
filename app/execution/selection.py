"""What one subscription selects, executed anew for each event.

Events never run through one long-lived executor: graphql-core 3.3.2 remembers in it every list of fields that it
collects, about 4 KiB for each event, for as long as the subscription lives.
"""

from collections.abc import AsyncIterable, Sequence
from inspect import isawaitable
from typing import Any, Protocol

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLFormattedError,
    create_source_event_stream,
    execute_subscription_event,
)

from app.context import Context
from app.execution.causes import cause_of
from app.execution.executor import PlannedExecutor, untied
from app.store.database import UNAVAILABLE
from app.store.retry import retry_forever


class Refused(Exception):
    """An operation that does not get as far as its first event, and why."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = list(errors)

    @classmethod
    def because(cls, error: Exception) -> "Refused":
        """Wrap what a stream raised. Its path is the root: without one, a ValueError would be taken for bad input."""
        return error if isinstance(error, cls) else cls([GraphQLError(str(error), path=[], original_error=error)])


def raise_unavailable(errors: Sequence[GraphQLError]) -> None:
    """Raise what a database that does not answer left among errors: the same may be tried again."""
    for error in errors:
        cause = cause_of(error)
        if isinstance(cause, UNAVAILABLE):
            raise cause


class Selection:
    """A validated subscription with its variables. `identity` is equal for what selects and filters the same."""

    def __init__(self, built: PlannedExecutor, identity: tuple[object, ...]) -> None:
        self._built = built
        self.identity = identity

    async def source(self) -> AsyncIterable[Any]:
        """Open the stream of events; raises Refused where the resolver refuses."""
        with untied(self._built):
            found = create_source_event_stream(self._built)
            if isawaitable(found):
                found = await found
        if isinstance(found, ExecutionResult):
            raise Refused(found.errors or ())
        return found

    async def execute(self, event: object, context: Context) -> ExecutionResult:
        """Execute the selection on an event, with loaders of its own; a database that does not answer is waited for."""
        return await retry_forever(lambda: self._execute(event, context.afresh()))

    async def _execute(self, event: object, context: Context) -> ExecutionResult:
        executor = self._built.again(context, event)
        with untied(executor):
            found = execute_subscription_event(executor)
            result = await found if isawaitable(found) else found
        if result.errors:
            raise_unavailable(result.errors)
        return result


class Executable(Protocol):
    """The schema, as the sockets know it."""

    async def execute_to_the_end(self, query: str | None, **options: Any) -> Any:
        """Execute a query or mutation, to its end even where whoever waits for the result is cancelled."""

    def select(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, context: Context
    ) -> Selection | None:
        """Parse, judge and validate a document; None where it does not subscribe. Raises Refused."""

    def payload(self, result: Any) -> bytes:
        """Encode a result as the payload of a message, its errors made public."""

    def errors(self, errors: Sequence[GraphQLError]) -> Sequence[GraphQLFormattedError]:
        """Make errors public, and plain."""
