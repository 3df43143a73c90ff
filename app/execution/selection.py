"""What one subscription selects, executed anew for each event.

Events never run through one long-lived executor: graphql-core 3.3.2 remembers in it every list of fields that it
collects, about 4 KiB for each event, for as long as the subscription lives.
"""

import asyncio
import logging
from collections.abc import AsyncIterable, Sequence
from inspect import isawaitable
from typing import Any, Protocol

from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLFormattedError,
    create_source_event_stream,
    execute_subscription_event,
)

from app.execution.context import OperationContext
from app.execution.engine import Engine, untied
from app.execution.errors import Explain, is_transient
from app.execution.plan import Plan

log = logging.getLogger(__name__)
RETRY_SECONDS = 0.5


class Refused(Exception):
    """An operation that does not get as far as its first event, and why."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = list(errors)

    @classmethod
    def because(cls, error: Exception) -> "Refused":
        """Wrap what a stream raised. Its path is the root: without one, a ValueError would be taken for bad input."""
        return error if isinstance(error, cls) else cls([GraphQLError(str(error), path=[], original_error=error)])


class Selection:
    """A validated subscription with its variables. `identity` is equal for what selects and filters the same."""

    def __init__(
        self,
        engine: Engine,
        plan: Plan,
        executor: Executor[Any],
        identity: tuple[object, ...],
        explain: Explain,
        retry_seconds: float,
    ) -> None:
        self.identity = identity
        self._engine = engine
        self._plan = plan
        self._executor = executor
        self._explain = explain
        self._retry_seconds = retry_seconds

    async def source(self) -> AsyncIterable[Any]:
        """Open the stream of events; raises Refused where the resolver refuses."""
        with untied(self._executor):
            found = create_source_event_stream(self._executor)
            if isawaitable(found):
                found = await found
        if isinstance(found, ExecutionResult):
            raise Refused(found.errors or ())
        return found

    async def execute(self, event: Any, context: OperationContext) -> ExecutionResult:
        """Execute the selection on an event, with a fresh context; again while an error of it is transient."""
        while True:
            result = await self._execute(event, context.afresh())
            if not any(is_transient(error, self._explain) for error in result.errors or ()):
                return result
            log.warning("an event waits for what its execution needs")
            await asyncio.sleep(self._retry_seconds)

    async def _execute(self, event: Any, context: OperationContext) -> ExecutionResult:
        executor = self._engine.again(self._executor, self._plan, context, event)
        with untied(executor):
            found = execute_subscription_event(executor)
            return await found if isawaitable(found) else found


class Executable(Protocol):
    """A schema, as sockets and groups know it."""

    async def execute_to_the_end(self, query: str | None, **options: Any) -> Any:
        """Execute a query or mutation, to its end even where whoever waits for the result is cancelled."""

    def select(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, context: OperationContext
    ) -> Selection | None:
        """Parse, judge and validate a document; None where it does not subscribe. Raises Refused."""

    def payload(self, result: Any) -> bytes:
        """Encode a result as the payload of a message, its errors made public."""

    def errors(self, errors: Sequence[GraphQLError]) -> Sequence[GraphQLFormattedError]:
        """Return the errors as a client may see them, ready for JSON."""
