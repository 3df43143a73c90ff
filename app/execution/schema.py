"""A GraphQL schema behind limits: documents of bounded size, operations of bounded time, public errors only."""

import asyncio
import json
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import orjson
import strawberry
from graphql import GraphQLError, GraphQLFormattedError, get_operation_ast
from graphql import OperationType as OperationKind
from strawberry.exceptions import MissingQueryError
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from app.execution import direct_resolvers
from app.execution.context import OperationContext
from app.execution.documents import DocumentCache, Entry
from app.execution.engine import Engine, untied
from app.execution.errors import Explain, published
from app.execution.layer import ALL_LAYERS, Layer
from app.execution.selection import RETRY_SECONDS, Refused, Selection

READS_AND_WRITES = frozenset((OperationType.QUERY, OperationType.MUTATION))
ANSWERED_BY_THE_VIEW = MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError


@dataclass(frozen=True)
class Limits:
    """How large a document may be, how many are kept, and how long an operation may take."""

    document_bytes_max: int = 16 * 1024
    document_tokens_max: int = 1_000
    documents_cached_max: int = 1_000
    operation_seconds_max: float = 5.0


class Schema(strawberry.Schema):
    """A schema made of the product's roots. `explain` says what the product's exceptions mean to a client.

    An event that meets something transient is executed again after `retry_seconds`.
    """

    def __init__(
        self,
        *,
        query: type,
        mutation: type | None = None,
        subscription: type | None = None,
        types: Iterable[type] = (),
        scalars: Mapping[object, Any] | None = None,
        limits: Limits,
        explain: Explain,
        layers: Collection[Layer] = ALL_LAYERS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self.documents = DocumentCache(limits.documents_cached_max, limits.document_tokens_max)
        self._limits = limits
        self._explain = explain
        self._retry_seconds = retry_seconds
        self._begun: set[asyncio.Task[ExecutionResult]] = set()
        super().__init__(
            query=query,
            mutation=mutation,
            subscription=subscription,
            types=list(types),
            config=StrawberryConfig(scalar_map=dict(scalars or {}), disable_field_suggestions=True),
        )
        if Layer.DIRECT_RESOLVERS in layers:
            direct_resolvers.install(self._schema, self.config.name_converter)
        self._engine = Engine(self._schema, layers)

    async def execute(self, query: str | None, **options: Any) -> ExecutionResult:  # type: ignore[override]
        """Execute a query or mutation within the limits."""
        if refused := self._too_large(query):
            return ExecutionResult(data=None, errors=[refused])
        seconds = self._limits.operation_seconds_max
        try:
            async with asyncio.timeout(seconds):
                result = await self._perform(query, **options)
        except TimeoutError:
            return _late(seconds)
        result.errors = published(result.errors, self._explain)
        return result

    async def _perform(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: OperationContext | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Collection[OperationType] = READS_AND_WRITES,
        **_: object,
    ) -> ExecutionResult:
        """Execute straight through: there are no extensions whose hooks would be run."""
        try:
            entry = self._judged(query, operation_name, allowed_operation_types)
            made = self._engine.prepare(entry.plan, context_value, variable_values, operation_name)
            if isinstance(made, list):
                return ExecutionResult(None, made)
            with untied(made):
                found: Any = made.execute_operation()
                result = await found if isawaitable(found) else found
        except ANSWERED_BY_THE_VIEW:
            raise
        except Refused as refused:
            return PreExecutionError(data=None, errors=refused.errors)
        except Exception as error:
            return PreExecutionError(data=None, errors=[GraphQLError(str(error), original_error=error)])
        return ExecutionResult(result.data, result.errors)

    def _judged(self, query: str | None, name: str | None, allowed: Collection[OperationType]) -> Entry:
        """Return the valid document of a query or mutation; raises Refused, or what the view answers."""
        if not query:
            raise MissingQueryError
        try:
            entry = self.documents.validated(self._schema, query)
        except GraphQLError as error:
            raise Refused([error]) from error
        operation = get_operation_ast(entry.document, name)
        if operation is not None:
            kind = OperationType(operation.operation.value)
            if kind not in READS_AND_WRITES or kind not in allowed:
                raise InvalidOperationTypeError(kind)
        if entry.errors:
            raise Refused(entry.errors)
        if operation is None:
            raise CannotGetOperationTypeError(name)
        return entry

    async def execute_to_the_end(self, query: str | None, **options: Any) -> ExecutionResult:
        """The same, to its end even where whoever waits for the result is cancelled: a socket may be gone by then."""
        work = asyncio.create_task(self.execute(query, **options))
        self._begun.add(work)
        work.add_done_callback(self._begun.discard)
        return await asyncio.shield(work)

    async def stop(self) -> None:
        """Wait for what has begun, each within its limit of time."""
        await asyncio.gather(*self._begun, return_exceptions=True)

    async def stream(  # type: ignore[override]
        self, query: str | None, **options: Any
    ) -> AsyncGenerator[Any, None]:
        """Execute any operation, result by result, within the limits."""
        return self._results(query or "", options)

    async def _results(self, query: str, options: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
        context: Any = options.get("context_value")
        variables = options.get("variable_values")
        try:
            selection = self.select(query, variables, options.get("operation_name"), context)
            if selection is None:
                yield await self.execute_to_the_end(query, **options)
                return
            async with aclosing(aiter(await selection.source())) as events:  # type: ignore[type-var]
                async for event in events:
                    result = await selection.execute(event, context)
                    yield ExecutionResult(result.data, published(result.errors, self._explain))
        except Refused as refused:
            yield PreExecutionError(data=None, errors=published(refused.errors, self._explain))
        except Exception as error:
            yield ExecutionResult(data=None, errors=published(Refused.because(error).errors, self._explain))

    def select(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, context: OperationContext
    ) -> Selection | None:
        """Parse, judge and validate a document; None where it does not subscribe. Raises Refused."""
        if refused := self._too_large(query):
            raise Refused([refused])
        try:
            entry = self.documents.validated(self._schema, query)
        except GraphQLError as error:
            raise Refused([error]) from error
        operation = get_operation_ast(entry.document, operation_name)
        if entry.errors:
            raise Refused(entry.errors)
        if operation is None:
            raise Refused([GraphQLError(f'There is no operation "{operation_name or ""}".')])
        if operation.operation is not OperationKind.SUBSCRIPTION:
            return None
        built = self._engine.prepare(entry.plan, context, variables, operation_name)
        if isinstance(built, list):
            raise Refused(built)
        given = {
            name: value
            for name, value in (variables or {}).items()
            if name in built.variable_values.sources and name != entry.cursor
        }
        identity = entry.key, operation_name, json.dumps(given, sort_keys=True)
        return Selection(self._engine, entry.plan, built, identity, self._explain, self._retry_seconds)

    def payload(self, result: Any) -> bytes:
        """Encode a result as the payload of a message, its errors made public."""
        answer = {"data": result.data}
        if result.errors:
            answer["errors"] = self.errors(result.errors)
        if result.extensions:
            answer["extensions"] = result.extensions
        return orjson.dumps(answer)

    def errors(self, errors: Sequence[GraphQLError]) -> list[GraphQLFormattedError]:
        """Return the errors as a client may see them, ready for JSON."""
        return [error.formatted for error in published(errors, self._explain) or ()]

    def _too_large(self, query: str | None) -> GraphQLError | None:
        limit = self._limits.document_bytes_max
        if query is None or len(query.encode("utf-8", "surrogatepass")) <= limit:
            return None
        return GraphQLError(f"A document has at most {limit} bytes.", extensions={"code": "DOCUMENT_TOO_LARGE"})


def _late(seconds: float) -> ExecutionResult:
    late = GraphQLError(f"The operation took longer than {seconds:g} s.", extensions={"code": "TIMEOUT"})
    return ExecutionResult(data=None, errors=[late])
