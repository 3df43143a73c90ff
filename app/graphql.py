"""The schema assembled: roots, scalars, limits, and what becomes of errors."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import strawberry
from graphql import (
    Executor,
    GraphQLError,
    GraphQLField,
    GraphQLFormattedError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_nullable_type,
    get_operation_ast,
    is_leaf_type,
)
from graphql import OperationType as OperationKind
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import ExecutionResult, Info
from strawberry.types.execution import PreExecutionError
from strawberry.types.field import StrawberryField
from strawberry.types.graphql import OperationType

from app.context import Context
from app.documents import CachedDocuments, DocumentCache
from app.errors import published
from app.settings import Settings
from resolvers.account import AccountMutation, AccountQuery
from resolvers.catalogue import CatalogueQuery
from resolvers.collaboration import CollaborationMutation, CollaborationQuery
from resolvers.design import DesignMutation, DesignQuery
from resolvers.line_plan import LinePlanMutation, LinePlanQuery
from resolvers.node import NodeQuery
from resolvers.order import OrderMutation, OrderQuery
from resolvers.product import ProductMutation, ProductQuery
from resolvers.quality import QualityMutation, QualityQuery
from schema.refusal import Conflict, Frozen, InvalidInput, NotAllowed, NotFound, NotPossible, QuoteExpired
from schema.scalars import SCALARS
from subscriptions.fields import Subscription
from subscriptions.selection import Refused, Selection

READS_AND_WRITES = frozenset((OperationType.QUERY, OperationType.MUTATION))


@strawberry.type(description="What can be read.")
class Query(
    NodeQuery,
    AccountQuery,
    CatalogueQuery,
    DesignQuery,
    CollaborationQuery,
    OrderQuery,
    ProductQuery,
    LinePlanQuery,
    QualityQuery,
):
    pass


@strawberry.type(description="What can be done. Each answers a union: first the success, the others implement Refusal.")
class Mutation(
    AccountMutation,
    DesignMutation,
    CollaborationMutation,
    OrderMutation,
    ProductMutation,
    LinePlanMutation,
    QualityMutation,
):
    pass


class Schema(strawberry.Schema):
    """The schema behind its limits: documents of bounded size, operations of bounded time, public errors only."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.documents = DocumentCache(settings.documents_cached_max, settings.document_tokens_max)
        self._begun: set[asyncio.Task[ExecutionResult]] = set()
        super().__init__(
            query=Query,
            mutation=Mutation,
            subscription=Subscription,
            types=[InvalidInput, NotFound, NotAllowed, Conflict, QuoteExpired, Frozen, NotPossible],
            extensions=[lambda: CachedDocuments(self.documents)],
            config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
        )
        resolve_plainly(self._schema, self.config.name_converter)

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
                    yield ExecutionResult(result.data, published(result.errors))
        except Refused as refused:
            yield PreExecutionError(data=None, errors=published(refused.errors))
        except Exception as error:
            yield ExecutionResult(data=None, errors=published(Refused.because(error).errors))

    def select(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, context: Context
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
        built = Executor.build(
            self._schema,
            entry.document,
            None,
            context,
            variables,
            operation_name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
        )
        if isinstance(built, list):
            raise Refused(built)
        given = {
            name: value
            for name, value in (variables or {}).items()
            if name in built.variable_values.sources and name != entry.cursor
        }
        return Selection(built, (entry.key, operation_name, json.dumps(given, sort_keys=True)))

    def payload(self, result: Any) -> bytes:
        """Encode a result as the payload of a message, its errors made public."""
        answer = {"data": result.data}
        if result.errors:
            answer["errors"] = self.errors(result.errors)
        if result.extensions:
            answer["extensions"] = result.extensions
        return json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()

    def errors(self, errors: Sequence[GraphQLError]) -> list[GraphQLFormattedError]:
        """Make errors public, and plain."""
        return [error.formatted for error in published(list(errors)) or ()]

    def _too_large(self, query: str | None) -> GraphQLError | None:
        limit = self._settings.document_bytes_max
        if query is None or len(query.encode("utf-8", "surrogatepass")) <= limit:
            return None
        return GraphQLError(f"A document has at most {limit} bytes.", extensions={"code": "DOCUMENT_TOO_LARGE"})

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Leave logging to `published`, which sees every error on its way out."""


def _late(seconds: float) -> ExecutionResult:
    late = GraphQLError(f"The operation took longer than {seconds:g} s.", extensions={"code": "TIMEOUT"})
    return ExecutionResult(data=None, errors=[late])


def resolve_plainly(schema: GraphQLSchema, names: NameConverter) -> None:
    """Give fields a resolver that does just what they are for, where Strawberry's makes ten calls of it.

    That is for those that read an attribute, or are given nothing that has to be converted.
    """
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for field in kind.fields.values():
                definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
                if getattr(field.resolve, "_is_default", False):
                    field.resolve = _reading(definition.python_name)
                elif isinstance(definition, StrawberryField) and _is_plain(definition):
                    leaves = _leaves(field, definition, names)
                    if field.subscribe is not None:
                        field.subscribe = _calling(definition, leaves, field.subscribe)
                    elif field.resolve is not None:
                        field.resolve = _calling(definition, leaves, field.resolve)


def _reading(name: str) -> Callable[..., Any]:
    return lambda source, _info, **_arguments: getattr(source, name)


def _is_plain(field: StrawberryField) -> bool:
    """Tell whether a field's resolver is a method that takes no more than its own object, `info` and arguments."""
    resolver = field.base_resolver
    if resolver is None or field.extensions or resolver.self_parameter is None:
        return False
    return resolver.root_parameter is None and resolver.parent_parameter is None


def _leaves(field: GraphQLField, definition: StrawberryField, names: NameConverter) -> Mapping[str, str]:
    """Name the arguments that need no conversion, as Python does, by their names in the schema."""
    named = {names.from_argument(argument): argument.python_name for argument in definition.arguments}
    return {name: named[name] for name, given in field.args.items() if is_leaf_type(get_nullable_type(given.type))}


def _calling(field: StrawberryField, leaves: Mapping[str, str], converting: Callable[..., Any]) -> Callable[..., Any]:
    """Call a resolver itself; with arguments that are no leaves, the way that converts them."""
    assert field.base_resolver is not None, "it is a method"
    work: Any = field.base_resolver.wrapped_func
    wanted = field.base_resolver.info_parameter

    def call(source: Any, info: GraphQLResolveInfo[Context], **given: Any) -> Any:
        if not given.keys() <= leaves.keys():
            return converting(source, info, **given)
        arguments = {leaves[name]: value for name, value in given.items()}
        if wanted is not None:
            arguments[wanted.name] = Info(info, field)
        return work(source, **arguments)

    return call
