"""The operations in the README are operations of this API."""

import re
from pathlib import Path

from graphql import DocumentNode, build_schema, parse, validate

from app.execution.schema import Schema
from app.settings import Settings
from tests.rows import rows

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```graphql\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
SDL = build_schema(Schema(Settings()).as_str())


def test_there_are_operations_to_paste() -> None:
    assert len(BLOCKS) > 5


@rows("block", BLOCKS)
def test_each_operation_to_paste_is_one_of_this_api(block: str) -> None:
    for operation in parse(block).definitions:
        assert validate(SDL, DocumentNode(definitions=(operation,))) == []
