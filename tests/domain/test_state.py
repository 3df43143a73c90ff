"""A state of which only some fields were read says those, and refuses the others."""

import pytest

from app.domain.unit.state import BriefState, State


def test_a_brief_state_says_what_was_read_and_refuses_whatever_was_not() -> None:
    brief = BriefState.of({"sequence": 7, "plan": None})
    assert (brief.sequence, brief.plan) == (7, None)
    for name in State.__dataclass_fields__.keys() - {"sequence", "plan"}:
        with pytest.raises(LookupError, match=name):
            getattr(brief, name)
