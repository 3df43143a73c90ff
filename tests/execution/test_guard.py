"""The guard: documents over a limit are refused by name, in time linear in their text."""

import time

from graphql import get_introspection_query, parse

from app.execution.guard import FRAGMENTS_MAX, LIMITS, problem
from app.web.graphiql.routes import examples
from tests.client import Api
from tests.rows import rows


def bomb(fragments: int) -> str:
    """Nest fragments so that each doubles the next: 2 to the power of their number when spread out."""
    branch = "%s: lines { factory { ...F%d } }"
    spread = [
        f"fragment F{n} on Factory {{ {branch % ('a', n + 1)} {branch % ('b', n + 1)} }}" for n in range(fragments)
    ]
    return "{ factories { ...F0 } } " + " ".join(spread) + f" fragment F{fragments} on Factory {{ code }}"


REFUSED = {
    "depth": "{ " + "a { " * LIMITS.depth + "b" + " }" * LIMITS.depth + " }",
    "aliases": "{ " + " ".join(f"a{n}: b" for n in range(LIMITS.aliases + 1)) + " }",
    "directives": "{ a " + "@skip(if: true) " * (LIMITS.directives + 1) + "}",
    "operations": "query A { a } query B { b }",
    "fragments": "{ a } " + " ".join(f"fragment F{n} on A {{ a }}" for n in range(FRAGMENTS_MAX + 1)),
    "aliases in fragments": "{ ...F ...F } fragment F on A { " + " ".join(f"a{n}: b" for n in range(8)) + " }",
}


@rows("name", REFUSED)
def test_a_document_over_a_limit_is_refused_by_name(name: str) -> None:
    found = problem(parse(REFUSED[name]))
    assert found is not None
    assert found.extensions == {"code": "DOCUMENT_TOO_LARGE", "limit": name.split(maxsplit=1)[0]}


@rows("text", ["{ ...F } fragment F on A { ...F }", "{ ...F } fragment F on A { b { ...G } } fragment G on B { ...F }"])
def test_a_fragment_that_spreads_itself_is_refused(text: str) -> None:
    assert problem(parse(text)) is not None


def test_documents_within_the_limits_pass() -> None:
    for text in [example["query"] for example in examples()] + [get_introspection_query(), "{ ...Unknown }"]:
        assert problem(parse(text)) is None, text


def test_measuring_takes_no_longer_however_often_fragments_spread_each_other() -> None:
    text = "{ ...F0 } " + " ".join(f"fragment F{n} on A {{ ...F{n + 1} ...F{n + 1} }}" for n in range(19))
    document = parse(text + " fragment F19 on A { a: b }")
    start = time.process_time()
    assert problem(document) is not None
    assert time.process_time() - start < 1  # spread out it would be half a million fields


async def test_a_bomb_of_fragments_is_refused_before_it_is_executed(api: Api) -> None:
    answer = await api.post(bomb(9))
    assert answer["errors"][0]["extensions"]["code"] == "DOCUMENT_TOO_LARGE"
