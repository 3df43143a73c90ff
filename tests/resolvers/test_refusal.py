"""What a rule refuses with is a member of a union."""

from collections.abc import Iterator

import pytest

from app.domain.shared.refusal import NotFound, Refusal
from app.domain.shared.refusal import QuoteExpired as RaisedQuoteExpired
from schema.quote import QuoteExpired
from schema.refusal import MEMBERS, maps


def kinds(of: type[Refusal]) -> Iterator[type[Refusal]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_refusal_that_a_rule_can_raise_has_its_union_member() -> None:
    raised = {kind for kind in kinds(Refusal) if kind.__module__.startswith("app.")}
    assert raised == set(MEMBERS), "those of streams end them as errors"


def test_a_member_is_registered_by_the_module_in_which_it_stands() -> None:
    assert MEMBERS[RaisedQuoteExpired].__annotations__["return"] is QuoteExpired


def test_a_refusal_has_one_union_member() -> None:
    with pytest.raises(AssertionError, match="NotFound has its member already"):
        maps(NotFound)(MEMBERS[NotFound])
