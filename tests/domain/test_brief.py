"""What was read of a value it says; what was not, it refuses, whatever the default."""

from dataclasses import fields

import pytest

from app.domain.order.order import BriefProduct
from app.domain.shared.brief import brief_of
from app.domain.unit.state import BriefState
from tests.rows import rows


@rows("kind", [BriefState, BriefProduct])
def test_a_brief_value_says_what_was_read_and_refuses_whatever_was_not(kind: type) -> None:
    read, *others = (field.name for field in fields(kind))
    value: object = brief_of(kind, {read: "as it is"})
    assert getattr(value, read) == "as it is"
    for name in others:
        with pytest.raises(LookupError, match=name):
            getattr(value, name)
