"""The cache of documents: each text parsed and validated once, in bounds."""

import pytest
from graphql import GraphQLError

from app.execution.documents import DocumentCache
from app.ops.schema import build_schema
from app.settings import Settings
from tests.client import Api
from tests.rows import rows


def test_a_text_is_parsed_once() -> None:
    cache = DocumentCache(10, 100)
    assert cache.parsed("{ a }") is cache.parsed("{ a }")
    assert cache.parsed("{ a }") is not cache.parsed("{ a b }")


def test_the_document_used_longest_ago_goes_first() -> None:
    cache = DocumentCache(2, 100)
    first = cache.parsed("{ a }")
    cache.parsed("{ b }")
    assert cache.parsed("{ a }") is first
    cache.parsed("{ c }")
    assert cache.parsed("{ a }") is first
    assert len(cache) == 2


def test_what_is_kept_is_bounded_in_tokens() -> None:
    cache = DocumentCache(100, 10_000, kept_tokens_max=1_000)
    for number in range(50):
        cache.parsed("{ " + "a " * 97 + f"b{number} }}")
    assert len(cache) == 10


@rows("text", ["{", "{ a ", "{ " + "a " * 200 + "}"])
def test_what_does_not_parse_is_refused_and_not_kept(text: str) -> None:
    cache = DocumentCache(10, 100)
    with pytest.raises(GraphQLError):
        cache.parsed(text)
    assert len(cache) == 0


async def test_validation_is_done_once_for_http_and_socket(api: Api) -> None:
    schema = build_schema(Settings())
    query = "{ factories { nope } }"
    for _ in range(3):
        result = await schema.execute(query)
        assert result.errors is not None
        assert result.errors[0].extensions == {"code": "GRAPHQL_VALIDATION_FAILED"}
    stream = await schema.stream(query)
    async for result in stream:
        assert result.errors[0].extensions == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert len(schema.documents) == 1
    assert schema.documents.parsed(query).errors is not None
