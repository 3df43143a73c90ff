"""The GraphQL schema of this product: its roots, scalars and limits put together; printed, written, or compared."""

from pathlib import Path

from app.execution.schema import Limits, Schema
from app.settings import Settings
from resolvers.root import TYPES, Mutation, Query
from schema.errors import explain
from schema.scalars import SCALARS
from subscriptions.root import Subscription

SDL = Path(__file__).parents[2] / "schema" / "schema.graphql"


def build_schema(settings: Settings) -> Schema:
    """Make the schema that this installation serves, within its limits."""
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=TYPES,
        scalars=SCALARS,
        limits=Limits(
            document_bytes_max=settings.document_bytes_max,
            document_tokens_max=settings.document_tokens_max,
            documents_cached_max=settings.documents_cached_max,
            operation_seconds_max=settings.operation_seconds_max,
        ),
        explain=explain,
        layers=settings.layers,
    )


def print_schema() -> str:
    """Return the schema as text in GraphQL's schema definition language."""
    return build_schema(Settings()).as_str() + "\n"
