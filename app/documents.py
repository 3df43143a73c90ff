"""Documents parsed and validated once: one bounded cache, for HTTP and WebSocket alike."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, GraphQLError, parse
from strawberry.extensions import SchemaExtension

from app.context import Context
from app.guard import problem

TOKENS_MAX = 50_000  # about half a kilobyte of memory each


@dataclass
class Entry:
    """A parsed document of `tokens`; `errors` None until it has been validated, or refused by the guard."""

    document: DocumentNode
    tokens: int
    errors: list[GraphQLError] | None = None


class DocumentCache:
    """Keeps the documents used last, by the SHA-256 of their text: at most so many, of so many tokens together."""

    def __init__(self, entries_max: int, tokens_max: int, kept_tokens_max: int = TOKENS_MAX) -> None:
        self._entries_max = entries_max
        self.tokens_max = tokens_max
        self._kept_tokens_max = kept_tokens_max
        self._tokens = 0
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def parsed(self, text: str) -> Entry:
        """Return the parsed document; raises GraphQLError where it does not parse, and then keeps nothing."""
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        entry = self._entries.get(key)
        if entry is None:
            document = parse(text, max_tokens=self.tokens_max)
            refused = problem(document)
            entry = Entry(document, document.token_count, [refused] if refused else None)
            self._entries[key] = entry
            self._tokens += entry.tokens
            while len(self._entries) > self._entries_max or self._tokens > self._kept_tokens_max:
                self._tokens -= self._entries.popitem(last=False)[1].tokens
        else:
            self._entries.move_to_end(key)
        return entry


class CachedDocuments(SchemaExtension):
    """Hands each operation its document from the cache, with what validating it found."""

    def __init__(self, cache: DocumentCache) -> None:
        super().__init__()
        self._cache = cache
        self._entry: Entry | None = None

    def on_operation(self) -> Iterator[None]:
        context: Any = self.execution_context.context
        if isinstance(context, Context):
            context.renew()
        yield

    def on_parse(self) -> Iterator[None]:
        """Set the parsed document. A text that does not parse is left to the schema, which reports it."""
        self.execution_context.parse_options = {"max_tokens": self._cache.tokens_max}
        try:
            self._entry = self._cache.parsed(self.execution_context.query or "")
            self.execution_context.graphql_document = self._entry.document
        except GraphQLError:
            pass
        yield

    def on_validate(self) -> Iterator[None]:
        if self._entry is not None and self._entry.errors is not None:
            self.execution_context.pre_execution_errors = self._entry.errors
        yield
        if self._entry is not None:
            errors = self.execution_context.pre_execution_errors or []
            for error in errors:
                error.extensions = {"code": "GRAPHQL_VALIDATION_FAILED", **(error.extensions or {})}
            self._entry.errors = errors
