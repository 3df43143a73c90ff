"""The schema as clients read it, parsed once for all tests that look through it."""

from functools import cache
from pathlib import Path

from graphql import GraphQLSchema, build_schema

FILE = Path(__file__).parents[1] / "schema" / "schema.graphql"


@cache
def sdl() -> GraphQLSchema:
    """Build the schema of `schema/schema.graphql`, which `scripts/check` compares with the code."""
    return build_schema(FILE.read_text(encoding="utf-8"))
