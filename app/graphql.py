"""The schema assembled: roots, scalars, limits, and what becomes of errors."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import strawberry
from graphql import GraphQLError, get_operation_ast
from graphql import OperationType as OperationKind
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from app.documents import CachedDocuments, DocumentCache
from app.errors import published
from app.settings import Settings
from resolvers.account import AccountMutation, AccountQuery
from resolvers.catalogue import CatalogueQuery
from resolvers.collaboration import CollaborationMutation, CollaborationQuery
from resolvers.design import DesignMutation, DesignQuery
from resolvers.node import NodeQuery
from resolvers.order import OrderMutation, OrderQuery
from resolvers.product import ProductMutation, ProductQuery
from schema.refusal import Conflict, Frozen, InvalidInput, NotAllowed, NotFound, NotPossible, QuoteExpired
from schema.scalars import SCALARS
from subscriptions.fields import Subscription

READS_AND_WRITES = frozenset((OperationType.QUERY, OperationType.MUTATION))


@strawberry.type(description="What can be read.")
class Query(NodeQuery, AccountQuery, CatalogueQuery, DesignQuery, CollaborationQuery, OrderQuery, ProductQuery):
    pass


@strawberry.type(description="What can be done. Each answers a union: first the success, the others implement Refusal.")
class Mutation(AccountMutation, DesignMutation, CollaborationMutation, OrderMutation, ProductMutation):
    pass


class Schema(strawberry.Schema):
    """The schema behind its limits: documents of bounded size, operations of bounded time, public errors only."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.documents = DocumentCache(settings.documents_cached_max, settings.document_tokens_max)
        super().__init__(
            query=Query,
            mutation=Mutation,
            subscription=Subscription,
            types=[InvalidInput, NotFound, NotAllowed, Conflict, QuoteExpired, Frozen, NotPossible],
            extensions=[lambda: CachedDocuments(self.documents)],
            config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
        )

    async def execute(self, query: str | None, **options: Any) -> ExecutionResult:  # type: ignore[override]
        """Execute a query or mutation within the limits."""
        if refused := self._too_large(query):
            return ExecutionResult(data=None, errors=[refused])
        options["allowed_operation_types"] = READS_AND_WRITES & set(
            options.get("allowed_operation_types") or READS_AND_WRITES
        )
        seconds = self._settings.operation_seconds_max
        try:
            async with asyncio.timeout(seconds):
                result = await super().execute(query, **options)
        except TimeoutError:
            return _late(seconds)
        result.errors = published(result.errors)
        return result

    async def stream(  # type: ignore[override]
        self, query: str | None, **options: Any
    ) -> AsyncGenerator[Any, None]:
        """Execute any operation over a WebSocket, result by result, within the limits."""
        if refused := self._too_large(query):
            return _once(PreExecutionError(data=None, errors=[refused]))
        seconds = (
            None if self._subscribes(query, options.get("operation_name")) else self._settings.operation_seconds_max
        )
        return _published(await super().stream(query, **options), seconds)

    def _subscribes(self, query: str | None, operation_name: str | None) -> bool:
        try:
            operation = get_operation_ast(self.documents.parsed(query or "").document, operation_name)
        except GraphQLError:
            return False
        return operation is not None and operation.operation is OperationKind.SUBSCRIPTION

    def _too_large(self, query: str | None) -> GraphQLError | None:
        limit = self._settings.document_bytes_max
        if query is None or len(query.encode("utf-8", "surrogatepass")) <= limit:
            return None
        return GraphQLError(f"A document has at most {limit} bytes.", extensions={"code": "DOCUMENT_TOO_LARGE"})

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Leave logging to `published`, which sees every error on its way out."""


async def _once(result: PreExecutionError) -> AsyncGenerator[Any, None]:
    yield result


def _late(seconds: float) -> ExecutionResult:
    late = GraphQLError(f"The operation took longer than {seconds:g} s.", extensions={"code": "TIMEOUT"})
    return ExecutionResult(data=None, errors=[late])


async def _published(results: AsyncGenerator[Any, None], seconds: float | None) -> AsyncGenerator[Any, None]:
    """Pass results on with public errors; with a time limit for each where one is given."""
    async with aclosing(results):
        while True:
            try:
                async with asyncio.timeout(seconds):
                    result = await anext(results)
            except StopAsyncIteration:
                return
            except TimeoutError:
                assert seconds is not None
                yield _late(seconds)
                return
            result.errors = published(result.errors)
            yield result
