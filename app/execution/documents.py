"""Documents parsed and validated once: one bounded cache, for HTTP and WebSocket alike."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    parse,
    specified_rules,
)
from strawberry.schema.schema import validate_document

from app.execution.guard import problem
from app.execution.plan import Plan, nodes_of

TOKENS_MAX = 50_000  # about two thirds of a kilobyte of memory each, their plans included


@dataclass
class Entry:
    """A parsed document of `tokens`; `errors` None until it has been validated, or refused by the guard.

    `cursor` is the variable that only the root field's `after` reads: events do not depend on it.
    """

    key: bytes
    document: DocumentNode
    tokens: int
    errors: list[GraphQLError] | None = None
    cursor: str | None = None

    @cached_property
    def plan(self) -> Plan:
        """What its executions share."""
        return Plan(self.document)


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
            cursor = None if refused else cursor_of(document)
            entry = Entry(key, document, document.token_count, [refused] if refused else None, cursor)
            self._entries[key] = entry
            self._tokens += entry.tokens
            while len(self._entries) > self._entries_max or self._tokens > self._kept_tokens_max:
                self._tokens -= self._entries.popitem(last=False)[1].tokens
        else:
            self._entries.move_to_end(key)
        return entry

    def validated(self, schema: GraphQLSchema, text: str) -> Entry:
        """Return the parsed document with all that is wrong with it; raises GraphQLError where it does not parse."""
        entry = self.parsed(text)
        if entry.errors is None:
            entry.errors = validate_document(schema, entry.document, specified_rules)
        for error in entry.errors:
            error.extensions = {"code": "GRAPHQL_VALIDATION_FAILED", **(error.extensions or {})}
        return entry


def cursor_of(document: DocumentNode) -> str | None:
    """Name the variable that is read once, as `after` of a root field."""
    names = [node.name.value for node in nodes_of(document) if isinstance(node, VariableNode)]
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            for field in operation.selection_set.selections:
                for argument in field.arguments or () if isinstance(field, FieldNode) else ():
                    value = argument.value
                    if argument.name.value == "after" and isinstance(value, VariableNode):
                        return value.name.value if names.count(value.name.value) == 2 else None
    return None
